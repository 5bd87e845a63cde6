package bwmon.monitor;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

import bwmon.monitor.attribution.KernelTraffic;
import bwmon.monitor.attribution.OwnerId;
import bwmon.traffic.ByteCounts;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class EndedOwnersTest {
    private static final int ROOM = 10_000;

    private final Set<Long> noted = new TreeSet<>();
    private final Set<Long> living = new HashSet<>();
    private int looks;
    private int listings;
    private boolean fails;
    private final EndedOwners ended = new EndedOwners(new Notes(), owner -> {
        looks++;
        return living.contains(owner);
    }, () -> {
        listings++;
        return living.stream().map(OwnerId::pid).toList();
    });

    private final class Notes implements KernelTraffic {
        @Override
        public Taken take(Boundary boundary) {
            return new Taken(List.of(), ByteCounts.ZERO, 0);
        }

        @Override
        public Optional<Noted> noted(long owner) {
            return Optional.empty();
        }

        @Override
        public List<Long> notedOwners() {
            return new ArrayList<>(noted);
        }

        @Override
        public int notedRoom() {
            return ROOM;
        }

        @Override
        public void forget(Collection<Long> owners) throws IOException {
            if (fails) {
                throw new IOException("not now");
            }
            noted.removeAll(owners);
        }

        @Override
        public boolean tellsPayload() {
            return true;
        }

        @Override
        public long namespace() {
            return 0;
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    }

    private void note(int from, int to, boolean live) {
        for (long pid = from; pid < to; pid++) {
            noted.add(pid);
            if (live) {
                living.add(pid);
            }
        }
    }

    @Test
    void theEndedAreForgottenAnIntervalLater() {
        note(1, 3, true);
        note(3, 5, false);
        ended.handedOut();
        assertEquals(Set.of(1L, 2L, 3L, 4L), noted, "their last bytes are still to come");
        ended.handedOut();
        assertEquals(Set.of(1L, 2L), noted);
    }

    @Test
    void aFewAreLookedAtInEachInterval() {
        note(1, 1001, true);
        note(1001, 2001, false);
        for (int i = 0; i < 10; i++) {
            looks = 0;
            ended.handedOut();
            assertTrue(looks <= EndedOwners.SLICE, () -> "looked at " + looks);
        }
        ended.handedOut();
        assertEquals(1000, noted.size());
        assertEquals(0, listings);
    }

    @Test
    void allAreLookedAtWhereRoomIsShort() {
        note(1, 5001, true);
        note(5001, 9001, false);
        ended.handedOut();
        ended.handedOut();
        assertEquals(5000, noted.size());
        assertEquals(1, listings);
        assertTrue(looks <= EndedOwners.SLICE, "no look at each");
    }

    @Test
    void whatFailsIsTriedAgain() {
        note(1, 2, false);
        ended.handedOut();
        fails = true;
        ended.handedOut();
        assertEquals(Set.of(1L), noted);
        fails = false;
        ended.handedOut();
        assertEquals(Set.of(), noted);
    }
}
