package bwmon.monitor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;
import bwmon.traffic.Owner;
import bwmon.traffic.Report;
import bwmon.traffic.Ticker;
import bwmon.traffic.Usage;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Real transfers of known size between processes of known number, counted by the running kernel. */
@Timeout(120)
class SockDiagMonitorIT {
    private static final ByteCounts NOTHING = ByteCounts.ofPayload(0, 0);

    @TempDir
    private Path folder = Path.of("");
    private Monitor source = open();
    /** What was reported so far of connections to the server's port, by who it was charged to. */
    private final Map<String, ByteCounts> charged = new HashMap<>();

    private static Monitor open() {
        try {
            return Monitors.open(MonitorOptions.of(Ticker.SYSTEM).with(MonitorOptions.Kind.SOCK_DIAG));
        } catch (Exception e) {
            throw new AssertionError("sock_diag is needed", e);
        }
    }

    @BeforeEach
    void noticesAreNeeded() {
        Assumptions.assumeTrue(source.notices().stream().noneMatch(notice -> notice.contains("CAP_NET_ADMIN")),
                "this kernel does not tell of the ends of sockets without CAP_NET_ADMIN");
    }

    @AfterEach
    void close() {
        source.close();
    }

    private Report collect(int port) throws IOException {
        Report report = source.collect();
        for (Usage usage : report.usages()) {
            if (usage.flow() != null
                    && (usage.flow().local().port() == port || usage.flow().remote().port() == port)) {
                String owner = usage.owner() instanceof Owner.Process process
                        ? Integer.toString(process.id().pid())
                        : usage.owner().name();
                String side = usage.flow().local().port() == port ? "server " : "client ";
                ByteCounts moved = payloadOf(usage);
                if (!moved.isNothing()) {
                    charged.merge(side + owner, moved, ByteCounts::plus);
                }
            }
        }
        assertEquals(0, report.lostEvents());
        return report;
    }

    private static ByteCounts payloadOf(Usage usage) {
        return payload(usage.counts().payload(Direction.RX).orElseThrow(),
                usage.counts().payload(Direction.TX).orElseThrow());
    }

    /** Notices come some time after the sockets' end, by a work queue of the kernel. */
    private void awaitCharged(int port, Map<String, ByteCounts> expected) {
        Awaitility.await().untilAsserted(() -> {
            collect(port);
            assertEquals(expected, charged);
        });
    }

    private static ByteCounts payload(long rx, long tx) {
        return ByteCounts.ofPayload(rx, tx);
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1", "::ffff:127.0.0.1"})
    void aLongConnectionIsExactOnBothSidesAtEveryLook(String address) throws Exception {
        try (Peer server = Peer.start(folder); Peer client = Peer.start(folder)) {
            int port = server.number("listen " + (address.startsWith("::f") ? "127.0.0.1" : address));
            client.ask("connect " + address + " " + port);
            server.ask("accept");
            for (int round = 1; round <= 5; round++) {
                client.tell("send 1000003");
                server.ask("receive 1000003");
                client.answer();
                server.tell("send 70001");
                client.ask("receive 70001");
                server.answer();
                collect(port);
                assertEquals(Map.of("client " + client.pid(), payload(70_001L * round, 1_000_003L * round),
                        "server " + server.pid(), payload(1_000_003L * round, 70_001L * round)), charged);
            }
            assertEquals(Map.of("client", payload(350_005, 5_000_015), "server", payload(5_000_015, 350_005)),
                    ss(port), "ss(8) says the same");
            client.ask("close");
            server.ask("eof");
            server.ask("close");
            awaitCharged(port, Map.copyOf(charged));
        }
    }

    private static final Pattern SS = Pattern
            .compile("\\S+:(\\d+) +\\S+:\\d+ .*?bytes_sent:(\\d+).*bytes_received:(\\d+)");

    private static Map<String, ByteCounts> ss(int port) throws IOException {
        var sides = new HashMap<String, ByteCounts>();
        for (String line : run("ss", "-tinOH", "sport = " + port + " or dport = " + port).split("\n", -1)) {
            var matcher = SS.matcher(line);
            if (matcher.find()) {
                assertTrue(!line.contains("bytes_retrans"), line);
                sides.put(Integer.parseInt(matcher.group(1)) == port ? "server" : "client",
                        payload(Long.parseLong(matcher.group(3)), Long.parseLong(matcher.group(2))));
            }
        }
        return sides;
    }

    private static String run(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    /** Who closes first, and how, decides whether the kernel counts a FIN as a byte. */
    @ParameterizedTest
    @CsvSource({"client, close, eof, close", "server, close, eof, close", "client, close, close, ''",
            "server, close, close, ''"})
    void connectionsShorterThanAnIntervalAreExact(String first, String closing, String answer, String last)
            throws Exception {
        int count = 10;
        int port;
        try (Peer server = Peer.start(folder)) {
            port = server.number("listen 127.0.0.1");
            source.collect();
            for (int i = 1; i <= count; i++) {
                try (Peer client = Peer.start(folder)) {
                    client.ask("connect 127.0.0.1 " + port);
                    server.ask("accept");
                    client.ask("send " + 100 * i);
                    server.ask("receive " + 100 * i);
                    server.ask("send " + i);
                    client.ask("receive " + i);
                    Peer begins = first.equals("client") ? client : server;
                    Peer follows = first.equals("client") ? server : client;
                    begins.ask(closing);
                    follows.ask(answer);
                    if (!last.isEmpty()) {
                        follows.ask(last);
                    }
                }
            }
            long sum = count * (count + 1L) / 2;
            var expected = Map.of("client exited", payload(sum, 100 * sum), "server " + server.pid(),
                    payload(100 * sum, sum));
            awaitCharged(port, expected);
        }
        collect(port);
        assertEquals(2, charged.size(), "nothing more came");
    }

    @Test
    void theOwnerIsRememberedBeyondItsEnd() throws Exception {
        try (Peer server = Peer.start(folder)) {
            int port = server.number("listen 127.0.0.1");
            int pid;
            try (Peer client = Peer.start(folder)) {
                pid = client.pid();
                client.ask("connect 127.0.0.1 " + port);
                server.ask("accept");
                client.ask("send 10");
                collect(port);
                client.ask("send 7");
            }
            server.ask("receive 17");
            server.ask("eof");
            server.ask("close");
            awaitCharged(port, Map.of("client " + pid, payload(0, 17), "server " + server.pid(), payload(17, 0)));
        }
    }

    @Test
    void aConnectionHandedToAChildIsTheChilds() throws Exception {
        try (Peer server = Peer.start(folder); Peer client = Peer.start(folder)) {
            int port = server.number("listen 127.0.0.1");
            client.ask("connect 127.0.0.1 " + port);
            server.ask("accept");
            client.ask("send 5");
            server.ask("receive 5");
            collect(port);
            int child = server.number("child");
            client.ask("send 1000");
            server.ask("receive 1000");
            collect(port);
            assertEquals(Map.of("client " + client.pid(), payload(0, 1005), "server " + server.pid(), payload(5, 0),
                    "server " + child, payload(1000, 0)), charged);
        }
    }

    @Test
    void whatWasBeforeIsToldApart() throws Exception {
        try (Peer server = Peer.start(folder); Peer client = Peer.start(folder)) {
            int port = server.number("listen 127.0.0.1");
            client.ask("connect 127.0.0.1 " + port);
            server.ask("accept");
            client.ask("send 5000");
            server.ask("receive 5000");
            source.close();
            source = open();
            collect(port);
            assertEquals(Map.of(), charged);
            Usage before = source.before().stream().filter(usage -> usage.flow() != null
                    && usage.flow().remote().port() == port).findAny().orElseThrow();
            assertEquals(payload(0, 5000), payloadOf(before));
            assertEquals(client.pid(), before.owner() instanceof Owner.Process process ? process.id().pid() : 0);
            client.ask("send 1");
            server.ask("receive 1");
            collect(port);
            assertEquals(Map.of("client " + client.pid(), payload(0, 1), "server " + server.pid(), payload(1, 0)),
                    charged);
        }
    }

    @Test
    void betweenNamespacesWithDropsInTheOwnQueueEachByteCountsOnce() throws Exception {
        String name = "bwm" + ProcessHandle.current().pid() % 1_000_000;
        String network = "198.18." + ProcessHandle.current().pid() % 256;
        String made = run("ip", "netns", "add", name);
        Assumptions.assumeTrue(made.isEmpty(), "network namespaces cannot be made: " + made);
        try {
            for (String command : List.of("ip link add " + name + "a type veth peer name " + name + "b netns " + name,
                    "ip addr add " + network + ".1/24 dev " + name + "a", "ip link set " + name + "a up",
                    "ip -n " + name + " addr add " + network + ".2/24 dev " + name + "b",
                    "ip -n " + name + " link set " + name + "b up",
                    "tc qdisc add dev " + name + "a root tbf rate 200mbit burst 16kb limit 20kb")) {
                assertEquals("", run(command.split(" ", -1)), command);
            }
            try (Peer server = Peer.start(folder, "ip", "netns", "exec", name); Peer client = Peer.start(folder)) {
                int port = server.number("listen " + network + ".2");
                client.ask("connect " + network + ".2 " + port);
                server.ask("accept");
                client.tell("send 10000000");
                server.tell("receive 10000000");
                collect(port);
                assertEquals("done", client.answer());
                assertEquals("done", server.answer());
                server.ask("send 12345");
                client.ask("receive 12345");
                Report last = collect(port);
                assertTrue(Pattern.compile("dropped [1-9]").matcher(run("tc", "-s", "qdisc", "show", "dev", name + "a"))
                        .find(), "the queue dropped packets");
                assertEquals(Map.of("client " + client.pid(), payload(12_345, 10_000_000)), charged,
                        "the other side is in another namespace");
                assertTrue(last.interfaces().getOrDefault(name + "a", NOTHING).bytes(Direction.TX).orElse(0) > 0);
            }
        } finally {
            run("ip", "link", "del", name + "a");
            run("ip", "netns", "del", name);
        }
    }
}
