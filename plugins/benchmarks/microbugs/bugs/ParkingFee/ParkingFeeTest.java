package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class ParkingFeeTest {
    @Test(timeout = 1000)
    public void free() {
        assertEquals(0, ParkingFee.fee(0));
        assertEquals(0, ParkingFee.fee(29));
    }

    @Test(timeout = 1000)
    public void lastFreeMinute() {
        assertEquals(0, ParkingFee.fee(30));
    }

    @Test(timeout = 1000)
    public void firstPaidMinute() {
        assertEquals(2, ParkingFee.fee(31));
    }

    @Test(timeout = 1000)
    public void startedHours() {
        assertEquals(2, ParkingFee.fee(60));
        assertEquals(4, ParkingFee.fee(61));
    }

    @Test(timeout = 1000)
    public void wholeDay() {
        assertEquals(20, ParkingFee.fee(1440));
        assertEquals(18, ParkingFee.fee(540));
        assertEquals(20, ParkingFee.fee(541));
    }
}
