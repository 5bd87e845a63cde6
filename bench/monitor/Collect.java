import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

import bwmon.monitor.Monitor;
import bwmon.monitor.MonitorOptions;
import bwmon.monitor.Monitors;
import bwmon.monitor.conntrack.ConntrackTable;
import bwmon.traffic.Owner;
import bwmon.traffic.Report;
import bwmon.traffic.Ticker;
import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;

/** What Monitor.collect() costs; started by bench/monitor/collect in the network namespace of the host to be looked at. */
final class Collect {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final OperatingSystemMXBean PROCESS = (OperatingSystemMXBean) ManagementFactory
            .getOperatingSystemMXBean();

    private Collect() {}

    /** Figures of the rounds of one measurement. */
    private static final class Rounds {
        private final List<Double> values = new ArrayList<>();

        void add(double value) {
            values.add(value);
        }

        String row(String name) {
            var sorted = new ArrayList<>(values);
            Collections.sort(sorted);
            double mean = values.stream().mapToDouble(v -> v).average().orElseThrow();
            return String.format(Locale.ROOT, "| %s | %.1f | %.1f | %.1f | %.1f |", name,
                    sorted.get(sorted.size() / 2), sorted.getFirst(), sorted.getLast(), mean);
        }
    }

    /** The processes that hold connections: bench/monitor/connections. */
    private static final class Holders implements AutoCloseable {
        private final Process process;
        private final BufferedReader answers;
        private final Writer commands;

        Holders(List<String> command) throws IOException {
            process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
            answers = new BufferedReader(new InputStreamReader(process.getInputStream()));
            commands = process.outputWriter();
            expect("ready");
        }

        void command(String command) throws IOException {
            commands.write(command + "\n");
            commands.flush();
            expect("done");
        }

        private void expect(String answer) throws IOException {
            String line = answers.readLine();
            if (!answer.equals(line)) {
                throw new IOException("expected " + answer + ", got " + line);
            }
        }

        @Override
        public void close() throws IOException {
            commands.close();
            process.onExit().join();
        }
    }

    private static Monitor open() throws Exception {
        return Monitors.open(MonitorOptions.of(Ticker.SYSTEM).with(MonitorOptions.Kind.CONNTRACK));
    }

    private static long kibibytes(String key) throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream().filter(line -> line.startsWith(key + ":"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", ""))).findFirst().orElseThrow();
    }

    private static String memory() throws IOException {
        return String.format(Locale.ROOT, "VmRSS %.1f MB, at most %.1f MB", kibibytes("VmRSS") * 1024 / 1e6,
                kibibytes("VmHWM") * 1024 / 1e6);
    }

    private static double heapAfterCollection() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / 1e6;
    }

    private static void steady(int warmUp, int rounds, Holders holders) throws Exception {
        var thread = new Rounds();
        var process = new Rounds();
        var wall = new Rounds();
        var allocated = new Rounds();
        Report report = null;
        try (Monitor monitor = open()) {
            for (int i = -warmUp; i < rounds; i++) {
                holders.command("move");
                long allocatedBefore = THREADS.getCurrentThreadAllocatedBytes();
                long processBefore = PROCESS.getProcessCpuTime();
                long threadBefore = THREADS.getCurrentThreadCpuTime();
                long wallBefore = System.nanoTime();
                report = monitor.collect();
                long wallAfter = System.nanoTime();
                long threadAfter = THREADS.getCurrentThreadCpuTime();
                long processAfter = PROCESS.getProcessCpuTime();
                if (i >= 0) {
                    thread.add((threadAfter - threadBefore) / 1e6);
                    process.add((processAfter - processBefore) / 1e6);
                    wall.add((wallAfter - wallBefore) / 1e6);
                    allocated.add((THREADS.getCurrentThreadAllocatedBytes() - allocatedBefore) / 1e6);
                } else if (i == -warmUp) {
                    System.out.printf(Locale.ROOT, "First interval: %.1f ms of the thread, %.1f ms of the JVM.%n",
                            (threadAfter - threadBefore) / 1e6, (processAfter - processBefore) / 1e6);
                }
            }
            System.out.println("\n| a steady interval | median | min | max | mean |\n|---|---|---|---|---|");
            System.out.println(thread.row("processor time of the collecting thread, ms"));
            System.out.println(process.row("processor time of the JVM, ms"));
            System.out.println(wall.row("wall, ms"));
            System.out.println(allocated.row("allocated, MB"));
            long named = report.usages().stream().filter(usage -> usage.owner() instanceof Owner.Process).count();
            System.out.printf(Locale.ROOT, "%n%d usages, %d of them of processes. %s; heap after collection %.1f MB.%n",
                    report.usages().size(), named, memory(), heapAfterCollection());
        }
    }

    private static void dump(int warmUp, int rounds) throws Exception {
        var thread = new Rounds();
        int entries = 0;
        try (ConntrackTable table = ConntrackTable.open()) {
            for (int i = -warmUp; i < rounds; i++) {
                long before = THREADS.getCurrentThreadCpuTime();
                entries = table.dump().size();
                if (i >= 0) {
                    thread.add((THREADS.getCurrentThreadCpuTime() - before) / 1e6);
                }
            }
        }
        System.out.println(thread.row("dump of " + entries + " connections, read into objects, ms"));
        var intervals = new Rounds();
        try (Monitor monitor = open()) {
            for (int i = -warmUp; i < rounds; i++) {
                long before = THREADS.getCurrentThreadCpuTime();
                monitor.collect();
                if (i >= 0) {
                    intervals.add((THREADS.getCurrentThreadCpuTime() - before) / 1e6);
                }
            }
            System.out.println(intervals.row("an interval in which none of them moves, ms"));
            System.out.println("\nThen: " + memory() + ".");
        }
    }

    private static void churn(int intervals, int connections, Holders holders) throws Exception {
        System.out.println("| intervals | heap after collection, MB | VmRSS, MB | connections | JVM, ms an interval |"
                + "\n|---|---|---|---|---|");
        try (Monitor monitor = open()) {
            long before = PROCESS.getProcessCpuTime();
            int last = 0;
            for (int i = 1; i <= intervals; i++) {
                holders.command("churn " + connections);
                monitor.collect();
                if (i == intervals / 10 || i == intervals / 2 || i == intervals) {
                    double processor = (PROCESS.getProcessCpuTime() - before) / 1e6 / (i - last);
                    double resident = kibibytes("VmRSS") * 1024 / 1e6;
                    System.out.printf(Locale.ROOT, "| %d | %.2f | %.1f | %d | %.1f |%n", i, heapAfterCollection(),
                            resident, (long) i * connections, processor);
                    before = PROCESS.getProcessCpuTime();
                    last = i;
                }
            }
        }
    }

    public static void main(String[] args) throws Exception {
        int first = Integer.parseInt(args[1]);
        int second = Integer.parseInt(args[2]);
        List<String> command = List.of(args).subList(3, args.length);
        switch (args[0]) {
            case "dump" -> dump(first, second);
            case "steady" -> {
                try (var holders = new Holders(command)) {
                    steady(first, second, holders);
                }
            }
            case "churn" -> {
                try (var holders = new Holders(command)) {
                    churn(first, second, holders);
                }
            }
            default -> throw new IllegalArgumentException(args[0]);
        }
    }
}
