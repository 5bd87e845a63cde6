package bwmon.traffic;

import java.util.OptionalLong;
import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ByteCountsTest {
    private static final ByteCounts IP = ByteCounts.ofIp(10, 20, 1, 2);

    @ParameterizedTest
    @EnumSource
    void whatASourceCannotKnowIsAbsentAndNotZero(Direction direction) {
        assertAll(
                () -> assertEquals(OptionalLong.empty(), IP.payload(direction)),
                () -> assertEquals(OptionalLong.empty(), ByteCounts.ofPayload(0, 0).bytes(direction)),
                () -> assertEquals(OptionalLong.empty(), ByteCounts.ofPayload(0, 0).packets(direction)),
                () -> assertEquals(OptionalLong.of(0), ByteCounts.ofPayload(0, 0).payload(direction)),
                () -> assertEquals(OptionalLong.of(0), ByteCounts.ZERO.payload(direction)),
                () -> assertNotEquals(ByteCounts.ofIp(0, 0, 0, 0), ByteCounts.ZERO));
    }

    @Test
    void everyFigureComesBackFromWhereItWasPut() {
        ByteCounts all = ByteCounts.ofIp(1, 2, 3, 4).withPayload(5, 6);
        assertEquals(OptionalLong.of(1), all.bytes(Direction.RX));
        assertEquals(OptionalLong.of(2), all.bytes(Direction.TX));
        assertEquals(OptionalLong.of(3), all.packets(Direction.RX));
        assertEquals(OptionalLong.of(4), all.packets(Direction.TX));
        assertEquals(OptionalLong.of(5), all.payload(Direction.RX));
        assertEquals(OptionalLong.of(6), all.payload(Direction.TX));
    }

    @Test
    void aSumIsTakenFigureByFigure() {
        assertEquals(ByteCounts.ofIp(11, 22, 33, 44).withPayload(55, 66), ByteCounts.ofIp(10, 20, 30, 40)
                .withPayload(50, 60).plus(ByteCounts.ofIp(1, 2, 3, 4).withPayload(5, 6)));
    }

    @Test
    void aSumWithAnAbsentFigureIsAbsentThere() {
        assertEquals(ByteCounts.ofIp(11, 22, 1, 2), IP.plus(ByteCounts.ofIp(1, 2, 0, 0).withPayload(7, 8)));
    }

    @Test
    void zeroIsNeutralOnBothSides() {
        assertEquals(IP, IP.plus(ByteCounts.ZERO));
        assertEquals(IP, ByteCounts.ZERO.plus(IP));
        assertEquals(IP, IP.minus(ByteCounts.ZERO));
    }

    @Test
    void overflowIsRefusedInEveryFigure() {
        long max = Long.MAX_VALUE;
        ByteCounts[] full = {ByteCounts.ofIp(max, 0, 0, 0), ByteCounts.ofIp(0, max, 0, 0),
                ByteCounts.ofIp(0, 0, max, 0), ByteCounts.ofIp(0, 0, 0, max), ByteCounts.ofPayload(max, 0),
                ByteCounts.ofPayload(0, max)};
        ByteCounts one = ByteCounts.ofIp(1, 1, 1, 1).withPayload(1, 1);
        for (ByteCounts counts : full) {
            assertThrows(ArithmeticException.class, () -> counts.plus(one), counts::toString);
        }
    }

    @Test
    void aCounterThatFellIsRefused() {
        var e = assertThrows(ArithmeticException.class, () -> ByteCounts.ofPayload(5, 0).minus(
                ByteCounts.ofPayload(6, 0)));
        assertEquals("a counter fell from 6 to 5", e.getMessage());
    }

    @Test
    void anAbsentFigureHasNoDifference() {
        assertEquals(ByteCounts.ofIp(9, 18, 1, 2), IP.minus(ByteCounts.ofIp(1, 2, 0, 0).withPayload(7, 8)));
    }

    @Test
    void negativeCountsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> ByteCounts.ofIp(-1, 0, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> ByteCounts.ofIp(0, 0, 0, -1));
        assertThrows(IllegalArgumentException.class, () -> ByteCounts.ofPayload(0, Long.MIN_VALUE));
        assertThrows(IllegalArgumentException.class, () -> IP.withPayload(-1, 0));
    }

    @Test
    void nothingIsZeroOrAbsentEverywhere() {
        assertTrue(ByteCounts.ZERO.isNothing());
        assertTrue(ByteCounts.ofIp(0, 0, 0, 0).isNothing());
        assertTrue(ByteCounts.ofPayload(0, 0).isNothing());
        assertFalse(ByteCounts.ofIp(0, 0, 0, 1).isNothing());
        assertFalse(ByteCounts.ofPayload(0, 1).isNothing());
    }

    @Test
    void differencesOfRandomStatesAddUpToTheLastState() {
        var random = new Random(1);
        for (int run = 0; run < 100; run++) {
            ByteCounts state = ByteCounts.ZERO;
            ByteCounts sum = ByteCounts.ZERO;
            for (int i = 0; i < 20; i++) {
                ByteCounts next = state.plus(ByteCounts.ofIp(random.nextLong(1L << 57), random.nextLong(1L << 57),
                        random.nextLong(1L << 57), random.nextLong(1L << 57))
                        .withPayload(random.nextLong(1L << 57), random.nextLong(1L << 57)));
                sum = sum.plus(next.minus(state));
                state = next;
            }
            assertEquals(state, sum);
            assertEquals(state.hashCode(), sum.hashCode());
        }
    }

    @Test
    void textSaysWhatIsUnknown() {
        assertEquals("rx 10 B, tx 20 B, packets 1/2, payload unknown/unknown", IP.toString());
    }
}
