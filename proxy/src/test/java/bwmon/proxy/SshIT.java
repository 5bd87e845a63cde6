package bwmon.proxy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

import com.typesafe.config.Config;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** ssh through a pipe: it checks every byte itself, and ends the session at the first that is wrong. */
@Timeout(120)
class SshIT {
    private static final int BYTES = 100_000_007;

    @TempDir
    private Path folder = Path.of("");

    private final int port = RunPipeProcess.freePort();
    private final int target = RunPipeProcess.freePort();

    @BeforeEach
    void makeKeys() throws Exception {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        for (String key : List.of("host", "user")) {
            Server.run(folder, Server.program("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f",
                    folder.resolve(key).toString());
        }
        Files.copy(folder.resolve("user.pub"), folder.resolve("authorized"));
    }

    private Server sshd() throws IOException {
        String sshd = Server.program("sshd");
        Path config = Files.writeString(folder.resolve("sshd_config"), """
                Port %2$d
                ListenAddress 127.0.0.1
                HostKey %1$s/host
                AuthorizedKeysFile %1$s/authorized
                PidFile %1$s/sshd.pid
                PasswordAuthentication no
                KbdInteractiveAuthentication no
                UsePAM no
                StrictModes no
                PermitRootLogin prohibit-password
                Subsystem sftp internal-sftp
                """.formatted(folder, target));
        if (Files.isDirectory(Path.of("/run")) && Files.isWritable(Path.of("/run"))) {
            // Where sshd locks itself up before somebody has logged in; the package's service makes it at its start.
            Files.createDirectories(Path.of("/run/sshd"));
        }
        assumeTrue(Files.isDirectory(Path.of("/run/sshd")), "sshd needs /run/sshd");
        return Server.start(folder, target, List.of(sshd, "-D", "-e", "-f", config.toString()));
    }

    private String[] client(String program, String portOption, String... arguments) throws IOException {
        Files.writeString(folder.resolve("known"),
                "[127.0.0.1]:" + port + " " + Files.readString(folder.resolve("host.pub")));
        var command = new ArrayList<>(List.of(Server.program(program), "-F", "/dev/null", "-i",
                folder.resolve("user").toString(), "-o", "UserKnownHostsFile=" + folder.resolve("known"), "-o",
                "BatchMode=yes", "-o", "IdentitiesOnly=yes", portOption, Integer.toString(port)));
        command.addAll(List.of(arguments));
        return command.toArray(String[]::new);
    }

    private RunPipeProcess pipe() throws IOException {
        return RunPipeProcess.start(folder, "--json", Integer.toString(port), "127.0.0.1", Integer.toString(target))
                .awaitListening();
    }

    private Path content() throws IOException {
        byte[] bytes = new byte[BYTES];
        new Pattern(12).fill(bytes, BYTES, 0);
        return Files.write(folder.resolve("content"), bytes);
    }

    @Test
    void copiesBothWays() throws Exception {
        Path content = content();
        try (var sshd = sshd(); var runpipe = pipe()) {
            Server.run(folder, client("scp", "-P", content.toString(), "127.0.0.1:" + folder.resolve("up")));
            assertEquals(-1, Files.mismatch(content, folder.resolve("up")), sshd::toString);
            Server.run(folder, client("scp", "-P", "127.0.0.1:" + content, folder.resolve("down").toString()));
            assertEquals(-1, Files.mismatch(content, folder.resolve("down")));

            Process cat = new ProcessBuilder(client("ssh", "-p", "127.0.0.1", "cat > " + folder.resolve("cat")))
                    .redirectInput(content.toFile()).start();
            assertEquals(0, cat.waitFor());
            assertEquals(-1, Files.mismatch(content, folder.resolve("cat")));

            Config totals = runpipe.totals();
            assertTrue(totals.getLong("tx_payload_bytes_total") > 2L * BYTES);
            assertTrue(totals.getLong("rx_payload_bytes_total") > BYTES);
            assertEquals(3, totals.getLong("opened_total"));
            assertEquals(totals.getLong("client_read_bytes_total"), totals.getLong("tx_payload_bytes_total"));
        }
    }

    @Test
    void answersInASessionComeOneByOne() throws Exception {
        try (var sshd = sshd(); var runpipe = pipe()) {
            Process session = new ProcessBuilder(client("ssh", "-p", "127.0.0.1", "cat"))
                    .redirectErrorStream(true).start();
            try (Writer in = session.outputWriter(); BufferedReader out = session.inputReader()) {
                for (int i = 0; i < 1000; i++) {
                    in.write("line " + i + "\n");
                    in.flush();
                    assertEquals("line " + i, out.readLine(), sshd::toString);
                }
            }
            assertEquals(0, session.waitFor());
            assertEquals(1, runpipe.totals().getLong("ended_total.closed"));
        }
    }
}
