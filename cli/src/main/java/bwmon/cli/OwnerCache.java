package bwmon.cli;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.function.Function;

import bwmon.traffic.Owner;

/**
 * Remembers what was found out about an owner, so that expressions are searched once for each owner. Bounded; the owner
 * that was unseen for longest is forgotten first. Not safe for more than one thread.
 */
public final class OwnerCache<T> {
    /** So many owners at most: more than a host's processes, and what it holds is known to the monitor anyway. */
    public static final int MAX_OWNERS = 65_536;

    private final LinkedHashMap<Owner, T> found = new LinkedHashMap<>(16, 0.75f, true);
    private final int maxOwners;
    private final Function<Owner, T> finder;

    /** An empty cache that asks the finder for an owner it does not know. */
    public OwnerCache(int maxOwners, Function<Owner, T> finder) {
        this.maxOwners = maxOwners;
        this.finder = finder;
    }

    /** What was found out about the owner, now or earlier. */
    public T get(Owner owner) {
        T known = found.get(owner);
        if (known != null) {
            return known;
        }
        T fresh = finder.apply(owner);
        found.put(owner, fresh);
        if (found.size() > maxOwners) {
            Iterator<Owner> unseenLongest = found.keySet().iterator();
            unseenLongest.next();
            unseenLongest.remove();
        }
        return fresh;
    }

    int size() {
        return found.size();
    }
}
