package bwmon.monitor.attribution;

import java.io.IOException;
import java.util.Map;
import java.util.Set;

import bwmon.traffic.Owner;
import org.jspecify.annotations.Nullable;

/** Who holds a descriptor of a socket. For one thread at a time. */
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

        /** Searches all processes for the holders of these sockets. */
        Found find(Set<Long> inodes) throws IOException;
    }
}
