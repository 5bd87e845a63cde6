package bwmon.monitor;

import java.util.Map;

import bwmon.monitor.attribution.SocketOwners.Holder;
import bwmon.traffic.Flow;
import org.jspecify.annotations.Nullable;

/** Who held sockets when they were made, for those that are gone at the next look. From any thread. */
interface PromptOwners extends AutoCloseable {

    /** Looks for nobody. */
    PromptOwners NONE = new PromptOwners() {
        @Override
        public Map<Long, Holder> byCookie() {
            return Map.of();
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

    /** Holders by the cookie of the socket. */
    Map<Long, Holder> byCookie();

    /** The holder of the socket that began a flow; null if it was not found. */
    @Nullable
    Holder of(Flow flow);

    @Override
    void close();
}
