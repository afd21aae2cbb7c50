package micro;

public class Turnstile {
    private boolean open;
    private int passed;

    public void coin() {
        open = true;
    }

    /** Lets one visitor through after a coin; says whether it did. */
    public boolean push() {
        if (!open) {
            return false;
        }
        open = false;
        passed++;
        return open;
    }

    public int passed() {
        return passed;
    }
}
