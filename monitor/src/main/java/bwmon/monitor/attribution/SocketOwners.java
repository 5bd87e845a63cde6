package bwmon.monitor.attribution;

import java.io.IOException;
import java.util.Map;
import java.util.Set;

import bwmon.traffic.Owner;
import org.jspecify.annotations.Nullable;

/** Who holds a descriptor of a socket. For one thread at a time; its looks, too. */
public interface SocketOwners {

    /**
     * A process that holds a socket.
     *
     * @param process who
     * @param descriptor by which number
     */
    record Holder(Owner.Process process, int descriptor) {}

    /**
     * Holders of sockets.
     *
     * @param holders by the socket's inode; of several processes that share a socket, the one that started first
     * @param unreadable how many processes could not be looked at for want of permission, 0 or more; each may hold what
     *     was not found
     */
    record Found(Map<Long, Holder> holders, int unreadable) {
        /** Nothing was found, because nothing was looked for. */
        public static final Found NOTHING = new Found(Map.of(), 0);

        public Found {
            holders = Map.copyOf(holders);
        }
    }

    /** Begins a look at the processes, within which each is asked for its state once. */
    Look look();

    /** One look. */
    interface Look {
        /**
         * Whether a holder still holds that socket.
         *
         * @return the holder, by its present name; null if it has ended or given up the socket
         */
        @Nullable
        Holder confirm(Holder holder, long inode) throws IOException;

        /**
         * Whether the process of a holder still runs, wherever its descriptors point to: at a fraction of the cost.
         *
         * @return the holder, by its present name; null if it has ended
         */
        @Nullable
        Holder refresh(Holder holder) throws IOException;

        /** Searches all processes for the holders of these sockets. */
        Found find(Set<Long> inodes) throws IOException;

        /**
         * Searches, at a bounded cost, where the holders of sockets that have just come into being most likely are: for
         * connections that are over after some milliseconds, so that a whole search would come too late. Looked at are, in
         * this order,
         * <ol>
         * <li>processes that these owners have not come across before, and then those that they came across for the first
         * time a moment ago, the last comers first;
         * <li>processes of the user that the sockets belong to, those first in which the last searches found something.
         * </ol>
         * The first call finds nothing young, because everything is new to it: make one with no inodes before it matters.
         *
         * <p>What is found is true. What is not found may still be held by any process. Of several processes that share a
         * socket the first that was looked at is told, which need not be the one that started first, as with {@link #find}.
         *
         * <p>This is no exception to the rule of one thread at a time. A thread that must not wait for another one's whole
         * search has owners of its own, which share nothing with the others.
         *
         * @param uid of whom the sockets are, 0 to 2^32 - 1; -1 if that is not known: then the second part is left out
         * @param descriptors how many are looked at before the search is given up, 0 or more
         * @return what was found until then; of the unreadable processes those that were come across
         */
        Found findAmong(Set<Long> inodes, long uid, int descriptors) throws IOException;
    }
}
