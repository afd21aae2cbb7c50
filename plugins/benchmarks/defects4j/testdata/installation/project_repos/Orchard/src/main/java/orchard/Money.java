package orchard;

/** Cents, as André keeps his books. */
public final class Money {
    private final long cents;

    public Money(long cents) {
        this.cents = cents;
    }

    public long cents() {
        return cents;
    }

    public Money plus(Money other) {
        return new Money(cents + other.cents);
    }

    /** A share of the amount, rounded half up. */
    public Money percent(int percent) {
        return new Money((cents * percent + 50) / 100);
    }

    public boolean isMore(Money other) {
        return cents > other.cents;
    }

    @Override
    public String toString() {
        String sign = cents < 0 ? "-" : "";
        long all = Math.abs(cents);
        return sign + all / 100 + "." + (all % 100 < 10 ? "0" : "") + all % 100;
    }
}
