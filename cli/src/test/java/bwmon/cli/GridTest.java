package bwmon.cli;

import java.time.Duration;
import java.util.Map;
import java.util.OptionalLong;

import bwmon.traffic.Balance;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.ByteQuantity.Style;
import bwmon.traffic.Direction;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class GridTest {
    private static final Scale RATES = new Scale(Style.SI, Duration.ofSeconds(2));
    private static final ByteCounts COUNTS = ByteCounts.ofIp(2000, 4_000_000, 4, 200_000);

    @Test
    void chartsStandBeforeNamesAndAreLeftOutOfOtherLines() {
        var grid = new Grid(60, false, false, RATES, "LAST", 6);

        assertEquals("       RX/s        TX/s LAST   NAME", grid.titles("NAME"));
        assertEquals("  1.00 kB/s   2.00 MB/s ▁█     name", grid.line("", "", COUNTS, "▁█", "name"));
        assertEquals("  1.00 kB/s   2.00 MB/s        name", grid.line("", "", COUNTS, "name"));
        assertEquals("          ?      -2 B/s        name",
                grid.line(OptionalLong.empty(), OptionalLong.of(-4), "name"));
        assertEquals("                               name", grid.remark("name"));
        assertEquals("         5m>         4m name", grid.over("5m", "4m", "name"));
    }

    @Test
    void aNarrowWindowHasTheSumAndCutsNames() {
        var grid = new Grid(20, true, false, RATES);

        assertEquals("  2.00 MB/s a long …", grid.line("7", "root", COUNTS, "a long name"));
        assertEquals("         5m a long …", grid.over("5m", "4m", "a long name"));
    }

    @Test
    void whatWasLeftOutClosesTheAccount() {
        var balance = new Balance(Map.of("eth0", ByteCounts.ofIp(100, 100, 1, 1)), ByteCounts.ofIp(50, 90, 1, 1),
                Map.of(),
                0);
        var account = new Account(balance, ByteCounts.ofIp(20, 4, 0, 0), ByteCounts.ofIp(25, 6, 0, 0));

        assertEquals(ByteCounts.ofIp(45, 10, 0, 0), account.leftOut());
        assertEquals(OptionalLong.of(5), account.difference(Direction.RX));
        assertEquals(OptionalLong.of(0), account.then(account).difference(Direction.TX));
        assertEquals(OptionalLong.empty(), Account.NOTHING.difference(Direction.RX));
    }

    @Test
    void whatMovedInOtherNamespacesIsNotMissing() {
        var balance = new Balance(Map.of("eth0", ByteCounts.ofIp(100, 100, 1, 1)), ByteCounts.ofIp(150, 97, 1, 1),
                Map.of(), ByteCounts.ZERO, ByteCounts.ofIp(50, 2, 1, 1), 0);
        var account = new Account(balance, ByteCounts.ZERO);

        assertEquals(OptionalLong.of(0), account.difference(Direction.RX));
        assertEquals(OptionalLong.of(10), account.then(account).difference(Direction.TX));
        assertTrue(String
                .join("\n",
                        new LiveBalance(account, new Grid(100, false, false, RATES), RATES, new Paint(false)).lines(9))
                .contains("of these in other network namespaces"));
    }
}
