package bwmon.proxy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

/** {@code --send-proxy} as the protocol's own authors read it, and as it is on the wire. */
@Timeout(60)
class HAProxyIT {
    @TempDir
    private Path folder = Path.of("");

    private RunPipeProcess pipe(String version, String bind, int port, int target) throws IOException {
        return RunPipeProcess.start(folder, "--json", "--send-proxy=" + version, "--bind=" + bind,
                Integer.toString(port), "127.0.0.1", Integer.toString(target)).awaitListening();
    }

    @ParameterizedTest
    @CsvSource({"v1, 127.0.0.1", "v2, 127.0.0.1", "v1, ::1", "v2, ::1"})
    void haproxyKnowsTheClient(String version, String address) throws Exception {
        String haproxy = Server.program("haproxy");
        int front = RunPipeProcess.freePort();
        Path config = Files.writeString(folder.resolve("haproxy.cfg"),
                """
                        defaults
                          mode http
                          timeout connect 5s
                          timeout client 20s
                          timeout server 20s
                        frontend told
                          bind 127.0.0.1:%d accept-proxy
                          http-request return status 200 content-type text/plain lf-string "%%[src] %%[src_port] %%[dst] %%[dst_port]"
                        """
                        .formatted(front));
        int port = RunPipeProcess.freePort();
        try (var server = Server.start(folder, front, List.of(haproxy, "-db", "-f", config.toString()));
                var runpipe = pipe(version, address, port, front)) {
            for (int i = 0; i < 3; i++) {
                try (var client = new Socket()) {
                    client.connect(new InetSocketAddress(InetAddress.ofLiteral(address), port));
                    byte[] request = "GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
                    client.getOutputStream().write(request);
                    String answer = new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
                    assertEquals(address + " " + client.getLocalPort() + " " + address + " " + port,
                            answer.substring(answer.indexOf("\r\n\r\n") + 4), server::toString);
                }
            }
            assertEquals(3 * 18, runpipe.totals().getLong("tx_payload_bytes_total"), "the header is not the client's");
        }
    }

    /** What an upstream gets before anything else. */
    private static Upstream noting(BlockingQueue<byte[]> got, int length) {
        return Upstream.on127(socket -> got.add(socket.getInputStream().readNBytes(length)));
    }

    private static byte[] next(BlockingQueue<byte[]> got) throws InterruptedException {
        byte[] bytes = got.poll(20, TimeUnit.SECONDS);
        if (bytes == null) {
            throw new AssertionError("nothing came");
        }
        return bytes;
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.1, TCP4", "::1, TCP6"})
    void version1OnTheWire(String address, String family) throws Exception {
        var got = new LinkedBlockingQueue<byte[]>();
        int port = RunPipeProcess.freePort();
        try (var client = new Socket()) {
            // The length is known only with the client's port: all ports here have five digits.
            String form = "PROXY " + family + " " + address + " " + address + " %5d " + port + "\r\nhello";
            try (var upstream = noting(got, form.formatted(10_000).length());
                    var runpipe = pipe("v1", address, port, upstream.port())) {
                client.connect(new InetSocketAddress(InetAddress.ofLiteral(address), port));
                client.getOutputStream().write("hello".getBytes(StandardCharsets.US_ASCII));
                assertEquals(form.formatted(client.getLocalPort()), new String(next(got), StandardCharsets.US_ASCII));
                client.shutdownOutput();
                assertEquals(5, runpipe.totals().getLong("tx_payload_bytes_total"));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.1, 11, 000c", "::1, 21, 0024"})
    void version2OnTheWire(String address, String family, String length) throws Exception {
        var got = new LinkedBlockingQueue<byte[]>();
        int port = RunPipeProcess.freePort();
        byte[] ip = InetAddress.ofLiteral(address).getAddress();
        try (var upstream = noting(got, 16 + 2 * ip.length + 4 + 1);
                var runpipe = pipe("v2", address, port, upstream.port());
                var client = new Socket()) {
            client.connect(new InetSocketAddress(InetAddress.ofLiteral(address), port));
            client.getOutputStream().write(0x55);
            byte[] expected = ByteBuffer.allocate(16 + 2 * ip.length + 4 + 1)
                    .put(HexFormat.of().parseHex("0d0a0d0a000d0a515549540a21" + family + length)).put(ip).put(ip)
                    .putShort((short) client.getLocalPort()).putShort((short) port).put((byte) 0x55).array();
            assertArrayEquals(expected, next(got));
            client.shutdownOutput();
            assertEquals(1, runpipe.totals().getLong("tx_payload_bytes_total"));
        }
    }

    @Test
    void aClientOnAUnixSocketIsUnknown() throws Exception {
        Path socket = folder.resolve("in.sock");
        var got = new LinkedBlockingQueue<byte[]>();
        try (var upstream = noting(got, 15 + 2);
                var runpipe = RunPipeProcess.start(folder, "--json", "--send-proxy=v1", "unix:" + socket, "127.0.0.1",
                        Integer.toString(upstream.port())).awaitListening();
                var client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            client.connect(UnixDomainSocketAddress.of(socket));
            client.write(ByteBuffer.wrap(new byte[]{'h', 'i'}));
            assertEquals("PROXY UNKNOWN\r\nhi", new String(next(got), StandardCharsets.US_ASCII));
            client.shutdownOutput();
            assertEquals(2, runpipe.totals().getLong("tx_payload_bytes_total"));
        }
    }
}
