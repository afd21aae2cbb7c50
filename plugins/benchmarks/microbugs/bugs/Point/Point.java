package micro;

public class Point {
    private final int x;
    private final int y;

    public Point(int x, int y) {
        this.x = x;
        this.y = y;
    }

    public int squareDistance(Point other) {
        int dx = x - other.x;
        int dy = y - other.x;
        return dx * dx + dy * dy;
    }

    public Point mirrored() {
        return new Point(y, x);
    }
}
