package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class TurnGridTest {
    @Test(timeout = 1000)
    public void one() {
        check("a", "a");
    }

    @Test(timeout = 1000)
    public void square() {
        check("ab cd", "ca db");
    }

    @Test(timeout = 1000)
    public void row() {
        check("abc", "a b c");
    }

    @Test(timeout = 1000)
    public void column() {
        check("a b c", "cba");
    }

    @Test(timeout = 1000)
    public void oblong() {
        check("abc def", "da eb fc");
    }

    private static void check(String rows, String want) {
        String[] lines = rows.split(" ");
        char[][] grid = new char[lines.length][];
        for (int i = 0; i < lines.length; i++) {
            grid[i] = lines[i].toCharArray();
        }
        StringBuilder got = new StringBuilder();
        for (char[] line : TurnGrid.turn(grid)) {
            got.append(got.length() > 0 ? " " : "").append(line);
        }
        assertEquals(want, got.toString());
    }
}
