package bwmon.cli;

import bwmon.traffic.Owner;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

class OwnerCacheTest {
    private static Owner process(int pid, String command) {
        return new Owner.Process(new Owner.ProcessId(pid, 1), command, command, null, null, null, null);
    }

    @Test
    void noMoreThanSoManyOwnersAreRemembered() {
        var cache = new OwnerCache<>(3, owner -> new Object());
        Object first = cache.get(process(1, "a"));
        cache.get(process(2, "a"));
        cache.get(process(3, "a"));
        assertSame(first, cache.get(process(1, "a")));
        cache.get(process(4, "a"));

        assertEquals(3, cache.size());
        assertSame(first, cache.get(process(1, "a")));
        assertTrue(OwnerCache.MAX_OWNERS <= 65_536);
    }
}
