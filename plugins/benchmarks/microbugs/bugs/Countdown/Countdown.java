package micro;

import java.util.ArrayList;
import java.util.List;

public class Countdown {
    /** The numbers from n down to 0, with "lift-off" behind them. */
    public static List<String> from(int n) {
        List<String> calls = new ArrayList<>();
        while (n > 0) {
            calls.add(String.valueOf(--n));
        }
        calls.add("lift-off");
        return calls;
    }
}
