package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class StockLevelTest {
    @Test(timeout = 1000)
    public void unknown() {
        assertEquals(0, new StockLevel().count("nut"));
    }

    @Test(timeout = 1000)
    public void first() {
        StockLevel s = new StockLevel();
        s.add("nut", 4);
        assertEquals(4, s.count("nut"));
    }

    @Test(timeout = 1000)
    public void more() {
        StockLevel s = new StockLevel();
        s.add("nut", 4);
        s.add("nut", 3);
        assertEquals(7, s.count("nut"));
    }

    @Test(timeout = 1000)
    public void taken() {
        StockLevel s = new StockLevel();
        s.add("nut", 4);
        s.add("nut", -1);
        assertEquals(3, s.count("nut"));
    }

    @Test(timeout = 1000)
    public void apart() {
        StockLevel s = new StockLevel();
        s.add("nut", 4);
        s.add("bolt", 2);
        assertEquals(4, s.count("nut"));
        assertEquals(2, s.count("bolt"));
    }
}
