package orchard;

public final class Pear extends Fruit {
    public Pear(int grams) {
        super("pear", grams);
    }

    @Override
    public int days() {
        return 120;
    }
}
