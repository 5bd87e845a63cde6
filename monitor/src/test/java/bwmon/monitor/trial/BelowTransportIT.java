package bwmon.monitor.trial;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** What goes below TCP and UDP. */
@Timeout(60)
class BelowTransportIT {
    private static final int COUNT = 500;
    private static final int SIZE = 1000;

    private static Stage stage;

    @BeforeAll
    static void open(@TempDir Path folder) throws Exception {
        stage = Stage.open(Offload.NONE, folder);
    }

    @AfterAll
    static void close() throws IOException {
        stage.close();
    }

    /** The program asks, the peer's kernel answers: both ways are the program's. */
    @ParameterizedTest
    @CsvSource({"10.77.0.2, datagram", "10.77.0.2, raw", "fd77::2, datagram", "fd77::2, raw"})
    void ping(String address, String socket) throws Exception {
        stage.watch().restart();
        try (Ways.Run ping = stage.ways().start(stage.rig().host(),
                "ping " + address + " " + COUNT + " " + SIZE + " " + socket)) {
            stage.judge().assertExact("ping " + socket, ping.end(), List.of());
        }
    }

    @ParameterizedTest
    @CsvSource({"10.77.0.2, 10.77.0.1", "fd77::2, fd77::1"})
    void rawSockets(String peer, String host) throws Exception {
        raw(stage.rig().host(), stage.rig().peer(), peer);
        raw(stage.rig().peer(), stage.rig().host(), host);
    }

    private static void raw(NetworkNamespace from, NetworkNamespace to, String address) throws Exception {
        stage.watch().restart();
        String words = " " + address + " " + COUNT + " " + SIZE;
        try (Ways.Run receiver = stage.ways().start(to, "raw receive" + words)) {
            assertEquals("ready", receiver.next());
            try (Ways.Run sender = stage.ways().start(from, "raw send" + words)) {
                List<Moved> sent = sender.end();
                List<Moved> received = receiver.end();
                boolean isSentHere = from == stage.rig().host();
                stage.judge().assertExact("raw " + address, isSentHere ? sent : received, isSentHere ? received : sent);
            }
        }
    }

    /** Frames pass no socket of the network layer: their sender is named all the same. */
    @ParameterizedTest
    @CsvSource({"raw", "datagram"})
    void frames(String socket) throws Exception {
        stage.watch().restart();
        try (Ways.Run receiver = stage.ways().start(stage.rig().peer(),
                "raw receive " + Rig.PEER + " " + COUNT + " " + SIZE)) {
            assertEquals("ready", receiver.next());
            try (Ways.Run sender = stage.ways().start(stage.rig().host(), "frames net0 02:00:00:00:77:02 " + Rig.HOST
                    + " " + Rig.PEER + " " + COUNT + " " + SIZE + " " + socket)) {
                List<Moved> sent = sender.end();
                stage.judge().assertExact("frames " + socket, sent, receiver.end());
            }
        }
    }

    /** An error brings the datagram back that it is about; that is nothing that was received. */
    @ParameterizedTest
    @CsvSource({"10.77.0.2", "fd77::2"})
    void whatComesBackWithAnError(String address) throws Exception {
        stage.watch().restart();
        try (Ways.Run sender = stage.ways().start(stage.rig().host(), "errors " + address + " 9 20 " + SIZE)) {
            List<Moved> sent = sender.end();
            stage.watch().settle();
            stage.judge().assertPayload("errors", sent);
            stage.watch().assertCloses(Offload.NONE);
        }
    }

    /** Both processes get a copy of each packet; the device carried it once. */
    @Test
    void onePacketForTwo() throws Exception {
        stage.watch().restart();
        String words = " " + Rig.HOST + " " + COUNT + " " + SIZE;
        try (Ways.Run first = stage.ways().start(stage.rig().host(), "raw receive" + words);
                Ways.Run second = stage.ways().start(stage.rig().host(), "raw receive" + words)) {
            assertEquals("ready", first.next());
            assertEquals("ready", second.next());
            try (Ways.Run sender = stage.ways().start(stage.rig().peer(), "raw send" + words)) {
                List<Moved> sent = sender.end();
                List<Moved> received = new ArrayList<>(first.end());
                received.addAll(second.end());
                stage.judge().assertExact("one packet for two", received, sent);
            }
        }
    }
}
