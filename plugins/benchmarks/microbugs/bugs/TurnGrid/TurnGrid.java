package micro;

public class TurnGrid {
    /** A rectangle of letters, turned a quarter to the right. */
    public static char[][] turn(char[][] grid) {
        int height = grid.length;
        int width = grid[0].length;
        char[][] turned = new char[width][height];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                turned[x][height - 1 - x] = grid[y][x];
            }
        }
        return turned;
    }
}
