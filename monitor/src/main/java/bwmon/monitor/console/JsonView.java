package bwmon.monitor.console;

import java.io.IOException;
import java.io.PrintStream;
import java.util.OptionalInt;

import bwmon.cli.JsonLines;
import bwmon.cli.Order;
import bwmon.cli.View;
import bwmon.monitor.console.Listing.Amount;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;
import bwmon.traffic.Flow;
import bwmon.traffic.Owner;
import bwmon.traffic.SocketState;
import bwmon.traffic.SocketStates;
import com.fasterxml.jackson.core.JsonGenerator;
import org.jspecify.annotations.Nullable;

/**
 * JSON lines of each interval: {@code usage} for each row that moved something, {@code connection} for each socket and
 * {@code states} where sockets are shown, {@code failure} where the source could not tell, else {@code balance}. What moved
 * before the start comes as {@code before}, once, with the fields of {@code usage}.
 */
public final class JsonView implements View<Picture> {
    private final JsonLines lines;
    private final Layout layout;
    private final Names names;

    /** A view of that layout; units are of no account. */
    public JsonView(PrintStream out, Layout layout, Names names) {
        this.lines = new JsonLines(out);
        this.layout = layout;
        this.names = names;
    }

    @Override
    public boolean show(Picture picture) {
        Order order = layout.order() == null ? Order.TOTAL : layout.order();
        Amount amount = picture.isBefore() ? Amount.TOTAL : Amount.LAST;
        String type = picture.isBefore() ? "before" : "usage";
        Listing listing = Listing.of(picture, layout.by(), amount, order, layout.top());
        for (Row row : listing.rows()) {
            if (!usage(type, picture, row.subject(), amount.of(row))) {
                return false;
            }
        }
        if (listing.others() > 0
                && !usage(type, picture, new Subject.Charged(new Owner.Others()), listing.sumOfOthers())) {
            return false;
        }
        return picture.isBefore() || (sockets(picture, order) && end(picture));
    }

    private boolean usage(String type, Picture picture, Subject subject, ByteCounts counts) {
        return lines.line(type, json -> {
            JsonLines.interval(json, picture.at(), picture.interval());
            json.writeStringField("source", picture.source());
            subject(json, subject);
            json.writeStringField("application", null);
            JsonLines.counts(json, counts);
        });
    }

    private void subject(JsonGenerator json, Subject subject) throws IOException {
        switch (subject) {
            case Subject.Charged(var owner) -> {
                JsonLines.owner(json, owner);
                by(json);
            }
            case Subject.Rest(var owner) -> {
                JsonLines.owner(json, owner);
                by(json);
            }
            case Subject.Connection(var owner, var flow) -> {
                JsonLines.owner(json, owner);
                by(json);
                flow(json, flow);
            }
            case Subject.Command(var command) -> group(json, "command", command);
            case Subject.User(var user) -> group(json, "user", user);
            case Subject.Cgroup(var path, var container) -> {
                group(json, "cgroup", path);
                json.writeStringField("container", container);
            }
            case Subject.Remote remote -> {
                group(json, "remote", remote.label());
                json.writeStringField("remote_name", names.of(remote.address()).orElse(null));
            }
            case Subject.Transport(var protocol) -> group(json, "protocol", protocol.label());
            case Subject.Port(var protocol, var port, var served) -> {
                group(json, "protocol", protocol.label());
                json.writeNumberField("port", port);
                json.writeStringField("side", served ? "served" : "used");
            }
            case Subject.Undivided _ -> {
                json.writeStringField("owner", "group");
                by(json);
            }
        }
    }

    private void by(JsonGenerator json) throws IOException {
        json.writeStringField("by", layout.by().label());
    }

    private void group(JsonGenerator json, String field, @Nullable String value) throws IOException {
        json.writeStringField("owner", "group");
        by(json);
        json.writeStringField(field, value);
    }

    private void flow(JsonGenerator json, Flow flow) throws IOException {
        json.writeStringField("protocol", flow.protocol().label());
        json.writeStringField("local", flow.local().host());
        json.writeNumberField("local_port", flow.local().port());
        json.writeStringField("remote", flow.remote().host());
        json.writeNumberField("remote_port", flow.remote().port());
        json.writeStringField("remote_name", names.of(flow.remote().address()).orElse(null));
    }

    private boolean sockets(Picture picture, Order order) {
        SocketStates states = picture.sockets();
        if (states == null) {
            return true;
        }
        for (Sockets.Socket socket : Sockets.sorted(picture, Amount.TOTAL, order, OptionalInt.empty())) {
            if (!connection(picture, socket)) {
                return false;
            }
        }
        return lines.line("states", json -> {
            JsonLines.interval(json, picture.at(), picture.interval());
            json.writeStringField("source", picture.source());
            json.writeObjectFieldStart("tcp");
            for (var state : states.tcpStates().entrySet()) {
                json.writeNumberField(state.getKey(), state.getValue());
            }
            json.writeEndObject();
        });
    }

    private boolean connection(Picture picture, Sockets.Socket socket) {
        SocketState state = socket.state();
        return lines.line("connection", json -> {
            JsonLines.interval(json, picture.at(), picture.interval());
            json.writeStringField("source", picture.source());
            JsonLines.owner(json, state.owner());
            flow(json, state.flow());
            json.writeStringField("state", state.state());
            JsonLines.number(json, "rtt_us", state.rttMicros());
            JsonLines.number(json, "retransmits", state.retransmitted());
            json.writeNumberField("unread", state.unread());
            json.writeNumberField("unacknowledged", state.unacknowledged());
            json.writeBooleanField("counted", state.isCounted());
            ByteCounts total = socket.row().total();
            JsonLines.number(json, "rx_bytes_total", total.bytes(Direction.RX));
            JsonLines.number(json, "tx_bytes_total", total.bytes(Direction.TX));
            JsonLines.number(json, "rx_payload_bytes_total", total.payload(Direction.RX));
            JsonLines.number(json, "tx_payload_bytes_total", total.payload(Direction.TX));
        });
    }

    private boolean end(Picture picture) {
        if (picture.failure() != null) {
            return lines.line("failure", json -> {
                JsonLines.interval(json, picture.at(), picture.interval());
                json.writeStringField("source", picture.source());
                json.writeStringField("message", picture.failure());
            });
        }
        return lines.balance(picture.at(), picture.interval(), picture.account(), _ -> {});
    }
}
