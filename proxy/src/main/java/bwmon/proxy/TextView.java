package bwmon.proxy;

import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;

import bwmon.cli.Terminal;
import bwmon.proxy.meter.PipeMeter;
import bwmon.traffic.ByteQuantity;
import bwmon.traffic.ByteQuantity.Style;
import bwmon.traffic.Direction;

/**
 * For people: a line for each pipe; on a terminal below a heading and in place, else one behind the other, each with its
 * time.
 */
final class TextView implements PipeView {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss");
    /** Behind the name: everything but the errors takes this much of a line. */
    private static final String FIGURES = " %5s %10s %10s %8s %8s  %s";
    private static final int FIGURES_WIDTH = 56;
    private static final int MIN_NAME_WIDTH = 16;

    private final PrintStream out;
    private final Terminal terminal;
    private final ZoneId zone;
    private int drawn;

    TextView(PrintStream out, Terminal terminal, ZoneId zone) {
        this.out = out;
        this.terminal = terminal;
        this.zone = zone;
    }

    @Override
    public boolean show(Instant at, List<PipeInterval> pipes) {
        var text = new StringBuilder();
        if (terminal.isInteractive()) {
            if (drawn > 0) {
                text.append(Terminal.up(drawn));
            }
            drawn = draw(text, pipes);
        } else {
            for (PipeInterval pipe : pipes) {
                text.append(TIME.format(at.atZone(zone))).append(' ').append(plain(pipe)).append('\n');
            }
        }
        out.print(text);
        return !out.checkError();
    }

    private int draw(StringBuilder text, List<PipeInterval> pipes) {
        int longest = pipes.stream().mapToInt(pipe -> pipe.pipe().owner().name().length()).max().orElse(0);
        int nameWidth = Math.clamp(longest, MIN_NAME_WIDTH,
                Math.max(MIN_NAME_WIDTH, terminal.columns() - FIGURES_WIDTH));
        text.append(terminal.line(name("PIPE", nameWidth)
                + FIGURES.formatted("OPEN", "UP", "DOWN", "SUM UP", "SUM DOWN", "ERRORS")));
        for (PipeInterval pipe : pipes) {
            PipeMeter meter = pipe.pipe().meter();
            text.append(terminal.line(name(pipe.pipe().owner().name(), nameWidth) + FIGURES.formatted(meter.open(),
                    rate(pipe.txBytes(), pipe.interval()), rate(pipe.rxBytes(), pipe.interval()),
                    size(meter.forwarded(Direction.TX)), size(meter.forwarded(Direction.RX)), errors(meter))));
        }
        return 1 + pipes.size();
    }

    private static String name(String name, int width) {
        return name.length() > width ? name.substring(0, width - 1) + "…" : name + " ".repeat(width - name.length());
    }

    private static String plain(PipeInterval pipe) {
        PipeMeter meter = pipe.pipe().meter();
        return "%s: %d open, up %s, down %s, total up %s, total down %s, errors: %s".formatted(
                pipe.pipe().owner().name(),
                meter.open(), rate(pipe.txBytes(), pipe.interval()), rate(pipe.rxBytes(), pipe.interval()),
                size(meter.forwarded(Direction.TX)), size(meter.forwarded(Direction.RX)), errors(meter));
    }

    /** The totals of a pipe, for the end of the program. */
    static String total(Pipe pipe) {
        PipeMeter meter = pipe.meter();
        return "%s: %d connections, %d bytes up, %d bytes down, errors: %s".formatted(pipe.owner().name(),
                meter.opened(),
                meter.forwarded(Direction.TX), meter.forwarded(Direction.RX), errors(meter));
    }

    /** Failures by cause, such as {@code 3 connect-refused, 1 refused}; {@code none}. */
    private static String errors(PipeMeter meter) {
        var text = new StringBuilder();
        meter.ends().forEach((end, count) -> {
            if (end.isConnectFailure()) {
                add(text, count, end.label());
            }
        });
        add(text, meter.refused(), "over --max-connections");
        add(text, meter.acceptErrors(), "failed to accept");
        return text.isEmpty() ? "none" : text.toString();
    }

    private static void add(StringBuilder text, long count, String what) {
        if (count > 0) {
            text.append(text.isEmpty() ? "" : ", ").append(count).append(' ').append(what);
        }
    }

    private static String rate(long bytes, Duration interval) {
        double seconds = Math.max(interval.toNanos(), 1) / 1e9;
        return new ByteQuantity((long) (bytes / seconds), true).format(Style.SI);
    }

    private static String size(long bytes) {
        return new ByteQuantity(bytes, false).format(Style.SI);
    }
}
