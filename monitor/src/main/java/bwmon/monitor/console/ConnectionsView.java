package bwmon.monitor.console;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;

import bwmon.cli.Order;
import bwmon.cli.Terminal;
import bwmon.cli.View;
import bwmon.traffic.Direction;
import bwmon.traffic.Owner;
import bwmon.traffic.SocketState;

/** A table of the sockets, one an interval, with the number of TCP sockets in each state below. */
public final class ConnectionsView implements View<Picture> {
    private static final List<String> HEAD = List.of("PROTO", "STATE", "LOCAL", "REMOTE", "RX", "TX", "RTT", "RETRANS",
            "PID", "COMMAND");
    /** Columns of numbers, which end where their heads end. */
    private static final List<Boolean> IS_NUMBER = List.of(false, false, false, false, true, true, true, true, true,
            false);

    private final PrintStream out;
    private final Layout layout;
    private final Labels labels;
    private boolean first = true;

    /** A view of that layout; what it sums by is of no account. */
    public ConnectionsView(PrintStream out, Layout layout, Names names) {
        this.out = out;
        this.layout = layout;
        this.labels = new Labels(names);
    }

    @Override
    public boolean show(Picture picture) {
        if (picture.sockets() == null) {
            return true;
        }
        var block = new StringBuilder(first ? "" : "\n");
        first = false;
        lines(picture, layout, labels).forEach(line -> block.append(line).append('\n'));
        out.print(block);
        return !out.checkError();
    }

    /** The table, its head first, and the line of states. */
    public static List<String> lines(Picture picture, Layout layout, Labels labels) {
        Figures figures = Figures.of(picture, layout);
        var table = new ArrayList<List<String>>();
        table.add(HEAD);
        Order order = layout.order() == null ? Order.TOTAL : layout.order();
        List<Sockets.Socket> sockets = Sockets.sorted(picture, layout.amount(), order, layout.top());
        sockets.forEach(socket -> table.add(cells(socket, layout, figures, labels)));
        List<String> lines = aligned(table);
        if (picture.sockets() != null) {
            int more = picture.sockets().sockets().size() - sockets.size();
            if (more > 0) {
                lines.add(more + " others");
            }
            var states = new ArrayList<String>();
            picture.sockets().tcpStates().forEach((state, count) -> states.add(count + " " + state));
            lines.add("TCP: " + (states.isEmpty() ? "no sockets" : String.join(", ", states)));
        }
        return lines;
    }

    private static List<String> cells(Sockets.Socket socket, Layout layout, Figures figures, Labels labels) {
        SocketState state = socket.state();
        var counts = layout.amount().of(socket.row());
        String pid = state.owner() instanceof Owner.Process process ? Integer.toString(process.id().pid()) : "-";
        return List.of(state.flow().protocol().label(), state.state(), endpoint(state),
                labels.remote(state.flow().remote()), figures.text(counts.bytes(Direction.RX)),
                figures.text(counts.bytes(Direction.TX)), milliseconds(state.rttMicros()),
                state.retransmitted().isPresent() ? Long.toString(state.retransmitted().getAsLong()) : "-", pid,
                labels.of(new Subject.Charged(state.owner())));
    }

    private static String endpoint(SocketState state) {
        return Terminal.printable(state.flow().local().toString());
    }

    private static String milliseconds(OptionalLong micros) {
        if (micros.isEmpty()) {
            return "-";
        }
        // Within a host and a rack it is some microseconds.
        return String.format(Locale.ROOT, micros.getAsLong() < 1000 ? "%.3f ms" : "%.1f ms", micros.getAsLong() / 1e3);
    }

    private static List<String> aligned(List<List<String>> table) {
        int[] widths = new int[HEAD.size()];
        for (List<String> cells : table) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], cells.get(i).length());
            }
        }
        var lines = new ArrayList<String>();
        for (List<String> cells : table) {
            var line = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                String blanks = " ".repeat(widths[i] - cells.get(i).length());
                line.append(i == 0 ? "" : "  ")
                        .append(IS_NUMBER.get(i) ? blanks + cells.get(i) : cells.get(i) + blanks);
            }
            lines.add(line.toString().stripTrailing());
        }
        return lines;
    }
}
