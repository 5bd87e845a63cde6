package bwmon.aggregator.console;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

import bwmon.aggregator.usage.Charge;
import bwmon.aggregator.usage.Layer;
import bwmon.aggregator.usage.Snapshot;
import bwmon.cli.Terminal;
import bwmon.traffic.Balance;
import bwmon.traffic.Owner;
import org.junit.jupiter.api.Test;

import static bwmon.aggregator.Samples.AT;
import static bwmon.aggregator.Samples.charge;
import static bwmon.aggregator.Samples.payload;
import static bwmon.aggregator.Samples.picture;
import static bwmon.aggregator.Samples.process;
import static bwmon.aggregator.Samples.snapshot;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class TerminalViewTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    private TerminalView view(int columns, int rows) {
        return new TerminalView(new PrintStream(bytes, false, StandardCharsets.UTF_8), Layer.PAYLOAD, ZoneOffset.UTC,
                Terminal.ofWindow(columns, rows));
    }

    private String taken() {
        String text = bytes.toString(StandardCharsets.UTF_8);
        bytes.reset();
        return text;
    }

    private static List<String> lines(String frame) {
        return frame.replaceAll("\033\\[[0-9]*[A-Za-z]", "").lines().toList();
    }

    @Test
    void aFrameHasAHeaderTitlesRowsAndTheBalance() {
        var nobody = new Owner.Unattributed(Owner.Cause.NO_PERMISSION);
        List<Charge> charges = List.of(charge(process(1, "curl"), 2048, 1024), charge(nobody, 10, 20));
        var snapshot = new Snapshot(AT, 1, Duration.ofMillis(1500), charges,
                new Balance(Map.of(), payload(2048, 1024), Map.of(Owner.Cause.NO_PERMISSION, payload(10, 20)), 3),
                new Snapshot.LeftOut(payload(512, 0), payload(99, 99)),
                List.of(new Snapshot.SourceFailure("sock_diag", "gone\033[2J", 1)), List.of("sees little"));
        TerminalView view = view(120, 24);
        view.show(picture(snapshot));
        String frame = taken();

        assertEquals(List.of("bwmon  10:00:01  payload bytes in the last 1.5 s",
                "      received /    transmitted -- application",
                "      2.00 KiB /       1.00 KiB -- curl",
                "      2.00 KiB /       1.00 KiB == all with a name",
                "      0.01 KiB /       0.02 KiB == unattributed: no-permission",
                "      0.50 KiB /       0.00 KiB == left out by include, exclude or ignore-local",
                "3 events lost", "sock_diag could not tell: gone?[2J", "sees little"), lines(frame));
        assertTrue(frame.startsWith("\033[H\033[2J"), "clears at first");
        view.show(picture(snapshot));
        assertFalse(taken().contains("\033[2J"), "and is overwritten then");
    }

    @Test
    void anEmptyIntervalSaysSo() {
        view(80, 24).show(picture(snapshot(1)));

        assertEquals("no traffic in this interval", lines(taken()).get(2));
    }

    @Test
    void whatDoesNotFitTheWindowIsFolded() {
        Charge[] charges = IntStream.rangeClosed(1, 50).mapToObj(i -> charge(process(i, "p" + i), 2048L * i, 0))
                .toArray(Charge[]::new);
        view(80, 10).show(picture(snapshot(1, charges)));
        List<String> lines = lines(taken());

        assertEquals(9, lines.size());
        assertTrue(lines.get(2).endsWith(" 100.00 KiB /       0.00 KiB -- p50"), lines.get(2));
        // All 50 are 2550 KiB, the first five of them 480.
        assertEquals("   2070.00 KiB /       0.00 KiB -- 45 others", lines.get(7));
        assertEquals("   2550.00 KiB /       0.00 KiB == all with a name", lines.get(8));
    }

    @Test
    void aLongTailIsCutBeforeTheRowsAre() {
        var failures = IntStream.range(0, 20).mapToObj(i -> new Snapshot.SourceFailure("s" + i, "gone", 1)).toList();
        view(80, 8).show(picture(snapshot(1, List.of(), failures)));
        List<String> lines = lines(taken());

        assertEquals(7, lines.size());
        assertTrue(lines.get(3).endsWith(" == all with a name"), lines.get(3));
        assertEquals("s2 could not tell: gone", lines.get(6));
    }

    @Test
    void noFrameIsLargerThanTheWindowWhateverStandsInCommandLines() {
        var random = new Random(1);
        for (int i = 0; i < 300; i++) {
            int columns = 20 + random.nextInt(100);
            int rows = 6 + random.nextInt(30);
            Charge[] charges = IntStream.range(0, random.nextInt(40))
                    .mapToObj(pid -> charge(process(pid + 1, pid + text(random)), 4096, 4096)).toArray(Charge[]::new);
            view(columns, rows).show(picture(snapshot(1, charges)));
            String frame = taken();
            List<String> lines = lines(frame);

            assertTrue(lines.size() < rows, lines.size() + " lines in " + rows);
            for (String line : lines) {
                assertTrue(line.codePoints().noneMatch(Character::isISOControl), line);
                assertTrue(line.codePoints().map(c -> c >= 0x4e00 && c < 0xa000 ? 2 : 1).sum() <= columns, line);
            }
        }
    }

    private static String text(Random random) {
        var text = new StringBuilder();
        for (int i = random.nextInt(150); i > 0; i--) {
            text.appendCodePoint(switch (random.nextInt(4)) {
                case 0 -> random.nextInt(0xa0);
                case 1 -> 0x4e00 + random.nextInt(0x1000);
                default -> 'a' + random.nextInt(26);
            });
        }
        return text.toString();
    }
}
