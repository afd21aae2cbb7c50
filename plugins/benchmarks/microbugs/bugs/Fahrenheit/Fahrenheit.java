package micro;

public class Fahrenheit {
    public static int toFahrenheit(int c) {
        return c * 9 / 5 - 32;
    }
}
