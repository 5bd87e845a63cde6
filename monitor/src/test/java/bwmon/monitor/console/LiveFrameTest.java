package bwmon.monitor.console;

import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;

import bwmon.cli.Columns;
import bwmon.monitor.console.Listing.Amount;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.ByteQuantity.Style;
import bwmon.traffic.Owner;
import bwmon.traffic.Report;
import bwmon.traffic.SocketState;
import bwmon.traffic.SocketStates;
import bwmon.traffic.Usage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static bwmon.monitor.console.Samples.AT;
import static bwmon.monitor.console.Samples.LOCAL;
import static bwmon.monitor.console.Samples.WEB;
import static bwmon.monitor.console.Samples.ip;
import static bwmon.monitor.console.Samples.model;
import static bwmon.monitor.console.Samples.nobody;
import static bwmon.monitor.console.Samples.process;
import static bwmon.monitor.console.Samples.tcp;
import static bwmon.monitor.console.Samples.usage;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class LiveFrameTest {
    private static final Look RATES = Look.of(Grouping.PROCESS, Order.TOTAL, Amount.LAST, Style.SI, false, false);

    private final LiveFrame plain = frame(false);

    private static LiveFrame frame(boolean hasColour) {
        return new LiveFrame(ZoneOffset.UTC, hasColour, "", OptionalInt.empty(),
                address -> address.equals(WEB.remote().address()) ? Optional.of("web.example.org") : Optional.empty());
    }

    /** Two seconds in which two processes, the kernel and one that had ended moved something. */
    private static Picture picture(SocketStates sockets) {
        Model model = model();
        model.next(Samples.report(usage(process(812, "sshd: root@pts/0"), LOCAL, 5_000_000, 10_000)), AT, null);
        var usages = List.of(
                usage(process(4711, "curl -s http://example.org/", "www-data", "/"), WEB, 2_469_000, 113_400),
                usage(process(812, "sshd: root@pts/0"), LOCAL, 400, 1200),
                usage(nobody(Owner.Cause.EXITED), tcp("192.0.2.1:1", "192.0.2.2:2"), 1000, 2000),
                usage(nobody(Owner.Cause.UNTRACKED), tcp("192.0.2.1:3", "192.0.2.2:2"), 84, 0));
        return model.next(new Report("conntrack", Duration.ofSeconds(2), usages,
                Map.of("eth0", ip(2_470_484, 116_600), "lo", ip(0, 0)), 0), AT, sockets);
    }

    private static Picture picture() {
        return picture(null);
    }

    private List<String> lines(Picture picture, Look look, int columns, int rows) {
        return plain.compose(picture, look, List.of(), columns, rows, 0).lines().stream().map(String::stripTrailing)
                .toList();
    }

    private static Look press(Look look, String keys) {
        Look pressed = look;
        for (char key : keys.toCharArray()) {
            pressed = pressed.press(bwmon.cli.Key.of(key));
        }
        return pressed;
    }

    @Test
    void aFrameHasHeaderTitlesRowsAndTheBalanceAtTheBottom() {
        assertEquals("""
                runmonitor 10:00:01 conntrack                                    h: keys, q: quit
                rates over 2.0 s, by process, sorted by total, si units
                    PID USER             RX/s         TX/s PROCESS
                   4711 www-data    1.23 MB/s    56.7 kB/s curl -s http://example.org/
                                      500 B/s     1.00 kB/s unattributed: exited
                """.lines().count(), 5);
        assertEquals(String.join("\n", lines(picture(), RATES, 80, 14)), "");
    }
}
