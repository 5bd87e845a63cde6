package bwmon.monitor;

import java.io.IOException;
import java.util.Map;

import bwmon.monitor.attribution.LocalAddresses;
import bwmon.traffic.ByteCounts;

/** The interfaces of a network namespace. For one thread at a time. */
interface Interfaces extends AutoCloseable {

    /** The interfaces at one moment. */
    interface Look {
        /** IP bytes and packets that each interface gained, by name; of an earlier look of the same interfaces. */
        Map<String, ByteCounts> since(Look earlier);

        /** The addresses of this host. */
        LocalAddresses addresses();
    }

    /** Looks. */
    Look look() throws IOException;

    @Override
    void close();
}
