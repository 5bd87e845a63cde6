package bwmon.monitor;

import java.io.IOException;
import java.util.List;

import bwmon.ffi.ErrnoException;
import bwmon.monitor.attribution.LocalAddresses;
import bwmon.monitor.attribution.LocalView;
import bwmon.monitor.attribution.LocalView.End;
import bwmon.monitor.attribution.SocketOwners;
import bwmon.monitor.attribution.SocketOwners.Holder;
import bwmon.monitor.conntrack.Connection;
import bwmon.traffic.Flow;
import bwmon.traffic.Protocol;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks for the holder of a socket as soon as the connection table tells that it began a connection. */
final class PromptWatch implements PromptOwners {
    private static final Logger LOG = LoggerFactory.getLogger(PromptWatch.class);

    private final PromptHolders holders;
    private final SocketWatch watch;
    private volatile LocalAddresses addresses;
    /** Of the watching thread alone: said once. */
    private boolean hasFailed;
    /** Of the looking thread alone. */
    private boolean isEndSaid;

    /**
     * Watches the network namespace of the calling thread.
     *
     * @param owners for the watching thread alone
     * @throws ErrnoException if the kernel refuses; EPERM without CAP_NET_ADMIN over the namespace
     * @throws IOException if the processes cannot be read
     */
    PromptWatch(SocketOwners owners, LocalAddresses addresses) throws IOException {
        holders = new PromptHolders(owners);
        this.addresses = addresses;
        watch = SocketWatch.open(this::beginner, this::search);
    }

    private @Nullable Flow beginner(Connection connection) {
        Protocol protocol = Protocol.of(connection.original().protocol());
        if (protocol != Protocol.TCP && protocol != Protocol.UDP && protocol != Protocol.UDPLITE) {
            return null;
        }
        return switch (LocalView.of(connection.ends(), addresses)) {
            case LocalView.Outgoing(End begins) -> new Flow(protocol, begins.local(), begins.remote());
            case LocalView.Internal(End begins, var _) -> new Flow(protocol, begins.local(), begins.remote());
            case LocalView.Incoming(var _),LocalView.Forwarded(var _, var _) -> null;
        };
    }

    private void search(List<SocketWatch.Seen> seen) {
        try {
            holders.search(seen.stream()
                    .map(one -> new PromptHolders.Begun(one.flow(), one.cookie(), one.inode(), one.uid())).toList());
        } catch (IOException e) {
            if (!hasFailed) {
                hasFailed = true;
                LOG.warn("owners of connections that just began could not be looked for: {}", e.toString());
            }
        }
    }

    @Override
    public void looked(LocalAddresses now) {
        addresses = now;
        holders.looked();
        IOException end = watch.failure();
        if (end != null && !isEndSaid) {
            isEndSaid = true;
            LOG.warn("owners of connections that just began are not looked for any more: {}", end.toString());
        }
    }

    @Override
    public @Nullable Holder of(long cookie) {
        return holders.of(cookie);
    }

    @Override
    public @Nullable Holder of(Flow flow) {
        return holders.of(flow);
    }

    @Override
    public void close() {
        watch.close();
    }
}
