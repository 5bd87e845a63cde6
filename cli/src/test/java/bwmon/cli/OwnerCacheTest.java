package bwmon.cli;

import java.util.ArrayList;

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

    @Test
    void noMoreThanSoManyCharactersAreRemembered() {
        var asked = new ArrayList<Owner>();
        var cache = new OwnerCache<Owner>(100, 40, owner -> {
            asked.add(owner);
            return owner;
        });
        Owner ten = process(1, "12345");
        Owner alsoTen = process(2, "12345");
        cache.get(ten);
        cache.get(alsoTen);
        cache.get(process(3, "1234567890"));
        assertEquals(3, cache.size(), "40 characters are within the bound");
        cache.get(ten);
        cache.get(process(4, "1"));
        assertEquals(3, cache.size());
        cache.get(ten);
        assertEquals(4, asked.size(), "the one unseen for longest has gone");
        cache.get(alsoTen);
        assertEquals(5, asked.size());

        Owner huge = process(5, "x".repeat(21));
        cache.get(huge);
        assertSame(huge, cache.get(huge));
        assertEquals(7, asked.size(), "one that is too large is not kept,");
        cache.get(alsoTen);
        assertEquals(7, asked.size(), "and takes no other's place");
    }

    @Test
    void everythingOfAProcessCounts() {
        var cache = new OwnerCache<>(100, 6, owner -> owner);
        cache.get(new Owner.Process(new Owner.ProcessId(1, 1), "a", "b", "c", "d", "e", "f"));
        assertEquals(1, cache.size());
        cache.get(new Owner.Process(new Owner.ProcessId(2, 1), "a", "b", "c", "d", "e", "fg"));
        assertEquals(1, cache.size());
        cache.get(new Owner.Pipe("a", "b"));
        assertEquals(1, cache.size(), "with the pipe's two it would be eight");
    }
}
