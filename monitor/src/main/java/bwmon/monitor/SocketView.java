package bwmon.monitor;

import java.io.IOException;
import java.util.List;

import bwmon.traffic.SocketStates;
import bwmon.traffic.Usage;
import org.jspecify.annotations.Nullable;

/**
 * What the kernel's lists of sockets tell beside what its programs count: what moved before these were there, and in which state
 * each socket is. It is opened when it is asked for, and closed as soon as an interval passes in which it is not. Of the network
 * namespace of the thread that asks; {@link #close} may come from any.
 */
final class SocketView implements AutoCloseable {
    private final Opener opener;
    private @Nullable Monitor sockets;
    private boolean isAsked;
    private boolean isClosed;

    /** Opens the source that asks for sockets alone. */
    @FunctionalInterface
    interface Opener {

        /**
         * Opens.
         *
         * @param listed is called once the sockets are listed for the first time, before it is searched whose they are
         */
        Monitor open(Listed listed) throws IOException;
    }

    /** What is to happen once sockets are listed. */
    @FunctionalInterface
    interface Listed {
        /** Nothing. */
        Listed UNHEEDED = () -> {};

        void reached() throws IOException;
    }

    SocketView(Opener opener) {
        this.opener = opener;
    }

    /**
     * What moved before now.
     *
     * @param notices gets a sentence if that cannot be told
     * @param listed is called at the moment that is meant by now; not at all if that cannot be told
     */
    List<Usage> before(List<String> notices, Listed listed) {
        try (Monitor now = opener.open(listed)) {
            return now.before();
        } catch (IOException e) {
            notices.add("what moved before the start is not known: " + e.getMessage());
            return List.of();
        }
    }

    /** The sockets as of now. */
    synchronized SocketStates sockets() throws IOException {
        if (isClosed) {
            throw new IOException("the source is closed");
        }
        isAsked = true;
        Monitor now = sockets;
        if (now == null) {
            now = opener.open(Listed.UNHEEDED);
            sockets = now;
        } else {
            now.collect();
        }
        return now.sockets();
    }

    /** An interval has passed. */
    synchronized void passed() {
        if (!isAsked) {
            release();
        }
        isAsked = false;
    }

    private void release() {
        if (sockets != null) {
            sockets.close();
            sockets = null;
        }
    }

    @Override
    public synchronized void close() {
        isClosed = true;
        release();
    }
}
