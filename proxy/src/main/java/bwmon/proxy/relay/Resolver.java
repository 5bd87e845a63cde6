package bwmon.proxy.relay;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.security.Security;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

import io.netty.util.NetUtil;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import org.jspecify.annotations.Nullable;

/**
 * Resolves names as every program of the host does (getaddrinfo, and so /etc/hosts and nsswitch.conf), anew for each
 * connection, on threads of its own because that call blocks.
 */
final class Resolver implements AutoCloseable {
    /** Look-ups under way at once; one may take as long as resolv.conf's timeouts let it. */
    private static final int THREADS = 16;
    /** Look-ups that wait; beyond that, connections fail rather than pile up. */
    private static final int WAITING = 4096;

    static {
        // The JVM would keep an answer for 30 seconds, and a failure for 10: a host that moves would be missed.
        Security.setProperty("networkaddress.cache.ttl", "0");
        Security.setProperty("networkaddress.cache.negative.ttl", "0");
    }

    private final ThreadPoolExecutor lookups = new ThreadPoolExecutor(THREADS, THREADS, 10, TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(WAITING), new DefaultThreadFactory("resolve", true));

    Resolver() {
        lookups.allowCoreThreadTimeOut(true);
    }

    /**
     * All addresses of a target, in the order in which they are to be tried.
     *
     * @param executor on which the future is completed
     */
    Future<List<SocketAddress>> resolve(Target target, EventExecutor executor) {
        List<SocketAddress> known = known(target);
        if (known != null || !(target instanceof Target.Tcp name)) {
            return executor.newSucceededFuture(known);
        }
        Promise<List<SocketAddress>> promise = executor.newPromise();
        try {
            lookups.execute(() -> complete(promise, name));
        } catch (RejectedExecutionException e) {
            promise.setFailure(new IOException(WAITING + " name look-ups are waiting already", e));
        }
        return promise;
    }

    /** The addresses of a target that is one itself, so that nothing has to be looked up; null if it is a name. */
    static @Nullable List<SocketAddress> known(Target target) {
        return switch (target) {
            case Target.Unix(var path) -> List.of(UnixDomainSocketAddress.of(path));
            case Target.Tcp(var host, var port) -> {
                byte[] literal = NetUtil.createByteArrayFromIpAddressString(host);
                try {
                    yield literal == null
                            ? null
                            : List.of(new InetSocketAddress(InetAddress.getByAddress(literal), port));
                } catch (UnknownHostException e) {
                    throw new IllegalStateException("Netty's bytes of an address are 4 or 16", e);
                }
            }
        };
    }

    private static void complete(Promise<List<SocketAddress>> promise, Target.Tcp target) {
        try {
            promise.trySuccess(addresses(target));
        } catch (UnknownHostException | RuntimeException e) {
            promise.tryFailure(e);
        }
    }

    /**
     * The addresses of a target, looked up on the calling thread.
     *
     * @throws UnknownHostException if the name does not resolve
     */
    static List<SocketAddress> addresses(Target.Tcp target) throws UnknownHostException {
        return interleave(List.of(InetAddress.getAllByName(target.host()))).stream()
                .map(address -> (SocketAddress) new InetSocketAddress(address, target.port())).toList();
    }

    /** The families in turn, beginning with that of the first address (RFC 8305, 4); else in the order that they have. */
    static List<InetAddress> interleave(List<InetAddress> addresses) {
        Queue<InetAddress> first = new ArrayDeque<>();
        Queue<InetAddress> second = new ArrayDeque<>();
        for (InetAddress address : addresses) {
            (address.getClass() == addresses.getFirst().getClass() ? first : second).add(address);
        }
        var result = new ArrayList<InetAddress>(addresses.size());
        while (!first.isEmpty() || !second.isEmpty()) {
            if (!first.isEmpty()) {
                result.add(first.remove());
            }
            if (!second.isEmpty()) {
                result.add(second.remove());
            }
        }
        return result;
    }

    @Override
    public void close() {
        lookups.shutdownNow();
    }
}
