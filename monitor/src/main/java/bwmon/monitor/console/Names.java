package bwmon.monitor.console;

import java.net.InetAddress;
import java.util.Optional;

/** Names of remote hosts. */
@FunctionalInterface
public interface Names {
    /** No names: addresses are shown as numbers. */
    Names NUMERIC = _ -> Optional.empty();

    /** The name of an address, if it is known by now; never waits. What it is called is up to whoever owns the address. */
    Optional<String> of(InetAddress address);
}
