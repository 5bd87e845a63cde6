package bwmon.monitor.console;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

import bwmon.cli.Order;
import bwmon.cli.Rule;
import bwmon.monitor.console.Listing.Amount;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.ByteQuantity.Style;
import bwmon.traffic.Owner;
import bwmon.traffic.Report;
import bwmon.traffic.Usage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static bwmon.monitor.console.Samples.AT;
import static bwmon.monitor.console.Samples.SECOND;
import static bwmon.monitor.console.Samples.WEB;
import static bwmon.monitor.console.Samples.ip;
import static bwmon.monitor.console.Samples.model;
import static bwmon.monitor.console.Samples.next;
import static bwmon.monitor.console.Samples.nobody;
import static bwmon.monitor.console.Samples.process;
import static bwmon.monitor.console.Samples.report;
import static bwmon.monitor.console.Samples.usage;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class PlainViewTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(bytes, false, StandardCharsets.UTF_8);

    private static Layout layout(Grouping by, @Nullable Order order, Amount amount) {
        return new Layout(by, order, amount, OptionalInt.empty(), null);
    }

    private String show(Layout layout, Picture... pictures) {
        return show(layout, Names.NUMERIC, pictures);
    }

    private String show(Layout layout, Names names, Picture... pictures) {
        var view = new PlainView(out, layout, names);
        for (Picture picture : pictures) {
            assertTrue(view.show(picture));
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void withoutOptionsLinesAndTheirOrderAreThoseOfBwmon1() {
        Model model = model();
        Picture before = model.before("conntrack",
                report(usage(process(1, "sshd: root@pts/0"), WEB, 0, 5_000_000_000L)).usages(), AT);
        Picture first = next(model, usage(process(2, "curl -s http://example.org/"), WEB, 2000, 100),
                usage(process(3, "curl -s http://example.org/"), WEB, 2000, 10),
                usage(process(4, "x".repeat(60)), WEB, 7, 7), usage(process(5, "y".repeat(61)), WEB, 8, 7));

        assertEquals("""
                         0 / 5000000000 -- sshd: root@pts/0

                         0 / 5000000000 -- sshd: root@pts/0
                         7 /          7 -- %s
                         8 /          7 -- %s...
                      2000 /         10 -- curl -s http://example.org/
                      2000 /        100 -- curl -s http://example.org/
                """.formatted("x".repeat(60), "y".repeat(57)), show(Layout.BWMON_1, before, first));
    }

    @Test
    void bandwidthIsBytesASecondOfTheLastInterval() {
        Model model = model();
        next(model, usage(process(1, "a"), WEB, 1, 1));
        Picture picture = model
                .next(new Report("x", SECOND.multipliedBy(4), List.of(usage(process(2, "b"), WEB, 4001, 8)),
                        Map.of(), 0), AT, null);

        assertEquals("      1000 /          2 -- b\n", show(layout(Grouping.PROCESS, null, Amount.LAST), picture));
    }

    @Test
    void whatIsNotKnownIsNotZeroAndNobodyHasARow() {
        assertEquals("""
                         - /          - -- a
                         3 /          4 -- unattributed: no-permission
                """, show(Layout.BWMON_1, next(model(), new Usage(process(1, "a"), WEB, ByteCounts.ofPayload(5, 5)),
                usage(nobody(Owner.Cause.NO_PERMISSION), WEB, 3, 4))));
    }

    @Test
    void theFirstOfMostAndTheRest() {
        var layout = new Layout(Grouping.PROCESS, Order.TOTAL, Amount.TOTAL, OptionalInt.of(1), null);

        assertEquals("""
                        50 /         50 -- c
                         1 /          1 -- unattributed: exited
                        30 /          3 -- 2 others
                """, show(layout, next(model(), usage(process(1, "a"), WEB, 10, 1), usage(process(2, "b"), WEB, 20, 2),
                usage(process(3, "c"), WEB, 50, 50), usage(nobody(Owner.Cause.EXITED), WEB, 1, 1))));
    }

    @Test
    void withUnitsTheBalanceStandsBelow() {
        var selection = new Selection(List.of(Rule.command("a")), List.of(), Set.of(),
                Set.of(), false);
        var model = new Model(Samples.only(Grouping.PROCESS), selection, _ -> true);
        Picture picture = model.next(new Report("conntrack", SECOND, List.of(usage(process(1, "a"), WEB, 1_500_000, 20),
                usage(process(2, "b"), WEB, 1000, 0), usage(nobody(Owner.Cause.UNTRACKED), WEB, 0, 28)),
                Map.of("eth0", ip(1_400_000, 48), "lo", ip(0, 0)), ip(101_000, 0), 3), AT, null);
        var layout = new Layout(Grouping.PROCESS, Order.TOTAL, Amount.LAST, OptionalInt.empty(), Style.SI);

        assertEquals("""
                   1.50 MB/s /       20 B/s -- a
                       0 B/s /       28 B/s -- unattributed: untracked
                   1.50 MB/s /       20 B/s == all with a name
                       0 B/s /       28 B/s == unattributed: untracked
                   1.00 kB/s /        0 B/s == left out, as the options ask
                   1.40 MB/s /       48 B/s == interface eth0
                   1.40 MB/s /       48 B/s == all interfaces
                   -101 kB/s /        0 B/s == difference: interfaces less what was charged
                    101 kB/s /        0 B/s == charged for segmentation, which interfaces may not count
                3 events lost
                """, show(layout, picture));
    }

    @Test
    void whatMovedInOtherNamespacesClosesTheBalance() {
        Picture picture = model().next(new Report("ebpf", SECOND, List.of(usage(process(1, "a"), WEB, 30, 20)),
                Map.of("eth0", ip(20, 10)), ByteCounts.ZERO, ip(10, 10), 0), AT, null);
        String shown = show(new Layout(Grouping.PROCESS, Order.TOTAL, Amount.LAST, OptionalInt.empty(), Style.SI),
                picture);

        assertTrue(shown.contains("      10 B/s /       10 B/s == of these in other network namespaces\n"), shown);
        assertTrue(shown.contains("       0 B/s /        0 B/s == difference"), shown);
    }

    @Test
    void whatMovedNoBytesThatAreShownIsNoRow() {
        Picture picture = next(model(), usage(process(1, "dig"), WEB, 1, 1),
                new Usage(process(1, "dig"), null, ip(0, 0).withPayload(100, 20)),
                new Usage(process(2, "ntpd"), null, ip(0, 0).withPayload(100, 20)));
        for (Grouping by : List.of(Grouping.REMOTE, Grouping.CONNECTION, Grouping.PROCESS)) {
            bytes.reset();
            String shown = show(layout(by, null, Amount.TOTAL), Names.NUMERIC, picture);
            assertEquals(1, shown.lines().count(), shown);
        }
    }

    @Test
    void whatHasNoFlowStandsByItself() {
        Picture picture = next(model(), usage(process(1, "dig"), WEB, 1, 1),
                new Usage(process(1, "dig"), null, ip(7, 7)), new Usage(process(2, "ntpd"), null, ip(5, 5)));

        assertEquals("""
                         1 /          1 -- tcp 192.0.2.1:40000 -> 198.51.100.7:443 dig
                         5 /          5 -- other flows of ntpd
                         7 /          7 -- other flows of dig
                """, show(layout(Grouping.CONNECTION, null, Amount.TOTAL), Names.NUMERIC, picture));
        bytes.reset();
        assertEquals("""
                         1 /          1 -- 198.51.100.7
                        12 /         12 -- several remotes, not told apart
                """, show(layout(Grouping.REMOTE, null, Amount.TOTAL), Names.NUMERIC, picture));
    }

    @Test
    void anEmptyIntervalSaysSo() {
        Model model = model();
        assertEquals("no traffic so far\n\nno traffic so far that could be seen\n",
                show(Layout.BWMON_1, model.before("conntrack", report().usages(), AT), next(model),
                        model.failed("x", "gone", AT)));
    }

    @Test
    void namesStandInPlaceOfAddressesAndMayBeAnything() {
        Picture picture = next(model(), usage(process(1, "curl"), WEB, 1, 1));
        Names names = address -> Optional.of("evil\033[2J.example");

        assertEquals("         1 /          1 -- evil?[2J.example\n",
                show(layout(Grouping.REMOTE, null, Amount.TOTAL), names, picture));
        bytes.reset();
        assertEquals("         1 /          1 -- tcp 192.0.2.1:40000 -> evil?[2J.example:443 curl\n",
                show(layout(Grouping.CONNECTION, null, Amount.TOTAL), names, picture));
    }

    @Test
    void aHostileCommandLineIsOneHarmlessLine() {
        String hostile = "x\033]0;owned\007\033[2J\n 9 / 9 -- root\r\u009b1m\u202e";
        String found = show(Layout.BWMON_1, next(model(), usage(process(1, hostile), WEB, 1, 1)));
        assertEquals("         1 /          1 -- x?]0;owned??[2J? 9 / 9 -- root??1m?\n", found);
        bytes.reset();

        String wide = "\ud83d\ude00".repeat(30) + "\u6f22".repeat(100_000);
        found = show(Layout.BWMON_1, next(model(), usage(process(1, wide), WEB, 1, 1)));
        assertEquals("         1 /          1 -- " + "\ud83d\ude00".repeat(30) + "\u6f22".repeat(27) + "...\n", found);
    }

    @Test
    void aReaderThatIsGoneEndsTheView() {
        var closed = new PrintStream(new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("Broken pipe");
            }
        });

        assertFalse(new PlainView(closed, Layout.BWMON_1, Names.NUMERIC).show(next(model())));
    }
}
