package bwmon.monitor.trial;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

import bwmon.monitor.MonitorOptions.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What is attached to the kernel goes with the program that attached it, however that ends. */
@Timeout(60)
class LeftAsItWasIT {
    @TempDir
    private Path folder = Path.of("");

    private static void awaitGone(Set<String> held) {
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            var left = new TreeSet<>(held);
            left.retainAll(KernelObjects.all());
            assertEquals(Set.of(), left);
        });
    }

    private static void assertIsAttached(Set<String> held) throws Exception {
        for (String kind : List.of("map ", "link ")) {
            assertTrue(held.stream().anyMatch(name -> name.startsWith(kind)), held::toString);
        }
        assertTrue(KernelObjects.all().containsAll(held), held::toString);
    }

    @Test
    void killed() throws Exception {
        try (Rig rig = Rig.open(Offload.NONE)) {
            String rules = rig.host().exec("nft", "list", "ruleset");
            RemoteMonitor child = RemoteMonitor.open(rig.host(), List.of(), System.getProperty("java.class.path"),
                    Kind.EBPF, folder);
            Set<String> held;
            try {
                child.collect();
                held = KernelObjects.heldBy(child.pid());
                assertIsAttached(held);
            } finally {
                child.kill();
            }
            System.out.println("trial: killed with " + held);
            awaitGone(held);
            assertEquals(rules, rig.host().exec("nft", "list", "ruleset"));
        }
    }

    @Test
    void closed() throws Exception {
        try (Rig rig = Rig.open(Offload.NONE)) {
            long self = ProcessHandle.current().pid();
            String rules = rig.host().exec("nft", "list", "ruleset");
            Set<String> before = KernelObjects.heldBy(self);
            Set<String> held;
            try (Watch watch = Watch.open(rig.host(), Kind.EBPF, folder)) {
                watch.collect();
                held = KernelObjects.heldBy(self);
                held.removeAll(before);
                assertIsAttached(held);
            }
            assertEquals(before, KernelObjects.heldBy(self));
            awaitGone(held);
            assertEquals(rules, rig.host().exec("nft", "list", "ruleset"));
        }
    }
}
