package bwmon.proxy;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.function.Supplier;

import bwmon.cli.ProgramException;
import bwmon.cli.ProgramException.Kind;
import bwmon.cli.Settings;
import bwmon.proxy.PipeSpec.Listen;
import bwmon.proxy.relay.PipeOptions;
import bwmon.proxy.relay.ProxyProtocol;
import bwmon.proxy.relay.Target;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class PipeSpecTest {
    private static final Listen PORT_80 = new Listen.Tcp(null, 80);

    @TempDir
    private Path folder = Path.of("");

    private static String refusal(Supplier<?> parser) {
        return String.valueOf(assertThrows(IllegalArgumentException.class, parser::get).getMessage());
    }

    @Test
    void listensOnPortsAndUnixSockets() throws Exception {
        InetAddress all = InetAddress.getByName("0.0.0.0");
        assertEquals(new Listen.Tcp(null, 1), Listen.parse("1", null));
        assertEquals(new Listen.Tcp(all, 65535), Listen.parse("65535", all));
        assertEquals(new Listen.Unix(Path.of("/run/x.sock")), Listen.parse("unix:/run/x.sock", null));
        assertEquals(new Listen.Unix(Path.of("x.sock")), Listen.parse("unix:x.sock", null));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "65536", "-1", "", "http", "80.0", "8 0", "99999999999", "0x50", "/run/x.sock",
            "UNIX:/x"})
    void refusesWhatIsNoPort(String text) {
        assertEquals("'" + text + "' is no port: expected a number from 1 to 65535 or unix:/path",
                refusal(() -> Listen.parse(text, null)));
    }

    @Test
    void boundsUnixPaths() {
        String longest = "unix:/" + "a".repeat(98);
        assertEquals(longest, Listen.parse(longest, null).toString());
        for (String text : List.of("unix:", longest + "a", "unix:/" + "ä".repeat(50))) {
            assertEquals("'" + text + "': the path of a UNIX socket has 1 to 99 bytes",
                    refusal(() -> Listen.parse(text, null)));
            assertEquals("'" + text + "': the path of a UNIX socket has 1 to 99 bytes",
                    refusal(() -> PipeSpec.target(text, PORT_80)));
        }
    }

    @Test
    void aUnixPathCannotHoldAZero() {
        assertThrows(IllegalArgumentException.class, () -> Listen.parse("unix:/a\0b", null));
    }

    @Test
    void aUnixSocketHasNoAddressToBind() {
        InetAddress loopback = PipeSpec.bindAddress("127.0.0.1");
        assertEquals("'unix:/x' cannot be bound to an address: leave out bind",
                refusal(() -> Listen.parse("unix:/x", loopback)));
    }

    @ParameterizedTest
    @CsvSource({"example.org, example.org, 80", "example.org:22, example.org, 22", "192.0.2.1, 192.0.2.1, 80",
            "192.0.2.1:8080, 192.0.2.1, 8080", "::1, ::1, 80", "[::1], ::1, 80", "[::1]:8080, ::1, 8080",
            "2001:db8::1, 2001:db8::1, 80", "[2001:db8::1]:65535, 2001:db8::1, 65535", "localhost:1, localhost, 1"})
    void readsTargets(String text, String host, int port) {
        assertEquals(new Target.Tcp(host, port), PipeSpec.target(text, PORT_80));
    }

    @Test
    void targetsMayBeUnixSockets() {
        assertEquals(new Target.Unix(Path.of("/run/db.sock")), PipeSpec.target("unix:/run/db.sock", PORT_80));
    }

    @ParameterizedTest
    @ValueSource(strings = {"host:", "host:0", "host:65536", "host:http", "host:-1", "[::1]:", "[::1]:0", "[::1]8080",
            "[::1:80", "[::1", "::1]:80", "", " ", ":80", "[]", "[]:80", "ho st", "host:8 0", "a/b", "http://host/",
            "a:b:80",
            "ho\tst", "ho\nst:80", "[host:80", "[::1]x:80"})
    void refusesOtherTargets(String text) {
        String message = refusal(() -> PipeSpec.target(text, PORT_80));
        assertTrue(message.startsWith("'"), message);
        assertTrue(message.contains(": expected "), message);
    }

    @Test
    void saysWhatIsWrongWithATarget() {
        assertEquals("'65536' is no port: expected a number from 1 to 65535 or unix:/path",
                refusal(() -> PipeSpec.target("host:65536", PORT_80)));
        assertEquals("'host' has no port: expected HOST:PORT",
                refusal(() -> PipeSpec.target("host", new Listen.Unix(Path.of("/x")))));
        assertEquals("'ho st' is no host: expected a name or an IP address",
                refusal(() -> PipeSpec.target("ho st", PORT_80)));
    }

    @Test
    void neverFailsOtherwiseWhateverTheTextIs() {
        long seed = 20261121;
        var random = new SplittableRandom(seed);
        String alphabet = "[]:.%/0123456789abcf x-u\0ä";
        for (int i = 0; i < 100_000; i++) {
            String text = random.ints(random.nextInt(12), 0, alphabet.length())
                    .mapToObj(at -> alphabet.substring(at, at + 1)).reduce("", String::concat);
            try {
                if (PipeSpec.target(text, PORT_80) instanceof Target.Tcp(var host, var port)) {
                    assertTrue(port >= 1 && port <= 65535 && !host.isEmpty() && text.contains(host),
                            () -> "seed " + seed + ": '" + text + "' gave " + host + ", " + port);
                }
            } catch (IllegalArgumentException e) {
                assertTrue(e.getMessage() != null, () -> "seed " + seed + ": '" + text + "'");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "::", "127.0.0.1", "::1", "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"})
    void bindsToAddresses(String text) throws IOException {
        assertEquals(InetAddress.getByName(text), PipeSpec.bindAddress(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "", "*", "256.0.0.1", "1.2.3", "eth0", "127.0.0.1:80", ":::"})
    void refusesToBindToAnythingElse(String text) {
        assertEquals("'" + text + "' is no IP address: expected one of this host's, or 0.0.0.0 or :: for all",
                refusal(() -> PipeSpec.bindAddress(text)));
    }

    @Test
    void namesItselfAsBwmon1Did() {
        var tcp = new PipeSpec(null, new Listen.Tcp(null, 2222), options(new Target.Tcp("example.org", 22)));
        assertEquals("pipe-2222:example.org:22", tcp.owner().command());
        assertEquals("pipe-2222:example.org:22", tcp.owner().name());
        var v6 = new PipeSpec("ssh", new Listen.Tcp(null, 2222), options(new Target.Tcp("2001:db8::1", 22)));
        assertEquals("pipe-2222:[2001:db8::1]:22", v6.owner().command());
        assertEquals("ssh", v6.owner().name());
    }

    private static PipeOptions options(Target target) {
        return new PipeOptions(target, 1, Duration.ofSeconds(1), Duration.ZERO, OptionalLong.empty(),
                ProxyProtocol.NONE);
    }

    private List<PipeSpec> read(String text) throws IOException, ProgramException {
        return PipeSpec.readAll(Settings.load(Files.writeString(folder.resolve("pipes.conf"), text)));
    }

    @Test
    void readsAConfiguration() throws Exception {
        List<PipeSpec> specs = read("""
                pipes {
                  web { listen = 8080, to = "[::1]:80", bind = "0.0.0.0", limit = 10MB/s, max-connections = 5
                        connect-timeout = 500ms, idle-timeout = 5m, send-proxy = v2 }
                  "a b" { listen = "unix:/run/x.sock", to = "db:5432" }
                }
                """);
        assertEquals(List.of(
                new PipeSpec("web", new Listen.Tcp(InetAddress.getByName("0.0.0.0"), 8080),
                        new PipeOptions(new Target.Tcp("::1", 80), 5, Duration.ofMillis(500), Duration.ofMinutes(5),
                                OptionalLong.of(10_000_000), ProxyProtocol.V2)),
                new PipeSpec("a b", new Listen.Unix(Path.of("/run/x.sock")),
                        new PipeOptions(new Target.Tcp("db", 5432), PipeSpec.DEFAULT_MAX_CONNECTIONS,
                                PipeSpec.DEFAULT_CONNECT_TIMEOUT, Duration.ZERO, OptionalLong.empty(),
                                ProxyProtocol.NONE))),
                specs);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "listen = 0, to = \"h:1\" | :3: pipes.web.listen: '0' is no port",
            "listen = 80 | web.to: ", "to = \"h:1\" | web.listen: ",
            "listen = 80, to = \"h:x\" | :3: pipes.web.to: 'x' is no port",
            "listen = \"unix:/x\", to = h | :3: pipes.web.to: 'h' has no port: expected HOST:PORT",
            "listen = \"unix:/x\", to = \"h:1\", bind = \"::\" | :3: pipes.web.listen: 'unix:/x' cannot be bound",
            "listen = 80, to = \"h:1\", bind = eth0 | :3: pipes.web.bind: 'eth0' is no IP address",
            "listen = 80, to = \"h:1\", limit = 0B/s | :3: pipes.web.limit: ",
            "listen = 80, to = \"h:1\", limit = 10 | :3: pipes.web.limit: ",
            "listen = 80, to = \"h:1\", max-connections = 0 | :3: pipes.web.max-connections: ",
            "listen = 80, to = \"h:1\", connect-timeout = 0 | :3: pipes.web.connect-timeout: has to be longer than 0",
            "listen = 80, to = \"h:1\", idle-timeout = -1 | :3: pipes.web.idle-timeout: ",
            "listen = 80, to = \"h:1\", idle-timeout = soon | :3: pipes.web.idle-timeout: ",
            "listen = 80, to = \"h:1\", send-proxy = v3 | :3: pipes.web.send-proxy: 'v3' is no version",
            "listen = 80, to = \"h:1\", limt = 10MB/s | :3: pipes.web.limt: is not known here",
            "listen = [80], to = \"h:1\" | :3: pipes.web.listen: "})
    void namesFileAndLineOfWhatIsWrong(String section, String expected) {
        var error = assertThrows(ProgramException.class, () -> read("pipes {\n  web {\n" + section + "\n  }\n}\n"));
        assertEquals(Kind.CONFIGURATION, error.kind());
        String message = String.valueOf(error.getMessage());
        assertTrue(message.startsWith(folder.resolve("pipes.conf") + ":"), message);
        assertTrue(message.contains(expected.strip()), message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "pipes {}", "pipe { web { listen = 1, to = \"h:1\" } }", "pipes = 3",
            "pipes { web = 3 }",
            "pipes { web {} }", "pipes { web {", "pipes { web { listen = 1, to = \"h:1\" } }\nother = 1"})
    void refusesAFileWithoutAPipeOrWithMore(String text) {
        var error = assertThrows(ProgramException.class, () -> read(text));
        assertEquals(Kind.CONFIGURATION, error.kind());
        String message = String.valueOf(error.getMessage());
        assertTrue(message.startsWith(folder.resolve("pipes.conf").toString()), message);
    }
}
