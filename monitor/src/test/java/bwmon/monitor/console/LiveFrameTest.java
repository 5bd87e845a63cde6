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
import bwmon.cli.Key;
import bwmon.cli.Order;
import bwmon.monitor.console.Listing.Amount;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.ByteQuantity.Style;
import bwmon.traffic.Flow;
import bwmon.traffic.Owner;
import bwmon.traffic.Report;
import bwmon.traffic.SocketState;
import bwmon.traffic.SocketStates;
import bwmon.traffic.Usage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static bwmon.monitor.console.Samples.AT;
import static bwmon.monitor.console.Samples.LOCAL;
import static bwmon.monitor.console.Samples.WEB;
import static bwmon.monitor.console.Samples.endpoint;
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
    static final Look RATES = new Look(Grouping.PROCESS, Order.TOTAL, false, Amount.LAST, Style.SI, false, false,
            false, false);
    private static final Owner.Process CURL = process(4711, "curl -s http://example.org/", "www-data", "/");
    private static final Owner.Process SSHD = process(812, "sshd: root@pts/0");

    private final LiveFrame plain = frame(false, OptionalInt.empty());

    static LiveFrame frame(boolean hasColour, OptionalInt top) {
        return new LiveFrame(ZoneOffset.UTC, hasColour, "", top,
                address -> address.equals(WEB.remote().address()) ? Optional.of("web.example.org") : Optional.empty());
    }

    /** Two seconds in which two processes and nobody moved something, after one second in which sshd did. */
    static Picture picture(@Nullable SocketStates sockets) {
        Model model = model();
        model.next(Samples.report(usage(SSHD, LOCAL, 5_000_000, 10_000)), AT, null);
        var usages = List.of(usage(CURL, WEB, 2_469_000, 113_400), usage(SSHD, LOCAL, 400, 1200),
                usage(nobody(Owner.Cause.EXITED), tcp("192.0.2.1:1", "192.0.2.2:2"), 1000, 2000),
                usage(nobody(Owner.Cause.UNTRACKED), tcp("192.0.2.1:3", "192.0.2.2:2"), 84, 0));
        return model.next(new Report("conntrack", Duration.ofSeconds(2), usages,
                Map.of("eth0", ip(2_470_484, 116_000), "lo", ip(0, 0)), 0), AT, sockets);
    }

    private static Picture picture() {
        return picture(null);
    }

    private static String text(LiveFrame.Frame frame) {
        return String.join("\n", frame.lines().stream().map(String::stripTrailing).toList()) + "\n";
    }

    private String text(Picture picture, Look look, int columns, int rows) {
        return text(plain.compose(picture, look, List.of(), columns, rows, 0));
    }

    private static Look press(String keys) {
        Look pressed = RATES;
        for (int i = 0; i < keys.length(); i++) {
            pressed = pressed.press(Key.of(keys.charAt(i)));
        }
        return pressed;
    }

    @Test
    void aFrameHasHeaderTitlesRowsAndTheBalanceAtTheBottom() {
        assertEquals("""
                runmonitor 10:00:01 conntrack                                   h: keys, q: quit
                rates over 2.0 s by process, sorted by total, si units
                    PID USER            RX/s        TX/s PROCESS
                   4711 www-data   1.23 MB/s   56.7 kB/s curl -s http://example.org/
                                     500 B/s   1.00 kB/s unattributed: exited
                    812 root         200 B/s     600 B/s sshd: root@pts/0
                                      42 B/s       0 B/s unattributed: untracked


                                   1.23 MB/s   57.3 kB/s named
                                     500 B/s   1.00 kB/s unattributed: exited
                                      42 B/s       0 B/s unattributed: untracked
                                   1.24 MB/s   58.0 kB/s interfaces: eth0, lo
                                       0 B/s    -300 B/s difference
                """, text(picture(), RATES, 80, 14));
    }

    @Test
    void totalsAreShownWithTheBalanceSinceTheStart() {
        assertEquals("""
                runmonitor 10:00:01 conntrack               h: keys, q: quit
                totals by process, sorted by total, si units
                    PID          RX          TX PROCESS
                    812     5.00 MB     11.2 kB sshd: root@pts/0
                   4711     2.47 MB      113 kB curl -s http://example.org/
                            1.00 kB     2.00 kB unattributed: exited
                               84 B         0 B unattributed: untracked
                            7.47 MB      125 kB named
                            1.00 kB     2.00 kB unattributed: exited
                               84 B         0 B unattributed: untracked
                            2.47 MB      116 kB interfaces: eth0, lo
                           -5.00 MB    -10.6 kB difference
                """, text(picture(), press("t"), 60, 12));
    }

    @Test
    void aWideWindowHasPacketsAndPayloadToo() {
        assertEquals(
                """
                        runmonitor 10:00:01 conntrack                                                                                                                   h: keys, q: quit
                        rates over 2.0 s by process, sorted by total, iec units
                            PID USER            RX/s        TX/s RX PKT/s TX PKT/s   RX DATA/s   TX DATA/s PROCESS
                           4711 www-data  1.18 MiB/s  55.4 KiB/s     1235       57           ?           ? curl -s http://example.org/
                                             500 B/s    1000 B/s        1        1           ?           ? unattributed: exited
                                             242 B/s     600 B/s        1        1           ?           ? 2 others
                                          1.18 MiB/s  56.0 KiB/s     1235       58           ?           ? named
                                             542 B/s    1000 B/s        1        1           ?           ? unattributed: exited, untracked
                                          1.18 MiB/s  56.6 KiB/s     1236       58           ?           ? interfaces: eth0, lo
                                               0 B/s    -300 B/s                                           difference
                        """,
                text(picture(), press("u"), 160, 10));
    }

    @Test
    void theSmallestWindowHasTheLargestRowAndTheBalance() {
        assertEquals("""
                runmonitor 10:00:01…
                    RX+TX/s PROCESS
                  1.29 MB/s curl -s…
                  2.34 kB/s 3 others
                  1.29 MB/s named, …
                """, text(picture(), RATES, 20, 5));
    }

    @Test
    void rowsBeyondTheWindowAreSummedUpAndScrolledTo() {
        assertEquals("""
                runmonitor 10:00:01 conntrack
                rates over 2.0 s by process, sorted by …
                       RX/s        TX/s PROCESS
                  1.23 MB/s   56.7 kB/s curl -s http://…
                    742 B/s   1.60 kB/s 3 others
                  1.23 MB/s   57.3 kB/s named
                    542 B/s   1.00 kB/s unattributed: e…
                  1.24 MB/s   58.0 kB/s interfaces: eth…
                      0 B/s    -300 B/s difference
                """, text(picture(), RATES, 40, 9));
        assertEquals("""
                runmonitor 10:00:01 conntrack
                rates over 2.0 s by process, sorted by …
                       RX/s        TX/s PROCESS
                     42 B/s       0 B/s unattributed: u…
                  1.24 MB/s   58.3 kB/s 3 others, 3 abo…
                  1.23 MB/s   57.3 kB/s named
                    542 B/s   1.00 kB/s unattributed: e…
                  1.24 MB/s   58.0 kB/s interfaces: eth…
                      0 B/s    -300 B/s difference
                """, text(plain.compose(picture(), RATES, List.of(), 40, 9, 99)));
    }

    @Test
    void aLimitOfRowsIsKeptTo() {
        assertEquals("""
                runmonitor 10:00:01 conntrack               h: keys, q: quit
                rates over 2.0 s by process, sorted by total, si units
                    PID        RX/s        TX/s PROCESS
                   4711   1.23 MB/s   56.7 kB/s curl -s http://example.org/
                            500 B/s   1.00 kB/s unattributed: exited
                             42 B/s       0 B/s unattributed: untracked
                            200 B/s     600 B/s 1 other




                          1.23 MB/s   57.3 kB/s named
                            500 B/s   1.00 kB/s unattributed: exited
                             42 B/s       0 B/s unattributed: untracked
                          1.24 MB/s   58.0 kB/s interfaces: eth0, lo
                              0 B/s    -300 B/s difference
                """, text(frame(false, OptionalInt.of(1)).compose(picture(), RATES, List.of(), 60, 16, 0)));
    }

    @Test
    void connectionsAreShownWithStateAndProcess() {
        var listening = new Flow(WEB.protocol(), endpoint("0.0.0.0:22"), endpoint("0.0.0.0:0"));
        var sockets = new SocketStates(
                List.of(new SocketState(listening, "LISTEN", SSHD, OptionalLong.empty(), OptionalLong.empty(), 0, 0,
                        true),
                        new SocketState(WEB, "ESTABLISHED", CURL, OptionalLong.of(12_345), OptionalLong.of(2), 0, 0,
                                true)),
                Map.of("ESTABLISHED", 1, "LISTEN", 1, "TIME_WAIT", 7));
        assertEquals(
                """
                        runmonitor 10:00:01 conntrack                                                                           h: keys, q: quit
                        rates over 2.0 s, connections (tcp: 1 ESTABLISHED, 1 LISTEN, 7 TIME_WAIT), sorted by total, si units
                               RX/s        TX/s STATE            RTT RETRANS PROCESS                CONNECTION
                          1.23 MB/s   56.7 kB/s ESTABLISHED  12.3 ms       2 4711 curl              tcp 192.0.2.1:40000 > web.example.org:443
                              0 B/s       0 B/s LISTEN                       812 sshd:              tcp 0.0.0.0:22 > *
                          1.23 MB/s   57.3 kB/s     1235       58 named
                            500 B/s   1.00 kB/s        1        1 unattributed: exited
                             42 B/s       0 B/s        1        0 unattributed: untracked
                          1.24 MB/s   58.0 kB/s     1236       58 interfaces: eth0, lo
                              0 B/s    -300 B/s                   difference
                        """,
                text(picture(sockets), press("c"), 120, 10));
        assertEquals("""
                runmonitor 10:00:01 conntrack     h: keys, q: quit
                rates over 2.0 s, connections (tcp: 1 ESTABLISHED…
                STATE       CONNECTION
                ESTABLISHED 4711 curl tcp 192.0.2.1:40000 > 198.5…
                LISTEN      812 sshd: tcp 0.0.0.0:22 > *


                  1.23 MB/s   57.3 kB/s named, unattributed 542 B…
                """, text(picture(sockets), press("cn"), 50, 8));
        assertTrue(text(picture(), press("c"), 80, 20).contains("waiting for the connections of the next interval"));
    }

    @ParameterizedTest
    @CsvSource({"g, COMMAND, curl -s", "ggg, CGROUP, /", "gggg, REMOTE, web.example.org", "ggggn, REMOTE, 198.51.100.7",
            "GG, PROTOCOL, tcp", "G, PORT, 443/tcp used",
            "ggggg, CONNECTION, curl  tcp 192.0.2.1:40000 > web.example.org:443"})
    void otherGroupingsAreAKeyAway(String keys, String title, String row) {
        String text = text(picture(), press(keys), 120, 20);
        assertTrue(text.contains(title) && text.contains(row), text);
    }

    @Test
    void sortingIsAKeyAway() {
        String received = text(picture(), press("s"), 80, 20);
        assertTrue(received.indexOf("exited") < received.indexOf("sshd"), received);
        String reversed = text(picture(), press("r"), 80, 20);
        assertTrue(reversed.indexOf("sshd") < reversed.indexOf("curl"), reversed);
        assertTrue(reversed.contains("sorted by total (reversed)"), reversed);
        assertEquals(RATES, press("ssss"));
        assertEquals(RATES, press("ttrrppuuuggGGccnn"));
    }

    @Test
    void whatIsEmptyIsNamed() {
        Model model = model();
        assertTrue(text(Samples.next(model), RATES, 80, 20).contains("no traffic in this interval"));
        assertTrue(text(Samples.next(model), press("t"), 80, 20).contains("no traffic yet"));
        assertTrue(text(Samples.next(model), press("t"), 20, 5).contains("no traffic yet"));
        assertTrue(text(plain.compose(null, RATES, List.of(), 80, 20, 0)).contains("waiting for the first figures"));
    }

    @Test
    void failuresAndNotesAreShownAboveTheBalance() {
        Picture failed = model().failed("conntrack", "gone\033[2J", AT);
        String text = text(plain.compose(failed, RATES, List.of("first", "second"), 80, 20, 0));
        assertTrue(text.contains("no figures for this interval"), text);
        assertTrue(text.endsWith("second\nfirst\nconntrack could not tell: gone?[2J\n"
                + " ".repeat(27) + "?           ? named\n"), text);
        String small = text(plain.compose(picture(), RATES, List.of("first", "second"), 80, 12, 0));
        assertTrue(small.contains("second\n") && !small.contains("first\n"), small);
    }

    @Test
    void whatIsNotKnownIsNotNothing() {
        Picture payload = Samples.next(model(), new Usage(SSHD, LOCAL, ByteCounts.ofPayload(2000, 3000)));
        String text = text(payload, RATES, 80, 20);
        assertTrue(text.contains("DATA RX/s") && text.contains("2.00 kB/s"), text);
        Picture mixed = Samples.next(model(), usage(CURL, WEB, 1, 1),
                new Usage(SSHD, LOCAL, ByteCounts.ofPayload(2000, 3000)));
        assertTrue(text(mixed, RATES, 80, 20).contains("812 root               ?           ? sshd"));
    }

    @Test
    void lostEventsAreShownInEveryWindow() {
        Picture lossy = model().next(new Report("conntrack", Duration.ofSeconds(1), List.of(usage(CURL, WEB, 1, 2)),
                Map.of(), 7), AT, null);
        assertTrue(text(lossy, RATES, 80, 20).endsWith(" named\n" + " ".repeat(41) + "7 events lost\n"));
        assertTrue(text(lossy, RATES, 40, 4).contains("7 events lost"), text(lossy, RATES, 40, 4));
    }

    @Test
    void theKeysAreShown() {
        String text = text(picture(), press("h"), 80, 24);
        assertTrue(text.startsWith("runmonitor: keys\ns  "), text);
        assertFalse(text(picture(), press("h?"), 80, 24).contains("keys\n"));
        assertEquals(RATES, press("h").press(Key.Named.ESCAPE));
    }

    @Test
    void coloursAreOnlyWhereTheyAreWanted() {
        assertFalse(text(picture(), RATES, 80, 20).contains("\033"));
        List<String> lines = frame(true, OptionalInt.empty()).compose(picture(), RATES, List.of(), 80, 20, 0).lines();
        assertTrue(lines.get(0).startsWith("\033[1m") && lines.get(0).endsWith("\033[0m"), lines.get(0));
    }

    @Test
    void aDifferenceThatNothingExplainsIsMarked() {
        assertFalse(difference(1000, 1000, 0).startsWith("\033"));
        assertFalse(difference(1010, 1000, 0).startsWith("\033"), "a hundredth");
        assertTrue(difference(1012, 1000, 0).startsWith("\033[33m"));
        assertTrue(difference(900, 1000, 0).startsWith("\033[33m"));
        assertFalse(difference(900, 1000, 100).startsWith("\033"), "segmentation explains it");
        assertTrue(difference(1100, 1000, 100).startsWith("\033[33m"), "but not the other way round");
    }

    private static String difference(long carried, long named, long segmentation) {
        Picture picture = model().next(new Report("conntrack", Duration.ofSeconds(1),
                List.of(usage(CURL, WEB, named, 0)), Map.of("eth0", ip(carried, 0)), ip(segmentation, 0), 0), AT, null);
        return frame(true, OptionalInt.empty()).compose(picture, RATES, List.of(), 80, 20, 0).lines().getLast();
    }

    @Test
    void everyFrameFitsItsWindowWhateverStandsInCommandLines() {
        var random = new Random(1);
        String hostile = "\033]0;title\007\033[2J\r\n\u202e" + "x ".repeat(50_000);
        for (int round = 0; round < 3000; round++) {
            int columns = 20 + random.nextInt(random.nextInt(10) == 0 ? 381 : 120);
            int rows = 1 + random.nextInt(random.nextInt(10) == 0 ? 100 : 40);
            Model model = model();
            var usages = new ArrayList<Usage>();
            for (int i = random.nextInt(60); i > 0; i--) {
                Owner owner = random.nextInt(5) == 0
                        ? nobody(any(Owner.Cause.values(), random))
                        : process(1 + random.nextInt(4_000_000), i == 1 ? hostile : command(random), user(random),
                                null);
                usages.add(new Usage(owner, random.nextBoolean() ? WEB : LOCAL, counts(random)));
            }
            var look = new Look(any(Grouping.values(), random), any(Order.values(), random),
                    random.nextBoolean(), random.nextBoolean() ? Amount.LAST : Amount.TOTAL,
                    any(Style.values(), random), random.nextBoolean(), random.nextInt(4) == 0, false, false);
            var states = usages.stream().map(usage -> new SocketState(WEB, "ESTABLISHED", usage.owner(),
                    OptionalLong.of(random.nextInt(Integer.MAX_VALUE)),
                    OptionalLong.of(random.nextInt(Integer.MAX_VALUE)), 0, 0, true))
                    .toList();
            Picture picture = model.next(new Report("conntrack", Duration.ofMillis(random.nextInt(3) * 700L), usages,
                    random.nextBoolean() ? Map.of() : Map.of("eth0", ip(1, 2), "a\033[2J", ip(2, 3)),
                    random.nextInt(2)),
                    AT, random.nextBoolean() ? null : new SocketStates(states, Map.of("ESTABLISHED", 3)));
            LiveFrame.Frame frame = plain.compose(picture, look, List.of(hostile), columns, rows,
                    random.nextInt(50) - 5);
            assertTrue(frame.lines().size() <= rows, () -> frame.lines().size() + " lines in " + rows);
            for (String line : frame.lines()) {
                assertEquals(line, Columns.fit(line, columns), () -> columns + " columns, " + look);
            }
        }
    }

    private static <T> T any(T[] all, Random random) {
        return List.of(all).get(random.nextInt(all.length));
    }

    private static ByteCounts counts(Random random) {
        return switch (random.nextInt(3)) {
            case 0 -> ip(random.nextLong(1L << 50), random.nextLong(1L << 50));
            case 1 -> ByteCounts.ofPayload(random.nextInt(1000), random.nextInt(1000));
            default -> ip(random.nextInt(100), random.nextInt(100)).withPayload(3, 4);
        };
    }

    private static @Nullable String user(Random random) {
        return random.nextInt(3) == 0 ? null : command(random);
    }

    private static String command(Random random) {
        var text = new StringBuilder("c");
        for (int i = random.nextInt(150); i > 0; i--) {
            text.appendCodePoint(switch (random.nextInt(5)) {
                case 0 -> random.nextInt(0xa0);
                case 1 -> 0x4e00 + random.nextInt(0x1000);
                case 2 -> 0x300 + random.nextInt(0x40);
                case 3 -> 0x1f300 + random.nextInt(0x200);
                default -> 'a' + random.nextInt(26);
            });
        }
        return text.toString();
    }
}
