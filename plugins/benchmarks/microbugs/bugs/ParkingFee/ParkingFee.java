package micro;

public class ParkingFee {
    /** The first 30 minutes are free; then every started hour costs 2, never more than 20. */
    public static int fee(int minutes) {
        if (minutes < 30) {
            return 0;
        }
        int hours = (minutes + 59) / 60;
        return Math.min(2 * hours, 20);
    }
}
