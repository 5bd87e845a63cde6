package bwmon.proxy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import com.typesafe.config.Config;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A web server, behind the pipe: its own count of bytes is the reference. */
@Timeout(120)
class NginxIT {
    private static final int FILE_BYTES = 200_000_003;

    @TempDir
    private Path folder = Path.of("");

    private final int port = RunPipeProcess.freePort();

    private Server nginx(int listen) throws IOException {
        String nginx = Server.program("nginx");
        Files.createDirectories(folder.resolve("www"));
        Path config = Files.writeString(folder.resolve("nginx.conf"), """
                daemon off;
                worker_processes 1;
                pid %1$s/nginx.pid;
                error_log %1$s/error.log;
                events { worker_connections 1000; }
                http {
                  log_format bytes '$bytes_sent $request_length $status';
                  access_log %1$s/bytes.log bytes;
                  client_body_temp_path %1$s/t1; proxy_temp_path %1$s/t2; fastcgi_temp_path %1$s/t3;
                  uwsgi_temp_path %1$s/t4; scgi_temp_path %1$s/t5;
                  keepalive_requests 1000000;
                  server { listen 127.0.0.1:%2$d; root %1$s/www; }
                }
                """.formatted(folder, listen));
        // As root it would serve as another user, who may not read the folder.
        return Server.start(folder, listen, List.of(nginx, "-c", config.toString(), "-g",
                Files.getAttribute(folder, "unix:uid").equals(0) ? "user root;" : "worker_priority 0;"));
    }

    private RunPipeProcess pipe(int target) throws IOException {
        return RunPipeProcess.start(folder, "--json", Integer.toString(port), "127.0.0.1", Integer.toString(target))
                .awaitListening();
    }

    /** What the server says it has sent (field 0) or got (field 1). */
    private long logged(int field) throws IOException {
        return Files.readAllLines(folder.resolve("bytes.log")).stream()
                .mapToLong(line -> Long.parseLong(line.split(" ", -1)[field])).sum();
    }

    @Test
    void aLargeFileArrivesWholeAndIsCountedAsTheServerCounts() throws Exception {
        int target = RunPipeProcess.freePort();
        var pattern = new Pattern(11);
        byte[] content = new byte[FILE_BYTES];
        pattern.fill(content, content.length, 0);
        Files.createDirectories(folder.resolve("www"));
        Files.write(folder.resolve("www/large"), content);
        String curl = Server.program("curl");
        try (var nginx = nginx(target); var runpipe = pipe(target)) {
            Path copy = folder.resolve("copy");
            Server.run(folder, curl, "-sS", "-o", copy.toString(), "http://127.0.0.1:" + port + "/large");
            assertEquals(-1, Files.mismatch(folder.resolve("www/large"), copy), nginx::toString);
            await().until(() -> logged(0) > FILE_BYTES);
            Config totals = runpipe.totals();
            assertEquals(logged(0), totals.getLong("rx_payload_bytes_total"));
            assertEquals(logged(1), totals.getLong("tx_payload_bytes_total"));
            assertEquals(1, totals.getLong("ended_total.closed"));
        }
    }

    @Test
    void manyRequestsGoThroughWithoutAnError() throws Exception {
        int target = RunPipeProcess.freePort();
        Files.createDirectories(folder.resolve("www"));
        Files.writeString(folder.resolve("www/small"), "x".repeat(1000));
        String wrk = Server.program("wrk");
        try (var nginx = nginx(target); var runpipe = pipe(target)) {
            String report = Server.run(folder, wrk, "-t1", "-c50", "-d4s", "http://127.0.0.1:" + port + "/small");
            assertFalse(report.contains("Socket errors") || report.contains("Non-2xx"), report + nginx);
            Config totals = runpipe.totals();
            // wrk leaves in the middle of answers at its end: what nginx says it sent and what was read may differ there.
            long most = logged(0);
            long got = totals.getLong("upstream_read_bytes_total");
            assertTrue(got <= most && got >= most - 50 * 1_300, () -> got + " of " + most);
            assertTrue(totals.getLong("opened_total") >= 50);
            assertEquals(0, totals.getLong("open"));
        }
    }

    @Test
    void aConnectionForEachRequest() throws Exception {
        int target = RunPipeProcess.freePort();
        Files.createDirectories(folder.resolve("www"));
        Files.writeString(folder.resolve("www/small"), "y".repeat(100));
        String curl = Server.program("curl");
        try (var nginx = nginx(target); var runpipe = pipe(target)) {
            for (int i = 0; i < 20; i++) {
                assertEquals("y".repeat(100), Server.run(folder, curl, "-sS", "http://127.0.0.1:" + port + "/small"));
            }
            await().until(() -> Files.readAllLines(folder.resolve("bytes.log")).size() == 20);
            Config totals = runpipe.totals();
            assertEquals(20, totals.getLong("ended_total.closed"), nginx::toString);
            assertEquals(logged(0), totals.getLong("rx_payload_bytes_total"));
            assertEquals(logged(1), totals.getLong("tx_payload_bytes_total"));
        }
    }
}
