package bwmon.cli;

import java.util.OptionalLong;

import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;

/**
 * The columns that a window has room for, and its lines. Names come last and get what is left; amounts of received and
 * transmitted bytes come before process numbers, users, packets and payload. Where the source knows payload alone, the
 * first columns bear it and are called so.
 */
public final class Grid {
    private static final int AMOUNT = 11;
    private static final int PID = 7;
    private static final int USER = 8;
    private static final int PACKETS = 8;
    /** A window as wide has both directions; a narrower one their sum. */
    private static final int BOTH_FROM = 32;
    private static final int PID_FROM = 50;
    private static final int USER_FROM = 64;
    private static final int PACKETS_FROM = 110;
    private static final int PAYLOAD_FROM = 136;

    private final int columns;
    private final boolean hasOwners;
    private final boolean payloadOnly;
    private final Scale scale;
    private final String chartTitle;
    private final int chartWidth;

    /**
     * The grid of a window, without charts.
     *
     * @param columns of the window
     * @param hasOwners whether rows may have a process
     * @param payloadOnly whether IP bytes are not known of anything
     */
    public Grid(int columns, boolean hasOwners, boolean payloadOnly, Scale scale) {
        this(columns, hasOwners, payloadOnly, scale, "", 0);
    }

    /**
     * The grid of a window.
     *
     * @param columns of the window
     * @param hasOwners whether rows may have a process
     * @param payloadOnly whether IP bytes are not known of anything
     * @param chartTitle what the charts are about
     * @param chartWidth columns of the charts before the names, 0 for none
     */
    public Grid(int columns, boolean hasOwners, boolean payloadOnly, Scale scale, String chartTitle,
            int chartWidth) {
        this.columns = columns;
        this.hasOwners = hasOwners;
        this.payloadOnly = payloadOnly;
        this.scale = scale;
        this.chartTitle = chartTitle;
        this.chartWidth = chartWidth;
    }

    /** The titles of the columns. */
    public String titles(String name) {
        String layer = payloadOnly ? "DATA " : "";
        String per = scale.interval() == null ? "" : "/s";
        var line = new StringBuilder();
        if (hasPid()) {
            line.append(right("PID", PID)).append(hasUser() ? Columns.pad("USER", USER) + " " : "");
        }
        if (columns < BOTH_FROM) {
            return line.append(right((payloadOnly ? "DATA" : "RX+TX") + per, AMOUNT)).append(name).toString();
        }
        line.append(right(layer + "RX" + per, AMOUNT)).append(right(layer + "TX" + per, AMOUNT));
        if (columns >= PACKETS_FROM) {
            line.append(right("RX PKT" + per, PACKETS)).append(right("TX PKT" + per, PACKETS));
        }
        if (hasPayload()) {
            line.append(right("RX DATA" + per, AMOUNT)).append(right("TX DATA" + per, AMOUNT));
        }
        return line.append(chart(chartTitle)).append(name).toString();
    }

    /** A row or a line of the balance; {@code pid} and {@code user} may be empty. */
    public String line(String pid, String user, ByteCounts counts, String name) {
        return line(pid, user, counts, "", name);
    }

    /** A row or a line of the balance; {@code pid}, {@code user} and {@code chart} may be empty. */
    public String line(String pid, String user, ByteCounts counts, String chart, String name) {
        StringBuilder line = owner(pid, user);
        OptionalLong rx = bytes(counts, Direction.RX);
        OptionalLong tx = bytes(counts, Direction.TX);
        if (columns < BOTH_FROM) {
            return named(line.append(amount(sum(rx, tx))), name);
        }
        line.append(amount(rx)).append(amount(tx));
        if (columns >= PACKETS_FROM) {
            line.append(right(scale.packets(counts.packets(Direction.RX)), PACKETS))
                    .append(right(scale.packets(counts.packets(Direction.TX)), PACKETS));
        }
        if (hasPayload()) {
            line.append(amount(counts.payload(Direction.RX))).append(amount(counts.payload(Direction.TX)));
        }
        return named(line.append(chart(chart)), name);
    }

    /** A line of the balance that has neither packets nor payload; the amounts may be less than 0. */
    public String line(OptionalLong rx, OptionalLong tx, String name) {
        StringBuilder line = owner("", "");
        if (columns < BOTH_FROM) {
            return named(line.append(amount(sum(rx, tx))), name);
        }
        return named(line.append(amount(rx)).append(amount(tx)).append(" ".repeat(others())), name);
    }

    /** A line of the balance without amounts. */
    public String remark(String text) {
        int amounts = columns < BOTH_FROM ? AMOUNT + 1 : 2 * (AMOUNT + 1) + others();
        return named(owner("", "").append(" ".repeat(amounts)), text);
    }

    /** A figure and, where there is room for two, the limit that it is over, in the place of received and transmitted bytes; the name follows at once. */
    public String over(String figure, String limit, String name) {
        String first = " ".repeat(Math.max(0, AMOUNT - figure.length())) + figure;
        StringBuilder line = owner("", "").append(first);
        return columns < BOTH_FROM
                ? named(line.append(' '), name)
                : named(line.append('>').append(right(limit, AMOUNT)), name);
    }

    /** The width of packets, payload and charts. */
    private int others() {
        return (chartWidth == 0 ? 0 : chartWidth + 1) + (columns >= PACKETS_FROM ? 2 * (PACKETS + 1) : 0)
                + (hasPayload() ? 2 * (AMOUNT + 1) : 0);
    }

    private String chart(String text) {
        return chartWidth == 0 ? "" : Columns.pad(text, chartWidth) + " ";
    }

    private StringBuilder owner(String pid, String user) {
        var line = new StringBuilder();
        if (hasPid()) {
            line.append(right(pid, PID)).append(hasUser() ? Columns.pad(user, USER) + " " : "");
        }
        return line;
    }

    private OptionalLong bytes(ByteCounts counts, Direction direction) {
        return payloadOnly ? counts.payload(direction) : counts.bytes(direction);
    }

    private static OptionalLong sum(OptionalLong a, OptionalLong b) {
        return a.isPresent() && b.isPresent() ? OptionalLong.of(a.getAsLong() + b.getAsLong()) : OptionalLong.empty();
    }

    private String amount(OptionalLong bytes) {
        return right(scale.bytes(bytes), AMOUNT);
    }

    private String named(StringBuilder line, String name) {
        return line.append(Columns.fit(name, Math.max(1, columns - line.length() - wide(line)))).toString();
    }

    /** Columns beyond one for each char: users' names may be wide. */
    private static int wide(StringBuilder line) {
        return Columns.of(line.toString()) - line.length();
    }

    private static String right(String text, int width) {
        return " ".repeat(Math.max(0, width - text.length())) + text + " ";
    }

    private boolean hasPid() {
        return hasOwners && columns >= PID_FROM;
    }

    private boolean hasUser() {
        return hasOwners && columns >= USER_FROM;
    }

    /** Whether there are columns of payload beside those of IP bytes. */
    public boolean hasPayload() {
        return columns >= PAYLOAD_FROM && !payloadOnly;
    }
}
