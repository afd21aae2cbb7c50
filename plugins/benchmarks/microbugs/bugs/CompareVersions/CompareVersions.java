package micro;

public class CompareVersions {
    /** Orders versions such as 1.10 and 1.9.2; of two that begin alike the shorter comes first. */
    public static int compare(String a, String b) {
        String[] left = a.split("\\.");
        String[] right = b.split("\\.");
        for (int i = 0; i < left.length && i < right.length; i++) {
            int order = Integer.parseInt(left[i]) - Integer.parseInt(right[i]);
            if (order != 0) {
                return order;
            }
        }
        return 0;
    }
}
