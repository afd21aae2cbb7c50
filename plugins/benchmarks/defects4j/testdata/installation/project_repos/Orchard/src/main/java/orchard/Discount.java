package orchard;

public final class Discount {
    private final String code;
    private final int percent;

    public Discount(String code, int percent) {
        this.code = code;
        this.percent = percent;
    }

    /** Whether a customer's code is this one's. */
    public boolean accepts(String given) {
        if (given == null) {
            return false;
        }
        return given.trim().equalsIgnoreCase(code);
    }

    public Money apply(Money price) {
        return new Money(price.cents() - price.percent(percent).cents());
    }
}
