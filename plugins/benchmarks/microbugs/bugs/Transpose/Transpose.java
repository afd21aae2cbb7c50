package micro;

public class Transpose {
    public static int[][] transpose(int[][] g) {
        int[][] t = new int[g[0].length][g.length];
        for (int i = 0; i < g.length; i++) {
            for (int j = 0; j < g[0].length; j++) {
                t[j][i] = g[j][i];
            }
        }
        return t;
    }
}
