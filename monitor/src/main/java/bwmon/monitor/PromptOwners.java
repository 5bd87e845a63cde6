package bwmon.monitor;

import bwmon.monitor.attribution.LocalAddresses;
import bwmon.monitor.attribution.SocketOwners.Holder;
import bwmon.traffic.Flow;
import org.jspecify.annotations.Nullable;

/** Who held sockets when they were made, for those that are gone at the next look. From any thread. */
interface PromptOwners extends AutoCloseable {

    /** Looks for nobody. */
    PromptOwners NONE = new PromptOwners() {
        @Override
        public void looked(LocalAddresses now) {
            // Nobody asks.
        }

        @Override
        public @Nullable Holder of(long cookie) {
            return null;
        }

        @Override
        public @Nullable Holder of(Flow flow) {
            return null;
        }

        @Override
        public void close() {
            // Nothing to end.
        }
    };

    /** A look is over: what was found before the one before it is forgotten. From now on this host has these addresses. */
    void looked(LocalAddresses now);

    /** The holder of the socket with that cookie; null if it was not found. */
    @Nullable
    Holder of(long cookie);

    /** The holder of the socket that began a flow; null if it was not found. */
    @Nullable
    Holder of(Flow flow);

    @Override
    void close();
}
