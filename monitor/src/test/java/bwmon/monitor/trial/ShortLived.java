package bwmon.monitor.trial;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** The program shortlived.c: processes that live for a moment, and the server that they talk to. */
final class ShortLived {
    static final String PORT = "7001";

    private final Path program;

    /** Compiles it. */
    ShortLived(Path folder) throws IOException, InterruptedException {
        program = Resources.compile("shortlived", folder);
    }

    /** What one of the short-lived says of itself. */
    record Worker(int pid, int localPort, long sent, long received, long lifeMicros) {
        static Worker parse(String line) {
            String[] words = line.split(" ", -1);
            assertEquals("worker", words[0], line);
            return new Worker(Integer.parseInt(words[1]), Integer.parseInt(words[2]), Long.parseLong(words[3]),
                    Long.parseLong(words[4]), Long.parseLong(words[5]));
        }
    }

    /** Starts it with those words before and behind its name. */
    Process start(NetworkNamespace namespace, List<String> before, String... words) throws IOException {
        var command = new ArrayList<>(before);
        command.add(program.toString());
        command.addAll(List.of(words));
        return new ProcessBuilder(namespace.inside(command.toArray(String[]::new)))
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }

    /** A server that is ready; it ends when it is destroyed. */
    Process serve(NetworkNamespace namespace, String protocol) throws IOException {
        Process server = start(namespace, List.of(), "serve", protocol, "0.0.0.0", PORT);
        assertEquals("ready", server.inputReader(StandardCharsets.UTF_8).readLine());
        return server;
    }

    /** Starts so many workers in a row, of which every other one sends. */
    Process launch(NetworkNamespace namespace, String protocol, String address, int count, int perSecond,
            int holdMicros, int bytes) throws IOException {
        return start(namespace, List.of(), "launch", protocol, address, PORT, Integer.toString(count),
                Integer.toString(perSecond), Integer.toString(holdMicros), Integer.toString(bytes));
    }

    /** Starts so many workers in a row, all of which send. */
    Process launchSenders(NetworkNamespace namespace, String protocol, int count, int perSecond, int bytes)
            throws IOException {
        return start(namespace, List.of(), "launch", protocol, Rig.PEER, PORT, Integer.toString(count),
                Integer.toString(perSecond), "0", Integer.toString(bytes), "up");
    }

    /** What the workers of a launcher say until it ends. */
    static List<Worker> workers(Process launcher) throws InterruptedException {
        List<Worker> workers = launcher.inputReader(StandardCharsets.UTF_8).lines().map(Worker::parse).toList();
        assertEquals(0, launcher.waitFor());
        return workers;
    }
}
