package bwmon.proxy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import bwmon.proxy.meter.ConnectionEnd;
import bwmon.proxy.relay.Target;
import bwmon.traffic.Direction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

@Timeout(60)
@ParameterizedClass
@EnumSource
class UnixSocketsIT {
    private static final int BYTES = 3_000_000;

    @TempDir
    private Path folder = Path.of("");

    private final Way way;

    UnixSocketsIT(Way way) {
        this.way = way;
    }

    private TestPipe listening(Path socket, Target target) throws Exception {
        return TestPipe.open(way.runtime(),
                new PipeSpec(null, new PipeSpec.Listen.Unix(socket), TestPipe.options(target)));
    }

    /** Sends a pattern to an echo, half-closes, and checks what comes back. */
    private static void exchange(SocketChannel channel) throws IOException, InterruptedException {
        var pattern = new Pattern(9);
        Thread writer = Thread.ofVirtual().start(() -> {
            byte[] bytes = new byte[BYTES];
            pattern.fill(bytes, BYTES, 0);
            try {
                ByteBuffer buffer = ByteBuffer.wrap(bytes);
                while (buffer.hasRemaining()) {
                    channel.write(buffer);
                }
                channel.shutdownOutput();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        byte[] answer = new byte[BYTES + 1];
        ByteBuffer buffer = ByteBuffer.wrap(answer);
        while (channel.read(buffer) >= 0) {
            // Until the end.
        }
        writer.join();
        assertEquals(BYTES, buffer.position());
        assertEquals(-1, pattern.mismatch(answer, BYTES, 0));
    }

    private static SocketChannel connect(Path socket) throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(socket));
    }

    /** An echo on a UNIX socket. */
    private static ServerSocketChannel echo(Path socket, int backlog) throws IOException {
        ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        listener.bind(UnixDomainSocketAddress.of(socket), backlog);
        return listener;
    }

    private static void serve(ServerSocketChannel listener, int connections) {
        Thread.ofVirtual().start(() -> {
            try {
                for (int i = 0; i < connections; i++) {
                    SocketChannel channel = listener.accept();
                    Thread.ofVirtual().start(() -> serve(channel));
                }
            } catch (ClosedChannelException e) {
                // The test is over.
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private static void serve(SocketChannel channel) {
        try (channel) {
            ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
            while (channel.read(buffer) >= 0) {
                buffer.flip();
                while (buffer.hasRemaining()) {
                    channel.write(buffer);
                }
                buffer.clear();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void listensOnOneAndRemovesItAtTheEnd() throws Exception {
        Path socket = folder.resolve("in.sock");
        try (var upstream = Upstream.echo()) {
            try (var pipe = listening(socket, upstream.target()); SocketChannel client = connect(socket)) {
                exchange(client);
                assertEquals("unix", pipe.ended().client());
                assertEquals(BYTES, pipe.meter().forwarded(Direction.TX));
                assertEquals(BYTES, pipe.meter().forwarded(Direction.RX));
                assertEquals(BYTES, pipe.collect().payload(Direction.TX).orElseThrow());
            }
            assertFalse(Files.exists(socket));
        }
    }

    @Test
    void leadsToOne() throws Exception {
        Path socket = folder.resolve("out.sock");
        try (ServerSocketChannel listener = echo(socket, 5); var pipe = TestPipe.to(way, new Target.Unix(socket))) {
            serve(listener, 1);
            try (SocketChannel client = SocketChannel.open(pipe.connectAddress())) {
                exchange(client);
            }
            assertEquals("unix:" + socket, pipe.ended().upstream());
        }
    }

    @Test
    void leadsFromOneToTheOther() throws Exception {
        Path in = folder.resolve("in.sock");
        Path out = folder.resolve("out.sock");
        try (ServerSocketChannel listener = echo(out, 5); var pipe = listening(in, new Target.Unix(out))) {
            serve(listener, 1);
            try (SocketChannel client = connect(in)) {
                exchange(client);
            }
            assertEquals(ConnectionEnd.CLOSED, pipe.ended().end());
        }
    }

    @Test
    void waitsForRoomInTheQueueOfABusyServer() throws Exception {
        Path socket = folder.resolve("busy.sock");
        try (ServerSocketChannel listener = echo(socket, 1); var pipe = TestPipe.to(way, new Target.Unix(socket))) {
            var clients = new ArrayList<Socket>();
            for (int i = 0; i < 20; i++) {
                clients.add(pipe.connect());
                clients.getLast().getOutputStream().write(i);
            }
            serve(listener, 20);
            for (int i = 0; i < 20; i++) {
                assertEquals(i, clients.get(i).getInputStream().read());
                clients.get(i).close();
            }
            assertEquals(0, pipe.meter().connectFailures());
        }
    }

    @Test
    void takesThePlaceOfASocketThatNobodyAnswers() throws Exception {
        Path socket = folder.resolve("stale.sock");
        echo(socket, 5).close();
        assertTrue(Files.exists(socket), "the JDK leaves the file behind, as a killed program does");
        try (var upstream = Upstream.echo();
                var pipe = listening(socket, upstream.target());
                SocketChannel client = connect(socket)) {
            exchange(client);
            assertEquals(1, pipe.meter().opened());
        }
    }

    @Test
    void leavesASocketThatIsAnsweredAlone() throws Exception {
        Path socket = folder.resolve("taken.sock");
        try (ServerSocketChannel listener = echo(socket, 1)) {
            for (String queue : List.of("empty", "full")) {
                RunPipeProcess runpipe = RunPipeProcess.start(folder, "unix:" + socket, "127.0.0.1:9");
                assertEquals(1, runpipe.exitCode());
                assertTrue(runpipe.err().contains("cannot listen on unix:" + socket
                        + ": address already in use; another program answers there"), runpipe::errText);
                if (queue.equals("empty")) {
                    // What runpipe's own attempt has left in the queue of 1 and this fill it.
                    connect(socket).close();
                }
            }
            serve(listener, 5);
            try (SocketChannel client = connect(socket)) {
                exchange(client);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"directory", "file", "fifo", "link", "link to nothing"})
    void leavesWhatIsNoSocketAlone(String kind) throws Exception {
        Path path = folder.resolve("path");
        switch (kind) {
            case "directory" -> Files.createDirectory(path);
            case "file" -> Files.writeString(path, "precious");
            case "fifo" -> assertEquals(0, new ProcessBuilder("mkfifo", path.toString()).start().waitFor());
            case "link" -> Files.createSymbolicLink(path, Files.writeString(folder.resolve("target"), "precious"));
            default -> Files.createSymbolicLink(path, folder.resolve("nothing"));
        }
        RunPipeProcess runpipe = RunPipeProcess.start(folder, "unix:" + path, "127.0.0.1:9");
        assertEquals(2, runpipe.exitCode());
        String noun = kind.equals("directory") ? "directory" : "file";
        assertEquals(List.of("runpipe: pipe-unix:" + path + ":127.0.0.1:9: cannot listen on unix:" + path + ": it is a "
                + noun + ", expected the name of a socket to be made"), runpipe.err().lines().toList());
        assertTrue(Files.exists(path, LinkOption.NOFOLLOW_LINKS));
        assertFalse(Files.exists(folder.resolve("nothing")));
    }
}
