package micro;

public class Wallet {
    private int cents;

    public Wallet(int cents) {
        this.cents = cents;
    }

    /** Takes out the amount, or as much as there is, and says how much that was. */
    public int take(int amount) {
        int taken = Math.max(0, Math.min(amount, cents));
        cents -= taken;
        return cents;
    }

    public int left() {
        return cents;
    }
}
