package bwmon.aggregator.console;

import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;

import bwmon.aggregator.usage.Alert;
import bwmon.aggregator.usage.Amount;
import bwmon.aggregator.usage.Application;
import bwmon.aggregator.usage.Application.Basis;
import bwmon.aggregator.usage.Charge;
import bwmon.aggregator.usage.Layer;
import bwmon.aggregator.usage.Picture;
import bwmon.aggregator.usage.Snapshot;
import bwmon.aggregator.usage.Snapshot.SourceFailure;
import bwmon.cli.Columns;
import bwmon.cli.Key;
import bwmon.cli.Order;
import bwmon.traffic.Balance;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.ByteQuantity.Style;
import bwmon.traffic.Owner;
import bwmon.traffic.Usage;
import org.junit.jupiter.api.Test;

import static bwmon.aggregator.Samples.AT;
import static bwmon.aggregator.Samples.process;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class LiveFrameTest {
    static final Application WEB = new Application("web", Basis.RULE);
    static final Application BACKUP = new Application("backup", Basis.RULE);
    private static final Duration TWO_SECONDS = Duration.ofSeconds(2);

    private final LiveFrame plain = frame(Layer.IP, false);

    static LiveFrame frame(Layer layer, boolean hasColour) {
        return new LiveFrame(ZoneOffset.UTC, hasColour, true, layer, () -> "conntrack, 1 pipe");
    }

    static ByteCounts ip(long rx, long tx) {
        return ByteCounts.ofIp(rx, tx, (rx + 999) / 1000, (tx + 999) / 1000);
    }

    static Charge charge(Owner owner, Application application, ByteCounts counts) {
        return new Charge("conntrack", owner, application, TWO_SECONDS, counts);
    }

    static Snapshot snapshot(long second, List<Charge> charges, Map<String, ByteCounts> interfaces,
            List<SourceFailure> failures) {
        List<Usage> usages = charges.stream().map(c -> new Usage(c.owner(), null, c.counts())).toList();
        return new Snapshot(AT, second * 1_000_000_000L, TWO_SECONDS, charges,
                Balance.of(interfaces, usages, ByteCounts.ZERO, 0), Snapshot.LeftOut.NOTHING, failures, List.of());
    }

    static Alert alert() {
        return new Alert("backup-too-fast", "backup", Alert.Measure.RATE, Amount.TX, Layer.IP, Alert.State.FIRING,
                6_200_000, 5_000_000, Duration.ofSeconds(60), AT.minusSeconds(130), AT);
    }

    /** Three intervals of two seconds, with the second one twice as fast. */
    static Board board(List<Alert> alerts) {
        var model = new Model(Layer.IP);
        Owner nginx = process(812, "nginx: worker process");
        Owner restic = process(4711, "restic backup --files-from /etc/backup /srv");
        Owner curl = process(99, "curl -s http://example.org/");
        Board board = null;
        for (int i = 1; i <= 3; i++) {
            long factor = i == 2 ? 2 : 1;
            List<Charge> charges = List.of(charge(nginx, WEB, ip(40_000 * factor, 2_469_000)),
                    charge(process(813, "nginx: worker process"), WEB, ip(2_000, 20_000)),
                    charge(restic, BACKUP, ip(30_000, 12_400_000 * factor)),
                    charge(curl, new Application("curl -s http://example.org/", Basis.ITSELF),
                            ip(i == 1 ? 9000 : 0, 0)),
                    charge(new Owner.Unattributed(Owner.Cause.EXITED),
                            new Application("unattributed: exited", Basis.ITSELF), ip(1000, 2000)));
            board = model.next(new Picture(snapshot(i * 5L, charges, Map.of("eth0", ip(73_000, 14_900_000)),
                    List.of()), alerts, List.of()), false);
        }
        return Objects.requireNonNull(board);
    }

    private LiveFrame.Frame compose(LiveFrame frame, Board board, Look look, int selected, int scroll, int columns,
            int rows) {
        return frame.compose(board, board.alerts(), look,
                new LiveFrame.Rows(Listing.of(board, look), selected, scroll), List.of(), columns, rows);
    }

    private String text(Board board, Look look, int selected, int columns, int rows) {
        return text(compose(plain, board, look, selected, 0, columns, rows));
    }

    private static String text(LiveFrame.Frame frame) {
        return String.join("\n", frame.lines().stream().map(String::stripTrailing).toList()) + "\n";
    }

    private static Look press(String keys) {
        Look pressed = Look.RATES;
        for (int i = 0; i < keys.length(); i++) {
            pressed = pressed.press(Key.of(keys.charAt(i)));
        }
        return pressed;
    }

    @Test
    void aFrameHasApplicationsAlertsAndTheBalance() {
        assertEquals("""
                runaggregator 10:00:01 conntrack, 1 pipe                        h: keys, q: quit
                rates over 2.0 s by application, sorted by total, si units
                       RX/s        TX/s LAST MINUTE     APPLICATION
                  15.0 kB/s   6.20 MB/s          ▅█▅  + backup
                  21.0 kB/s   1.24 MB/s          ███  + web
                      0 B/s       0 B/s          █    + curl -s http://example.org/





                  6.20 MB/s>  5.00 MB/s ALERT backup-too-fast: backup tx over 1m00s, for 2m10s
                  36.0 kB/s   7.44 MB/s named
                    500 B/s   1.00 kB/s unattributed: exited
                  36.5 kB/s   7.45 MB/s interfaces: eth0
                      0 B/s   4.50 kB/s difference
                """, text(board(List.of(alert())), Look.RATES, -1, 80, 16));
    }

    @Test
    void anOpenApplicationShowsItsOwners() {
        assertEquals("""
                runaggregator 10:00:01 conntrack, 1 pipe                                            h: keys, q: quit
                rates over 2.0 s by application, sorted by total, si units
                       RX/s        TX/s LAST 2 MINUTES              APPLICATION
                  15.0 kB/s   6.20 MB/s                      ▅█▅  + backup
                  21.0 kB/s   1.24 MB/s                      ███  - web
                  20.0 kB/s   1.23 MB/s                      ███ >    812 root nginx: worker process
                  1.00 kB/s   10.0 kB/s                      ███      813 root nginx: worker process
                      0 B/s       0 B/s                      █    + curl -s http://example.org/


                  36.0 kB/s   7.44 MB/s named
                    500 B/s   1.00 kB/s unattributed: exited
                  36.5 kB/s   7.45 MB/s interfaces: eth0
                      0 B/s   4.50 kB/s difference
                """, text(board(List.of()), Look.RATES.with(WEB, true), 2, 100, 14));
    }

    @Test
    void aWideWindowHasPacketsPayloadAndAllMinutes() {
        assertEquals(
                """
                        runaggregator 10:00:01 conntrack, 1 pipe                                                                                                                                                h: keys, q: quit
                        totals by application, sorted by total, si units
                                 RX          TX   RX PKT   TX PKT     RX DATA     TX DATA LAST 5 MINUTES                                                  APPLICATION
                            90.0 kB     49.6 MB       90    49600           ?           ?                                                          ▅█▅  - backup
                            90.0 kB     49.6 MB       90    49600           ?           ?                                                          ▅█▅      4711 root restic backup --files-from /etc/backup /srv
                             166 kB     7.47 MB      166     7467           ?           ?                                                          ███  - web
                             160 kB     7.41 MB      160     7407           ?           ?                                                          ███      812 root nginx: worker process
                            6.00 kB     60.0 kB        6       60           ?           ?                                                          ███      813 root nginx: worker process
                            9.00 kB         0 B        9        0           ?           ?                                                          █    - curl -s http://example.org/
                            9.00 kB         0 B        9        0           ?           ?                                                          █        99 root curl -s http://example.org/

                          6.20 MB/s>  5.00 MB/s ALERT backup-too-fast: backup tx over 1m00s, for 2m10s
                             265 kB     57.1 MB      265    57067           ?           ? named
                            3.00 kB     6.00 kB        3        6           ?           ? unattributed: exited
                             219 kB     44.7 MB      219    44700           ?           ? interfaces: eth0
                           -49.0 kB    -12.4 MB                                           difference
                        """,
                text(board(List.of(alert())), press("ta"), -1, 200, 16));
    }

    @Test
    void smallWindowsKeepAmountsAndAlerts() {
        Board board = board(List.of(alert(), alert()));
        assertEquals("""
                runaggregator 10:00:01 conntrack, 1 pipe
                rates over 2.0 s by application, sorted…
                       RX/s        TX/s    APPLICATION
                  15.0 kB/s   6.20 MB/s >+ backup
                  21.0 kB/s   1.24 MB/s  + web
                      0 B/s       0 B/s  + curl -s http…

                  6.20 MB/s>  5.00 MB/s ALERT backup-to…
                  6.20 MB/s>  5.00 MB/s ALERT backup-to…
                  36.0 kB/s   7.44 MB/s named, unattrib…
                """, text(board, Look.RATES, 0, 40, 10));
        List<String> smallest = text(board, press("a"), -1, 20, 6).lines().toList();
        assertEquals(
                List.of("10:00:01 conntrack,…", "  6.22 MB/s  backup", "  1.27 MB/s 2 others", "  6.20 MB/s ALERT b…",
                        "  6.20 MB/s ALERT b…"),
                smallest.subList(0, 5));
        assertTrue(smallest.getLast().contains("named"), smallest.getLast());
        assertEquals("10:00:01 PAUSED con…\n", text(board, press("p"), -1, 20, 1));
        assertEquals("10:00:01 conntrack,…\n            2 ALERTS\n", text(board, Look.RATES, -1, 20, 2));
    }

    @Test
    void theSelectedRowIsKeptInSight() {
        Board board = board(List.of());
        assertEquals(0, compose(plain, board, press("a"), 0, 5, 60, 8).scroll());
        String text = text(compose(plain, board, press("a"), 4, 0, 60, 8));
        assertTrue(text.contains(">    813"), text);
    }

    @Test
    void failuresAndNoticesAreShown() {
        var model = new Model(Layer.IP);
        var failed = new Snapshot(AT, 1, TWO_SECONDS, List.of(), Balance.of(Map.of(), List.of(), ByteCounts.ZERO, 7),
                Snapshot.LeftOut.NOTHING, List.of(new SourceFailure("conntrack", "gone\033[2J", 3)),
                List.of("sees little"));
        Board board = model.next(new Picture(failed, List.of(), List.of()), false);
        String text = text(plain.compose(board, List.of(), Look.RATES, new LiveFrame.Rows(List.of(), -1, 0),
                List.of("sees little", "first", "second"), 80, 20));
        assertTrue(text.contains("no figures for this interval"), text);
        assertTrue(text.contains("\n\nsecond\nfirst\nsees little\nconntrack could not tell: gone?[2J\n"), text);
        assertTrue(text.contains("7 events lost"), text);
        text = text(plain.compose(board, List.of(), Look.RATES, new LiveFrame.Rows(List.of(), -1, 0), List.of(), 20,
                6));
        assertTrue(text.contains("conntrack could not"), text);
    }

    @Test
    void whereThereIsRoomForOneMessageItIsTheLatest() {
        Board board = board(List.of());
        String text = text(plain.compose(board, List.of(), Look.RATES,
                new LiveFrame.Rows(Listing.of(board, press("a")), -1, 0), List.of("first", "second"), 80, 12));
        assertTrue(text.contains("\nsecond\n") && !text.contains("first"), text);
    }

    @Test
    void keysComeBackToWhereTheyBegan() {
        assertEquals(Look.RATES, press("ssssrrttuuuppaahh"));
        Look open = Look.RATES.with(WEB, true);
        assertTrue(open.opens(WEB) && !open.opens(BACKUP));
        assertTrue(open.press(Key.of('a')).opens(BACKUP), "all are opened before they are closed");
        assertEquals(Set.of(WEB), press("a").with(WEB, false).exceptions());
        assertEquals(Set.of(), open.among(Set.of(BACKUP)).exceptions());
    }

    @Test
    void somethingIsShownBeforeThereAreFigures() {
        String text = text(plain.compose(null, List.of(), Look.RATES, new LiveFrame.Rows(List.of(), -1, 0), List.of(),
                80, 20));
        assertTrue(text.contains("waiting for the first figures"), text);
        assertTrue(text(board(List.of()), press("h"), -1, 80, 20).startsWith("runaggregator: keys\ns  "));
    }

    @Test
    void aPayloadOnlyFrameSaysSo() {
        var model = new Model(Layer.PAYLOAD);
        Board board = model.next(new Picture(snapshot(1, List.of(charge(process(1, "nc"), WEB,
                ByteCounts.ofPayload(2000, 4000))), Map.of(), List.of()), List.of(), List.of()), false);
        String text = text(compose(frame(Layer.PAYLOAD, false), board, Look.RATES, -1, 0, 200, 20));
        assertTrue(text.contains("DATA RX/s   DATA TX/s") && text.contains("1.00 kB/s   2.00 kB/s"), text);
        assertTrue(!text.contains(" RX DATA"), text);
    }

    @Test
    void coloursAreSetAndTakenBackInEachLine() {
        LiveFrame.Frame frame = compose(frame(Layer.IP, true), board(List.of(alert())), Look.RATES, 0, 0, 80, 20);
        for (String line : frame.lines()) {
            String bare = line.replaceAll("\033\\[[0-9;]*m", "");
            assertEquals(bare, Columns.fit(bare, 80));
            assertTrue(bare.equals(line) || line.endsWith("\033[0m"), line);
        }
        assertTrue(frame.lines().stream().anyMatch(line -> line.startsWith("\033[1;31m")), "the alert");
    }

    @Test
    void noFrameIsLargerThanTheWindowWhateverStandsInIt() {
        var random = new Random(4);
        for (int i = 0; i < 500; i++) {
            int columns = 20 + random.nextInt(random.nextInt(10) == 0 ? 381 : 120);
            int rows = 1 + random.nextInt(random.nextInt(10) == 0 ? 100 : 40);
            Layer layer = random.nextBoolean() ? Layer.IP : Layer.PAYLOAD;
            var model = new Model(layer);
            Board board = null;
            for (int interval = 1; interval < 4; interval++) {
                board = model.next(picture(random, interval * 3L), random.nextInt(4) == 0);
            }
            var look = new Look(any(Order.values(), random), random.nextBoolean(), random.nextBoolean(),
                    any(Style.values(), random), random.nextBoolean(), Set.of(), false, random.nextBoolean());
            List<Listing.Line> lines = Listing.of(Objects.requireNonNull(board), look);
            int selected = random.nextInt(lines.size() + 1) - 1;
            var frame = new LiveFrame(ZoneOffset.UTC, false, random.nextBoolean(), layer, () -> hostile(random));
            LiveFrame.Frame composed = frame.compose(board, board.alerts(), look,
                    new LiveFrame.Rows(lines, selected, random.nextInt(60) - 5), List.of(hostile(random)), columns,
                    rows);
            assertTrue(composed.lines().size() <= rows, () -> composed.lines().size() + " lines in " + rows);
            for (String line : composed.lines()) {
                assertEquals(line, Columns.fit(line, columns), () -> columns + " columns, " + look);
            }
            if (selected >= 0 && composed.page() > 0) {
                assertTrue(selected >= composed.scroll() && selected < composed.scroll() + composed.page(),
                        "the selected row is in sight");
            }
            assertTrue(board.alerts().isEmpty() || rows < 2
                    || composed.lines().stream().anyMatch(line -> line.contains("ALE")), () -> text(composed));
        }
    }

    private static Picture picture(Random random, long second) {
        var charges = new ArrayList<Charge>();
        for (int i = random.nextInt(40); i > 0; i--) {
            Owner owner = switch (random.nextInt(6)) {
                case 0 -> new Owner.Unattributed(any(Owner.Cause.values(), random));
                case 1 -> new Owner.Pipe(hostile(random), hostile(random));
                default -> new Owner.Process(new Owner.ProcessId(1 + random.nextInt(4_000_000), 1), "c",
                        hostile(random), random.nextInt(3) == 0 ? null : hostile(random), null, null, null);
            };
            charges.add(charge(owner, new Application(hostile(random), any(Basis.values(), random)), counts(random)));
        }
        var alerts = new ArrayList<Alert>();
        for (int i = random.nextInt(2) * random.nextInt(40); i > 0; i--) {
            alerts.add(new Alert(hostile(random), hostile(random), any(Alert.Measure.values(), random),
                    any(Amount.values(), random), Layer.IP, Alert.State.FIRING, random.nextLong(1L << 60),
                    random.nextLong(1L << 60), Duration.ofSeconds(random.nextLong(1L << 40)),
                    AT.minusSeconds(random.nextInt()), AT));
        }
        List<SourceFailure> failures = random.nextInt(3) == 0
                ? List.of(new SourceFailure(hostile(random), hostile(random), 1))
                : List.of();
        return new Picture(snapshot(second, charges, random.nextBoolean()
                ? Map.of()
                : Map.of(hostile(random), ip(2, 3)), failures), alerts, List.of());
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

    static String hostile(Random random) {
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
