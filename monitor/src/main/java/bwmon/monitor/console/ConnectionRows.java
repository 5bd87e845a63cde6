package bwmon.monitor.console;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.OptionalLong;

import bwmon.cli.Columns;
import bwmon.cli.Scale;
import bwmon.monitor.console.LiveFrame.Body;
import bwmon.monitor.console.LiveFrame.Line;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Flow;
import bwmon.traffic.Owner;
import bwmon.traffic.SocketState;
import bwmon.traffic.SocketStates;

/** Each connection with its state, round-trip time, retransmissions and process, those that moved most first. */
final class ConnectionRows {
    private static final int AMOUNT = 11;
    private static final int STATE = 11;
    private static final int RTT = 8;
    private static final int RETRANSMITTED = 7;
    private static final int PROCESS = 22;
    /** A window as wide has amounts; a narrower one is for the connection alone. */
    private static final int AMOUNTS_FROM = 100;
    private static final int DETAILS_FROM = 60;

    private final Picture picture;
    private final Look look;
    private final Scale scale;
    private final Names names;
    private final int columns;

    ConnectionRows(Picture picture, Look look, Scale scale, Names names, int columns) {
        this.picture = picture;
        this.look = look;
        this.scale = scale;
        this.names = look.isNumeric() ? Names.NUMERIC : names;
        this.columns = columns;
    }

    Body body() {
        SocketStates sockets = picture.sockets();
        if (sockets == null) {
            return new Body(titles(), List.of(), 0, ByteCounts.ZERO,
                    look.isPaused()
                            ? "no connections were collected before the pause"
                            : "waiting for the connections of the next interval");
        }
        var lines = new ArrayList<Line>();
        List<Sockets.Socket> sorted = Sockets.sorted(picture, look.amount(), look.order(), OptionalInt.empty());
        for (Sockets.Socket socket : look.isReversed() ? sorted.reversed() : sorted) {
            ByteCounts counts = look.amount().of(socket.row());
            lines.add(new Line(() -> line(socket.state(), counts), counts));
        }
        return new Body(titles(), lines, 0, ByteCounts.ZERO, "no connections");
    }

    /** How many TCP sockets are in which state; empty where there are none. */
    static String states(Picture picture) {
        SocketStates sockets = picture.sockets();
        var states = new ArrayList<String>();
        if (sockets != null) {
            sockets.tcpStates().forEach((state, count) -> states.add(count + " " + state));
        }
        return String.join(", ", states);
    }

    private String titles() {
        String per = scale.interval() == null ? "" : "/s";
        return (columns >= AMOUNTS_FROM ? right("RX" + per, AMOUNT) + right("TX" + per, AMOUNT) : "")
                + Columns.pad("STATE", STATE) + " "
                + (columns >= DETAILS_FROM ? right("RTT", RTT) + right("RETRANS", RETRANSMITTED) : "")
                + (columns >= DETAILS_FROM ? Columns.pad("PROCESS", PROCESS) + " " : "") + "CONNECTION";
    }

    private String line(SocketState socket, ByteCounts counts) {
        var line = new StringBuilder();
        if (columns >= AMOUNTS_FROM) {
            line.append(right(scale.bytes(counts.bytes(Direction.RX)), AMOUNT))
                    .append(right(scale.bytes(counts.bytes(Direction.TX)), AMOUNT));
        }
        line.append(Columns.pad(socket.state(), STATE)).append(' ');
        String process = socket.owner() instanceof Owner.Process p
                ? LiveFrame.pid(p) + " " + p.name()
                : new Subject.Charged(socket.owner()).label();
        String text = text(socket.flow(), names);
        if (columns >= DETAILS_FROM) {
            line.append(right(rtt(socket.rttMicros()), RTT))
                    .append(right(number(socket.retransmitted()), RETRANSMITTED))
                    .append(Columns.pad(process, PROCESS)).append(' ');
        } else {
            text = process + " " + text;
        }
        String left = line.toString();
        return left + Columns.fit(text, Math.max(1, columns - Columns.of(left)));
    }

    /** Local and remote end, the remote one by name where it is known. */
    static String text(Flow flow, Names names) {
        return flow.protocol().label() + " " + end(flow.local(), Names.NUMERIC) + " > " + end(flow.remote(), names);
    }

    private static String end(Endpoint endpoint, Names names) {
        if (endpoint.isWildcard() && endpoint.port() == 0) {
            return "*";
        }
        return names.of(endpoint.address()).map(name -> name + ":" + endpoint.port()).orElseGet(endpoint::toString);
    }

    /** At most 8 characters. */
    private static String rtt(OptionalLong micros) {
        if (micros.isEmpty()) {
            return "";
        }
        double millis = micros.getAsLong() / 1e3;
        if (millis < 1) {
            // Within a host and a rack it is some microseconds.
            return String.format(Locale.ROOT, "%.3f ms", millis);
        }
        return millis < 10_000
                ? String.format(Locale.ROOT, "%.1f ms", millis)
                : String.format(Locale.ROOT, "%.0f s", millis / 1e3);
    }

    private static String number(OptionalLong count) {
        return count.isEmpty() ? "" : Scale.packets(count.getAsLong());
    }

    private static String right(String text, int width) {
        return " ".repeat(Math.max(0, width - text.length())) + text + " ";
    }
}
