package orchard;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;

import java.util.Arrays;
import org.junit.Test;

public class HarvestTest {
    @Test
    public void youngTreesBearNothing() {
        assertFalse(new Tree(2020).bears(2022));
        assertEquals(30, Harvest.expected(Arrays.asList(new Tree(2020), new Tree(2022)), 2023));
    }

    @Test
    public void oldTreesBearNoMore() {
        assertEquals(60, Harvest.expected(Arrays.asList(new Tree(1990)), 2023));
    }

    @Test
    public void plantsTakeTheirTime() {
        assertEquals(140, new Apple(100).days());
        assertEquals(0, new Tree(2020).age(2019));
    }
}
