package micro;

import static org.junit.Assert.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;

import org.junit.Test;

public class GroupByInitialTest {
    @Test(timeout = 1000)
    public void none() {
        assertEquals("{}", GroupByInitial.group(new ArrayList<>()).toString());
    }

    @Test(timeout = 1000)
    public void one() {
        assertEquals("{A=[ant]}", GroupByInitial.group(Arrays.asList("ant")).toString());
    }

    @Test(timeout = 1000)
    public void order() {
        assertEquals("{B=[bee, bat], C=[cow]}", GroupByInitial.group(Arrays.asList("bee", "cow", "bat")).toString());
    }

    @Test(timeout = 1000)
    public void capitals() {
        assertEquals("{A=[Ant, ape]}", GroupByInitial.group(Arrays.asList("Ant", "ape")).toString());
    }

    @Test(timeout = 1000)
    public void emptyWord() {
        assertEquals("{D=[d]}", GroupByInitial.group(Arrays.asList("", "d")).toString());
    }
}
