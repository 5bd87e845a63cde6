package bwmon.monitor.attribution;

import java.util.Random;

import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ForwardedPartTest {

    @Test
    void allIsForwardedWhereThePacketsExplainIt() {
        ByteCounts missing = ByteCounts.ofIp(1500, 1400, 3, 2);
        assertEquals(missing, ForwardedPart.of(missing, 3));
        assertEquals(missing, ForwardedPart.of(missing, 1_000_000));
    }

    @Test
    void aShareIsForwardedWhereTheyExplainSome() {
        assertEquals(ByteCounts.ofIp(1000, 1400, 2, 2), ForwardedPart.of(ByteCounts.ofIp(1500, 1400, 3, 2), 2));
    }

    @Test
    void nothingIsForwardedWhereTheHostForwardsNothing() {
        assertTrue(ForwardedPart.of(ByteCounts.ofIp(1500, 1400, 3, 2), 0).isNothing());
        assertTrue(ForwardedPart.of(ByteCounts.ofIp(0, 0, 0, 0), 7).isNothing());
        assertTrue(ForwardedPart.of(ByteCounts.ofIp(28, 28, 0, 0), 7).isNothing(), "bytes without a packet");
    }

    @Test
    void itIsNeverMoreThanIsMissing() {
        var random = new Random(5);
        for (int i = 0; i < 10_000; i++) {
            ByteCounts missing = ByteCounts.ofIp(random.nextLong(Long.MAX_VALUE), random.nextLong(1 << 20),
                    random.nextLong(1 << 20), random.nextLong(1 << 20));
            ByteCounts rest = missing.minus(ForwardedPart.of(missing, random.nextLong(1 << 20)));
            assertTrue(rest.bytes(Direction.RX).orElseThrow() >= 0);
        }
    }
}
