package micro;

import static org.junit.Assert.assertEquals;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

import org.junit.Test;

public class AgeGroupTest {
    @Test(timeout = 1000)
    public void none() {
        assertEquals(Arrays.asList(), AgeGroup.between(new TreeMap<>(), 0, 100));
    }

    @Test(timeout = 1000)
    public void inside() {
        assertEquals(Arrays.asList("bo", "cy"), AgeGroup.between(ages(), 15, 35));
    }

    @Test(timeout = 1000)
    public void bounds() {
        assertEquals(Arrays.asList("bo", "cy"), AgeGroup.between(ages(), 20, 30));
    }

    @Test(timeout = 1000)
    public void lowest() {
        assertEquals(Arrays.asList("al", "bo"), AgeGroup.between(ages(), 10, 29));
    }

    @Test(timeout = 1000)
    public void highest() {
        assertEquals(Arrays.asList("cy", "di"), AgeGroup.between(ages(), 21, 40));
    }

    @Test(timeout = 1000)
    public void oneAge() {
        assertEquals(Arrays.asList("cy"), AgeGroup.between(ages(), 30, 30));
        assertEquals(Arrays.asList(), AgeGroup.between(ages(), 11, 19));
    }

    @Test(timeout = 1000)
    public void turned() {
        assertEquals(Arrays.asList(), AgeGroup.between(ages(), 30, 20));
    }

    private static Map<String, Integer> ages() {
        Map<String, Integer> ages = new TreeMap<>();
        ages.put("al", 10);
        ages.put("bo", 20);
        ages.put("cy", 30);
        ages.put("di", 40);
        return ages;
    }
}
