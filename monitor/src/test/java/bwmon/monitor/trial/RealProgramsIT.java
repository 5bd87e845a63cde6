package bwmon.monitor.trial;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import bwmon.monitor.MonitorOptions.Kind;
import bwmon.traffic.Direction;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Programs that people run, with the offload that devices have when nobody changes it; what they say of themselves is true. */
@Timeout(120)
class RealProgramsIT {
    private static final String IPERF = "/usr/bin/iperf3";
    private static final String CURL = "/usr/bin/curl";
    private static final String NGINX = "/usr/sbin/nginx";

    @TempDir
    private Path folder = Path.of("");

    private static Predicate<Charge> command(String start) {
        return charge -> charge.kind().equals("process") && charge.command().startsWith(start);
    }

    private static Process start(NetworkNamespace namespace, String... command) throws Exception {
        return new ProcessBuilder(namespace.inside(command)).redirectError(ProcessBuilder.Redirect.INHERIT)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    }

    private static void awaitListening(NetworkNamespace namespace, int port) {
        Awaitility.await().until(() -> !namespace.exec("ss", "-Hltn", "sport = " + port).isEmpty());
    }

    private static long number(String json, String pattern) {
        Matcher matcher = Pattern.compile(pattern, Pattern.DOTALL).matcher(json);
        assertTrue(matcher.find(), () -> pattern + " in " + json);
        return Long.parseLong(matcher.group(1));
    }

    @ParameterizedTest
    @EnumSource(value = Kind.class, names = {"CONNTRACK", "EBPF"})
    void iperf3(Kind kind) throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(Path.of(IPERF)), "iperf3 is not installed");
        try (Rig rig = Rig.open(Offload.BY_THE_DEVICE)) {
            Process server = start(rig.peer(), IPERF, "-s");
            try (Watch watch = Watch.open(rig.host(), kind, folder)) {
                awaitListening(rig.peer(), 5201);
                Path file = folder.resolve("iperf3.json");
                Process client = new ProcessBuilder(
                        rig.host().inside(IPERF, "-c", Rig.PEER, "-P", "4", "-t", "2", "-b", "200M", "-J"))
                        .redirectError(ProcessBuilder.Redirect.INHERIT).redirectOutput(file.toFile()).start();
                while (!client.waitFor(500, TimeUnit.MILLISECONDS)) {
                    watch.collect();
                }
                String json = Files.readString(file);
                // What it says it sent may still have been in its buffers when it gave up.
                long sent = number(json, "\"sum_sent\":\\s*\\{.*?\"bytes\":\\s*(\\d+)");
                long received = number(json, "\"sum_received\":\\s*\\{.*?\"bytes\":\\s*(\\d+)");
                watch.settle();
                Predicate<Charge> iperf = command("/usr/bin/iperf3 -c").or(command("iperf3 -c"));
                watch.figure(kind + " iperf3, 4 streams", iperf);
                long payload = watch.tally().payload(iperf, Direction.TX);
                assertTrue(payload >= received && payload < sent + 10_000,
                        () -> "payload " + payload + ", " + sent + " to " + received + " sent" + watch.tally());
                watch.assertCloses(Offload.BY_THE_DEVICE);
                watch.assertAllNamed();
            } finally {
                server.destroy();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(value = Kind.class, names = {"CONNTRACK", "EBPF"})
    void nginxAndCurl(Kind kind) throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(Path.of(NGINX)), "nginx is not installed");
        Assumptions.assumeTrue(Files.isExecutable(Path.of(CURL)), "curl is not installed");
        int size = 3_000_000;
        Files.write(folder.resolve("page"), new byte[size]);
        Path log = folder.resolve("access.log");
        Path conf = folder.resolve("nginx.conf");
        Files.writeString(conf, """
                daemon off; user root; worker_processes 2; pid %1$s/pid; error_log stderr error;
                events { worker_connections 100; }
                http { log_format sizes "$bytes_sent $request_length"; access_log %2$s sizes; sendfile on;
                  server { listen 80; location / { root %1$s; } } }
                """.formatted(folder, log));
        try (Rig rig = Rig.open(Offload.BY_THE_DEVICE)) {
            Process nginx = start(rig.host(), NGINX, "-c", conf.toString(), "-p", folder.toString());
            try (Watch watch = Watch.open(rig.host(), kind, folder)) {
                awaitListening(rig.host(), 80);
                for (int i = 0; i < 10; i++) {
                    String got = rig.peer().exec(CURL, "-s", "-o", "/dev/null", "-w", "%{size_download}",
                            "http://" + Rig.HOST + "/page");
                    assertEquals(Integer.toString(size), got.strip());
                }
                watch.settle();
                Predicate<Charge> server = command("nginx: ");
                watch.figure(kind + " nginx", server);
                long sent = 0;
                long received = 0;
                for (String line : Files.readAllLines(log, StandardCharsets.UTF_8)) {
                    sent += Long.parseLong(line.split(" ", -1)[0]);
                    received += Long.parseLong(line.split(" ", -1)[1]);
                }
                assertTrue(sent > 10L * size, "the log is whole");
                assertEquals(sent, watch.tally().payload(server, Direction.TX), watch.tally()::toString);
                assertEquals(received, watch.tally().payload(server, Direction.RX), watch.tally()::toString);
                watch.assertCloses(Offload.BY_THE_DEVICE);
                watch.assertAllNamed();
            } finally {
                nginx.destroy();
            }
        }
    }
}
