import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;

import bwmon.monitor.attribution.SocketOwners.Found;
import bwmon.monitor.conntrack.ConntrackText;
import bwmon.monitor.procfs.ProcFs;
import bwmon.monitor.procfs.ProcessTable;
import bwmon.monitor.procfs.SocketTable;
import bwmon.monitor.procfs.Users;
import bwmon.traffic.Ticker;

/** What it costs to find owners in /proc; started by bench/monitor/run, whose standard output it writes a table to. */
final class FindOwners {
    private static final int INTERVAL_MILLIS = 150;

    /** Milliseconds of one way, of processor time and of the wall. */
    private record Times(List<Double> processor, List<Double> wall) {}

    private interface Step {
        void run() throws Exception;
    }

    private static Times times(int rounds, Step before, Callable<?> measured) throws Exception {
        var threads = ManagementFactory.getThreadMXBean();
        var times = new Times(new ArrayList<>(), new ArrayList<>());
        for (int i = 0; i < rounds; i++) {
            before.run();
            long wall = System.nanoTime();
            long processor = threads.getCurrentThreadCpuTime();
            measured.call();
            times.processor().add((threads.getCurrentThreadCpuTime() - processor) / 1e6);
            times.wall().add((System.nanoTime() - wall) / 1e6);
        }
        return times;
    }

    private static void row(String name, Times times) {
        Collections.sort(times.processor());
        Collections.sort(times.wall());
        List<Double> p = times.processor();
        System.out.printf(Locale.ROOT, "| %s | %.2f | %.2f | %.2f | %.2f |%n", name, p.get(p.size() / 2), p.getFirst(),
                p.getLast(), times.wall().get(times.wall().size() / 2));
    }

    private static ProcessTable table() {
        return new ProcessTable(new ProcFs(Path.of("/proc")), new Users(Path.of("/etc/passwd")), Ticker.SYSTEM);
    }

    public static void main(String[] args) throws Exception {
        int rounds = Integer.parseInt(args[0]);
        Process hold = new ProcessBuilder(args[1], "300", "34", "3").redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (var output = new BufferedReader(new InputStreamReader(hold.getInputStream()));
                var input = hold.outputWriter()) {
            long last = Long.parseLong(output.readLine());
            Set<Long> nobody = Set.of(1L);
            System.out.println("| ms | median | min | max | wall, median |\n|---|---|---|---|---|");
            row("the very first pass of the program", times(1, () -> {}, () -> table().look().find(nobody)));
            ProcessTable[] fresh = {table()};
            times(rounds, () -> fresh[0] = table(), () -> fresh[0].look().find(nobody));
            row("a table's first pass: every descriptor is read",
                    times(rounds, () -> fresh[0] = table(), () -> fresh[0].look().find(nobody)));
            ProcessTable warm = table();
            times(5, () -> Thread.sleep(INTERVAL_MILLIS), () -> warm.look().find(nobody));
            row("a warm pass over all processes",
                    times(rounds, () -> Thread.sleep(INTERVAL_MILLIS), () -> warm.look().find(nobody)));
            row("a warm pass, a socket of the last process found", times(rounds,
                    () -> Thread.sleep(INTERVAL_MILLIS), () -> held(warm.look().find(Set.of(last)))));
            ProcessTable quick = table();
            times(200, () -> {}, () -> quick.look().findAmong(nobody, -1, 500));
            row("a quick search in vain", times(rounds, () -> {}, () -> quick.look().findAmong(nobody, -1, 500)));
            long[] inode = new long[1];
            Step process = () -> {
                input.write("short 20\n");
                input.flush();
                inode[0] = Long.parseLong(output.readLine());
            };
            times(rounds, process, () -> quick.look().findAmong(Set.of(inode[0]), -1, 500));
            row("a quick search, a process of 20 ms found",
                    times(rounds, process, () -> held(quick.look().findAmong(Set.of(inode[0]), -1, 500))));
            ProcFs proc = new ProcFs(Path.of("/proc"));
            times(20, () -> {}, () -> proc.sockets(SocketTable.Kind.UDP));
            row("/proc/net/udp, " + proc.sockets(SocketTable.Kind.UDP).sockets().size() + " sockets",
                    times(rounds, () -> {}, () -> proc.sockets(SocketTable.Kind.UDP)));
        }
        byte[] line = ("ipv4     2 tcp      6 431999 ESTABLISHED src=10.0.%d.%d dst=192.168.0.1 sport=%d dport=443 packets=1234"
                + " bytes=5678901 src=192.168.0.1 dst=10.0.%1$d.%2$d sport=443 dport=%3$d packets=2345 bytes=67890123"
                + " [ASSURED] mark=0 zone=0 use=2%n").getBytes();
        Path text = Files.createTempFile("bwmon", ".txt");
        try {
            try (var out = Files.newBufferedWriter(text)) {
                for (int i = 0; i < 100_000; i++) {
                    out.write(String.format(Locale.ROOT, new String(line), i >> 16, i >> 8 & 255, 1024 + (i & 255)));
                }
            }
            Callable<Object> ours = () -> {
                try (var in = Files.newInputStream(text)) {
                    return ConntrackText.read(in);
                }
            };
            Callable<Object> split = () -> {
                long words = 0;
                for (String each : Files.readAllLines(text)) {
                    words += each.split(" +").length;
                }
                return words;
            };
            times(20, () -> {}, ours);
            times(5, () -> {}, split);
            row("nf_conntrack, 100,000 lines from a file", times(rounds, () -> {}, ours));
            row("the same, only split into words by String.split", times(rounds, () -> {}, split));
        } finally {
            Files.delete(text);
        }
    }

    private static Found held(Found found) {
        if (found.holders().isEmpty()) {
            throw new IllegalStateException("nobody was found");
        }
        return found;
    }
}
