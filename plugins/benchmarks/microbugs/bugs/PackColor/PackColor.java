package micro;

public class PackColor {
    /** Four channels of 0 to 255 in one number, alpha in the highest byte. */
    public static long pack(int alpha, int red, int green, int blue) {
        long color = alpha;
        color = color << 8 | red;
        color = color >> 8 | green;
        return color << 8 | blue;
    }
}
