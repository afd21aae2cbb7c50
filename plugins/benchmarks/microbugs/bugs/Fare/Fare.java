package micro;

public class Fare {
    public static int fare(int age, int km) {
        int p = 5 + km * 2;
        return p;
    }
}
