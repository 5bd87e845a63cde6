package bwmon.monitor.trial;

import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import bwmon.traffic.Direction;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Holds what a monitor of the host charged against what processes say that they moved, and against the devices. */
final class Judge {
    /** At least so much of a command line is kept of a process that has ended. */
    private static final int COMMAND = 100;

    private final Watch watch;
    private final Offload offload;

    Judge(Watch watch, Offload offload) {
        this.watch = watch;
        this.offload = offload;
    }

    static Predicate<Charge> anyOf(List<Moved> processes) {
        Set<Integer> pids = processes.stream().map(Moved::pid).collect(Collectors.toSet());
        return charge -> charge.kind().equals("process") && pids.contains(charge.pid());
    }

    /**
     * Payload of each of these processes, to the byte; their IP bytes together, of the host's devices; and the balance.
     *
     * @param here in the host
     * @param there in other namespaces
     */
    void assertExact(String trial, List<Moved> here, List<Moved> there) throws Exception {
        watch.settle();
        List<Moved> all = Stream.concat(here.stream(), there.stream()).toList();
        assertAll(trial, () -> assertPayload(trial, all), () -> assertCarried(trial, here),
                () -> watch.assertCloses(offload));
    }

    /** Payload of each, to the byte; and who they are. */
    void assertPayload(String trial, List<Moved> processes) {
        Tally tally = watch.tally();
        assertAll(trial, processes.stream().map(moved -> () -> {
            Predicate<Charge> its = anyOf(List.of(moved));
            for (Direction direction : Direction.values()) {
                assertEquals(moved.payload(direction), tally.payload(its, direction),
                        () -> trial + ": payload " + direction.label() + " of " + moved + of(processes));
            }
            for (Charge charge : tally.charges()) {
                assertTrue(!its.test(charge) || isCommand(moved.command(), charge.command()),
                        () -> charge + " is of " + moved);
            }
        }));
    }

    private static boolean isCommand(String whole, String kept) {
        return whole.equals(kept) || (kept.length() >= COMMAND && whole.startsWith(kept));
    }

    /** IP bytes of all devices of the host are these processes'. */
    void assertCarried(String trial, List<Moved> processes) throws Exception {
        for (Direction direction : Direction.values()) {
            // A device that takes large packets whole does not see what is added for segments.
            long added = offload == Offload.BY_THE_DEVICE ? watch.tally().segmentation(direction) : 0;
            watch.assertBytes(trial, watch.devices(direction) + added, anyOf(processes), direction);
        }
    }

    private Tally of(List<Moved> processes) {
        var some = new Tally();
        watch.tally().charges().stream().filter(anyOf(processes).or(Charge::isUnattributed)).forEach(some::add);
        return some;
    }
}
