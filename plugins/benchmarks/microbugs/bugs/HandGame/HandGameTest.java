package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class HandGameTest {
    @Test(timeout = 1000)
    public void rock() {
        check("ROCK", 0, -1, 1);
    }

    @Test(timeout = 1000)
    public void paper() {
        check("PAPER", 1, 0, -1);
    }

    @Test(timeout = 1000)
    public void scissors() {
        check("SCISSORS", -1, 1, 0);
    }

    private static void check(String hand, int rock, int paper, int scissors) {
        HandGame.Hand a = HandGame.Hand.valueOf(hand);
        assertEquals(rock, HandGame.winner(a, HandGame.Hand.ROCK));
        assertEquals(paper, HandGame.winner(a, HandGame.Hand.PAPER));
        assertEquals(scissors, HandGame.winner(a, HandGame.Hand.SCISSORS));
    }
}
