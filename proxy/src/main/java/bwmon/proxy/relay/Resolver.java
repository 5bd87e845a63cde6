package bwmon.proxy.relay;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.security.Security;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

import io.netty.util.NetUtil;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;

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
        if (target instanceof Target.Unix(var path)) {
            return executor.newSucceededFuture(List.of(UnixDomainSocketAddress.of(path)));
        }
        Target.Tcp tcp = (Target.Tcp) target;
        byte[] literal = NetUtil.createByteArrayFromIpAddressString(tcp.host());
        Promise<List<SocketAddress>> promise = executor.newPromise();
        if (literal != null) {
            // Nothing to look up, and nothing that blocks.
            complete(promise, tcp);
            return promise;
        }
        try {
            lookups.execute(() -> complete(promise, tcp));
        } catch (RejectedExecutionException e) {
            promise.setFailure(new IOException(WAITING + " name look-ups are waiting already", e));
        }
        return promise;
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
        return Arrays.stream(InetAddress.getAllByName(target.host()))
                .map(address -> (SocketAddress) new InetSocketAddress(address, target.port())).toList();
    }

    @Override
    public void close() {
        lookups.shutdownNow();
    }
}
