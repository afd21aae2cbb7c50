package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class AccountTest {
    @Test(timeout = 1000)
    public void moved() {
        check(10, 1, 4, true, 6, 5);
    }

    @Test(timeout = 1000)
    public void all() {
        check(10, 0, 10, true, 0, 10);
        check(1, 0, 1, true, 0, 1);
    }

    @Test(timeout = 1000)
    public void tooMuch() {
        check(3, 50, 4, false, 3, 50);
    }

    @Test(timeout = 1000)
    public void nothing() {
        check(3, 2, 0, false, 3, 2);
    }

    @Test(timeout = 1000)
    public void negative() {
        check(3, 2, -1, false, 3, 2);
    }

    private static void check(int mine, int theirs, int amount, boolean want, int mineAfter, int theirsAfter) {
        Account a = new Account(mine);
        Account b = new Account(theirs);
        assertEquals(want, a.transfer(b, amount));
        assertEquals(mineAfter, a.balance());
        assertEquals(theirsAfter, b.balance());
    }
}
