package orchard;

import static org.junit.Assert.assertEquals;

import java.util.Arrays;
import java.util.Collection;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.junit.runners.Parameterized;

@RunWith(Parameterized.class)
public class SeasonTest {
    private final int month;
    private final Season season;

    public SeasonTest(int month, Season season) {
        this.month = month;
        this.season = season;
    }

    @Parameterized.Parameters
    public static Collection<Object[]> months() {
        return Arrays.asList(new Object[][] {{1, Season.WINTER}, {3, Season.SPRING}, {8, Season.SUMMER}, {11, Season.AUTUMN}, {12, Season.WINTER}});
    }

    @Test
    public void knowsMonths() {
        assertEquals(season, Season.of(month));
    }
}
