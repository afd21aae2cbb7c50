package orchard;

public enum Season {
    SPRING, SUMMER, AUTUMN, WINTER;

    public static Season of(int month) {
        switch (month) {
            case 3: case 4: case 5:
                return SPRING;
            case 6: case 7: case 8:
                return SUMMER;
            case 9: case 10: case 11:
                return AUTUMN;
            default:
                return WINTER;
        }
    }
}
