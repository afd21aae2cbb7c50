package micro;

public class Diagonals {
    public static int diagonals(int[][] g) {
        int sum = 0;
        for (int i = 0; i <= g.length; i++) {
            sum += g[i][i] + g[i][g.length - 1 - i];
        }
        return sum;
    }
}
