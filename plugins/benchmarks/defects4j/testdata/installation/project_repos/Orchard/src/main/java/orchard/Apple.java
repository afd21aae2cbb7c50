package orchard;

public final class Apple extends Fruit {
    public Apple(int grams) {
        super("apple", grams);
    }

    @Override
    public int days() {
        return 140;
    }
}
