package micro;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import org.junit.Test;

public class CompareVersionsTest {
    @Test(timeout = 1000)
    public void same() {
        assertEquals(0, CompareVersions.compare("1.2.3", "1.2.3"));
    }

    @Test(timeout = 1000)
    public void numbersNotText() {
        assertTrue(CompareVersions.compare("1.10", "1.9") > 0);
        assertTrue(CompareVersions.compare("2.0", "10.0") < 0);
    }

    @Test(timeout = 1000)
    public void shorter() {
        assertTrue(CompareVersions.compare("1.2", "1.2.1") < 0);
        assertTrue(CompareVersions.compare("1.2.0", "1.2") > 0);
    }

    @Test(timeout = 1000)
    public void firstCounts() {
        assertTrue(CompareVersions.compare("2", "1.9.9") > 0);
        assertTrue(CompareVersions.compare("1.0.0.0", "1.1") < 0);
    }

    @Test(timeout = 1000)
    public void single() {
        assertTrue(CompareVersions.compare("3", "4") < 0);
        assertEquals(0, CompareVersions.compare("7", "07"));
    }
}
