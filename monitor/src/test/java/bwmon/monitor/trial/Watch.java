package bwmon.monitor.trial;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import bwmon.monitor.Monitor;
import bwmon.monitor.MonitorOptions;
import bwmon.monitor.MonitorOptions.Kind;
import bwmon.traffic.Direction;
import bwmon.traffic.Report;
import bwmon.traffic.SocketStates;
import bwmon.traffic.Ticker;
import org.awaitility.Awaitility;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A monitor in a namespace, on a thread of its own that lives there, beside the devices' own counters. */
final class Watch implements AutoCloseable {
    /** Of what is compared: 0.5 %. */
    static final double TOLERANCE = 0.005;
    /** Where every packet is counted where it passes: 0.1 %. */
    private static final double TOLERANCE_OF_EBPF = 0.001;
    /** Below this, in bytes, a difference is none: a packet or two that were under way. */
    private static final long FLOOR = 600;

    private final ExecutorService thread;
    private final NetworkNamespace namespace;
    private final Kind kind;
    private Tally tally = new Tally();
    private Map<String, DeviceCounters> before = Map.of();
    private List<Monitor> monitor = List.of();

    private Watch(NetworkNamespace namespace, Kind kind) {
        this.namespace = namespace;
        this.kind = kind;
        thread = Executors.newSingleThreadExecutor(
                code -> Thread.ofPlatform().daemon().name("watch " + namespace.name()).unstarted(code));
    }

    /**
     * Opens a monitor.
     *
     * @param run for its notes
     */
    static Watch open(NetworkNamespace namespace, Kind kind, Path run) throws Exception {
        return open(namespace,
                new MonitorOptions(kind, Path.of("/proc"), run, Ticker.SYSTEM, true));
    }

    /** Opens a monitor. */
    static Watch open(NetworkNamespace namespace, MonitorOptions options) throws Exception {
        var watch = new Watch(namespace, options.kind());
        boolean isOpen = false;
        try {
            watch.onThread(() -> {
                namespace.enter();
                watch.before = DeviceCounters.read();
                watch.monitor = List.of(Openers.open(options));
                return true;
            });
            isOpen = true;
            return watch;
        } finally {
            if (!isOpen) {
                watch.close();
            }
        }
    }

    private <T> T onThread(Callable<T> code) throws Exception {
        try {
            return thread.submit(code).get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw e;
        }
    }

    /** What the monitor said when it was opened. */
    List<String> notices() throws Exception {
        return onThread(() -> monitor.getFirst().notices());
    }

    /** The sockets that the monitor knows. */
    SocketStates sockets() throws Exception {
        return onThread(() -> monitor.getFirst().sockets());
    }

    /** The next report, which is also added to the tally. */
    Report collect() throws Exception {
        Report report = onThread(() -> monitor.getFirst().collect());
        tally.add(report);
        return report;
    }

    /**
     * Takes reports until nothing moves any more, and two in a row are empty. Programs in the kernel also count what others
     * on this machine move meanwhile, and hand out at once what passed: with them it is enough that the devices rest.
     */
    Tally settle() {
        var last = new TreeMap<String, DeviceCounters>();
        Awaitility.await().atMost(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(60)).until(() -> {
            Report report = collect();
            Map<String, DeviceCounters> now = devices();
            boolean isQuiet = last.equals(now) && (kind == Kind.EBPF || report.usages().isEmpty());
            last.clear();
            last.putAll(now);
            return isQuiet;
        });
        return tally;
    }

    Tally tally() {
        return tally;
    }

    /** Forgets what moved so far: from here on the tally and the devices begin anew. */
    void restart() throws Exception {
        collect();
        tally = new Tally();
        before = onThread(DeviceCounters::read);
    }

    /** What each device counted since the opening. */
    Map<String, DeviceCounters> devices() throws Exception {
        var gains = new TreeMap<String, DeviceCounters>();
        onThread(DeviceCounters::read)
                .forEach((name, now) -> gains.put(name, before.containsKey(name) ? now.minus(before.get(name)) : now));
        return gains;
    }

    /** IP bytes of one device since the opening. */
    long device(String name, Direction direction) throws Exception {
        DeviceCounters device = devices().get(name);
        assertTrue(device != null, name);
        return device == null ? 0 : device.ip(direction);
    }

    /** IP bytes of all devices since the opening. */
    long devices(Direction direction) throws Exception {
        return devices().values().stream().mapToLong(d -> d.ip(direction)).sum();
    }

    /** That those charges together are that many IP bytes, within the tolerance of this kind of monitor. */
    void assertBytes(String what, long expected, Predicate<Charge> which, Direction direction) {
        assertNear(what + " " + direction.label(), expected, tally.bytes(which, direction), tolerance(), tally);
    }

    private double tolerance() {
        return kind == Kind.EBPF ? TOLERANCE_OF_EBPF : TOLERANCE;
    }

    /** That they are within half a percent of each other. */
    static void assertNear(String what, long expected, long actual, Object more) {
        assertNear(what, expected, actual, TOLERANCE, more);
    }

    private static void assertNear(String what, long expected, long actual, double tolerance, Object more) {
        assertTrue(Math.abs(actual - expected) <= Math.max(FLOOR, expected * tolerance),
                () -> String.format("%s: %d expected, %d were reported (%+.3f %%)%s", what, expected, actual,
                        percent(expected, actual), more));
    }

    static double percent(long expected, long actual) {
        return expected == 0 ? 0 : 100.0 * (actual - expected) / expected;
    }

    /**
     * That the balance closes: what the devices counted is what was charged, but for what segmentation adds.
     *
     * @param offload whether the devices see what segmentation adds
     */
    void assertCloses(Offload offload) throws Exception {
        for (Direction direction : Direction.values()) {
            long charged = tally.bytes(charge -> true, direction) - tally.elsewhere(direction);
            long cut = tally.segmentation(direction);
            long device = devices(direction);
            assertNear("the balance of " + direction.label(), device,
                    offload == Offload.BY_THE_DEVICE ? charged - cut : charged, tolerance(),
                    "; devices " + devices() + tally);
        }
        assertEquals(0, tally.lost());
    }

    /**
     * That hardly anything is unattributed, untracked included: of what has an end here, where other namespaces are seen as
     * well. (Loopback is in every namespace.)
     */
    void assertAllNamed() throws Exception {
        Predicate<Charge> here = charge -> true;
        if (kind == Kind.EBPF) {
            Set<String> addresses = addresses();
            here = charge -> charge.flow().isEmpty() || addresses.contains(charge.localAddress());
        }
        for (Direction direction : Direction.values()) {
            assertNear("unattributed in " + direction.label(), devices(direction),
                    devices(direction) + tally.bytes(here.and(Charge::isUnattributed), direction), tolerance(), tally);
        }
    }

    private Set<String> addresses() throws Exception {
        return Pattern.compile("inet6? ([^/ ]+)").matcher(namespace.exec("ip", "-o", "addr", "show")).results()
                .map(found -> found.group(1)).filter(address -> !address.startsWith("127.") && !address.equals("::1"))
                .collect(Collectors.toSet());
    }

    /** One line of figures, for a person. */
    void figure(String trial, Predicate<Charge> which) throws Exception {
        System.out.printf("trial: %s: device rx %d tx %d; charged rx %+.4f %% tx %+.4f %%; segmentation rx %d tx %d%n",
                trial, devices(Direction.RX), devices(Direction.TX),
                percent(devices(Direction.RX), tally.bytes(which, Direction.RX)),
                percent(devices(Direction.TX), tally.bytes(which, Direction.TX)), tally.segmentation(Direction.RX),
                tally.segmentation(Direction.TX));
    }

    @Override
    public void close() throws IOException {
        try {
            onThread(() -> {
                monitor.forEach(Monitor::close);
                monitor = List.of();
                return true;
            });
        } catch (Exception e) {
            throw new IOException("the monitor of " + namespace.name() + " did not close", e);
        } finally {
            thread.shutdown();
        }
    }
}
