package micro;

import java.util.Arrays;

public class Concat {
    /** All values of the first array, then all of the second. */
    public static String[] concat(String[] first, String[] second) {
        String[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return first.length > 0 ? first : second;
    }
}
