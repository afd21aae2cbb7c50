package orchard;

import static org.junit.Assert.assertEquals;

import java.io.FileReader;
import java.io.IOException;
import java.io.InputStream;
import java.util.Scanner;
import java.util.TimeZone;
import org.junit.Test;

public class BasketTest {
    private static PriceList prices() throws IOException {
        return PriceList.read(new FileReader("src/test/data/prices.csv"));
    }

    @Test
    public void readsPricesFromTheProject() throws IOException {
        assertEquals(3, prices().size());
    }

    @Test
    public void addsUp() throws IOException {
        Basket basket = new Basket();
        basket.add("apple", 2);
        basket.add("pear", 1);
        basket.add("apple", 1);
        assertEquals(3, basket.count("apple"));
        assertEquals(195, basket.total(prices()).cents());
    }

    @Test
    public void findsResourcesOnTheClassPath() {
        InputStream motto = BasketTest.class.getResourceAsStream("motto.txt");
        assertEquals("An apple a day", new Scanner(motto, "UTF-8").nextLine());
    }

    @Test
    public void livesInLosAngeles() {
        assertEquals("America/Los_Angeles", TimeZone.getDefault().getID());
    }
}
