package bwmon.aggregator.console;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;

import bwmon.aggregator.usage.Alert;
import bwmon.aggregator.usage.Amount;
import bwmon.aggregator.usage.Layer;
import bwmon.cli.Grid;
import bwmon.cli.Paint;
import bwmon.cli.Scale;
import bwmon.traffic.ByteQuantity.Style;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;

class AlertLinesTest {
    private static final Instant NOW = Instant.parse("2026-11-21T10:00:00Z");

    static Alert alert(String label, Alert.Measure measure, Amount amount, long value, long limit, Duration over,
            Duration age) {
        return new Alert(label, "backup", measure, amount, Layer.IP, Alert.State.FIRING, value, limit, over,
                NOW.minus(age), NOW);
    }

    private static List<String> lines(int columns, boolean hasColour, int max, Alert... alerts) {
        var grid = new Grid(columns, false, false, new Scale(Style.SI, Duration.ofSeconds(1)));
        return new AlertLines(grid, new Paint(hasColour), Style.SI, NOW).lines(List.of(alerts), max);
    }

    @Test
    void aLineHasFigureLimitSubjectAndAge() {
        assertEquals(List.of("  6.20 MB/s>  5.00 MB/s ALERT fast: backup tx over 1m00s, for 2m10s",
                "    51.0 GB>    50.0 GB ALERT quota: backup in 3d04h, for 2h05m",
                "      5m03s>      5m00s ALERT dead: backup silent, for 3s"),
                lines(80, false, 9,
                        alert("fast", Alert.Measure.RATE, Amount.TX, 6_200_000, 5_000_000, Duration.ofSeconds(60),
                                Duration.ofSeconds(130)),
                        alert("quota", Alert.Measure.VOLUME, Amount.TOTAL, 51_000_000_000L, 50_000_000_000L,
                                Duration.ofHours(76), Duration.ofMinutes(125)),
                        alert("dead", Alert.Measure.SILENCE, Amount.TOTAL, 303, 300, Duration.ofSeconds(303),
                                Duration.ofSeconds(3))));
    }

    @Test
    void whatDoesNotFitIsCounted() {
        Alert[] alerts = IntStream.range(0, 5).mapToObj(i -> alert("a" + i, Alert.Measure.RATE, Amount.RX, 2, 1,
                Duration.ofSeconds(1), Duration.ofSeconds(-9))).toArray(Alert[]::new);

        assertEquals(List.of("      2 B/s ALERT a…", "            and 4 m…"), lines(20, false, 2, alerts));
        assertEquals(List.of("            5 ALERTS"), lines(20, false, 1, alerts));
        assertEquals(List.of(), lines(20, false, 0, alerts));
        assertEquals("\033[1;31m      2 B/s>      1 B/s ALERT a0: backup rx over 1s, for 0s\033[0m",
                lines(60, true, 9, alerts).getFirst());
    }
}
