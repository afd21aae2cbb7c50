package micro;

public class CountMissing {
    /** How many places of a table have no entry; a row that is missing counts as one. */
    public static int count(Object[][] table) {
        int missing = 0;
        for (Object[] row : table) {
            if (row.length == 0) {
                missing++;
                continue;
            }
            for (Object entry : row) {
                if (entry.equals(null)) {
                    missing++;
                }
            }
        }
        return missing;
    }
}
