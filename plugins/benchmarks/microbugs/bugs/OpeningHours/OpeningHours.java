package micro;

public class OpeningHours {
    public enum Day { MON, TUE, WED, THU, FRI, SAT, SUN }

    /** Open from 9 to 17 o'clock, on Saturdays to 13 o'clock, never on Sundays. */
    public static boolean isOpen(Day day, int hour) {
        switch (day) {
            case SUN:
                return false;
            case SAT:
                return hour >= 9 || hour < 13;
            default:
                return hour >= 9 || hour < 17;
        }
    }
}
