package micro;

public class MatrixProduct {
    public static int[][] multiply(int[][] a, int[][] b) {
        int[][] product = new int[a.length][b[0].length];
        for (int row = 0; row < a.length; row++) {
            for (int col = 0; col < b[0].length; col++) {
                for (int k = 0; k < b.length; k++) {
                    product[row][col] += a[row][k] + b[k][col];
                }
            }
        }
        return product;
    }
}
