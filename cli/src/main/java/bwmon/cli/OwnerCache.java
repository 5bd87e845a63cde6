package bwmon.cli;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.function.Function;

import bwmon.traffic.Owner;
import org.jspecify.annotations.Nullable;

/**
 * Remembers what was found out about an owner, so that expressions are searched once for each owner. Bounded; the owner
 * that was unseen for longest is forgotten first. Not safe for more than one thread.
 */
public final class OwnerCache<T> {
    /** So many owners at most: more than a host's processes, and what it holds is known to the monitor anyway. */
    public static final int MAX_OWNERS = 65_536;

    /**
     * So many characters of names, command lines and paths at most, all owners together: 16 MiB, or twice that if every one
     * of them is beyond Latin-1. They are the very strings that the source of the owners holds, as long as it does.
     */
    public static final int MAX_CHARACTERS = 16 * 1024 * 1024;

    private final LinkedHashMap<Owner, T> found = new LinkedHashMap<>(16, 0.75f, true);
    private final int maxOwners;
    private final long maxCharacters;
    private final Function<Owner, T> finder;
    private long characters;

    /** An empty cache that asks the finder for an owner it does not know. */
    public OwnerCache(int maxOwners, Function<Owner, T> finder) {
        this(maxOwners, MAX_CHARACTERS, finder);
    }

    OwnerCache(int maxOwners, long maxCharacters, Function<Owner, T> finder) {
        this.maxOwners = maxOwners;
        this.maxCharacters = maxCharacters;
        this.finder = finder;
    }

    /** What was found out about the owner, now or earlier. */
    public T get(Owner owner) {
        T known = found.get(owner);
        if (known != null) {
            return known;
        }
        T fresh = finder.apply(owner);
        long size = characters(owner);
        if (size > maxCharacters) {
            return fresh;
        }
        found.put(owner, fresh);
        characters += size;
        Iterator<Owner> unseenLongest = found.keySet().iterator();
        while (found.size() > maxOwners || characters > maxCharacters) {
            characters -= characters(unseenLongest.next());
            unseenLongest.remove();
        }
        return fresh;
    }

    private static long characters(Owner owner) {
        return owner instanceof Owner.Process p
                ? length(p.name()) + length(p.command()) + length(p.user()) + length(p.cgroup())
                        + length(p.container()) + length(p.executable())
                : length(owner.name()) + length(owner.command());
    }

    private static long length(@Nullable String text) {
        return text == null ? 0 : text.length();
    }

    int size() {
        return found.size();
    }
}
