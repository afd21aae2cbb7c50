package orchard;

import junit.framework.TestCase;

public class LabelTest extends TestCase {
    public void testCutsToTheWidth() {
        assertEquals("Po\u00bb", new Label("Pomme").cut(3));
    }

    public void testLeavesShortTexts() {
        assertEquals("Pomme", new Label("Pomme").cut(5));
    }

    public void testGreets() {
        assertEquals("Premi\u00e8re cueillette", new Label("cueillette").greeting());
    }
}
