package micro;

public class Seconds {
    public static int seconds(int h, int m, int s) {
        return h * 3600 + h * 60 + s;
    }
}
