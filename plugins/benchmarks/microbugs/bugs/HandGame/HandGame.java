package micro;

public class HandGame {
    public enum Hand { ROCK, PAPER, SCISSORS }

    /** 1 where a beats b, -1 where b beats a, else 0. */
    public static int winner(Hand a, Hand b) {
        switch (a) {
            case ROCK:
                return b == Hand.SCISSORS ? 1 : -1;
            case PAPER:
                return b == Hand.ROCK ? 1 : -1;
            default:
                return b == Hand.PAPER ? 1 : -1;
        }
    }
}
