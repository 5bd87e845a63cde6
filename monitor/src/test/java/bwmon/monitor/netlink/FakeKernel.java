package bwmon.monitor.netlink;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;

import bwmon.ffi.Errno;
import bwmon.ffi.ErrnoException;
import org.jspecify.annotations.Nullable;

/**
 * The other end of a netlink socket, by a script: whenever a request is sent, the next answer of the script is queued.
 * Answers come in parts, cut, from strangers, or as errors of the receive itself.
 */
public final class FakeKernel implements NetlinkChannel {
    /** The port of the socket that asks. */
    public static final int PORT = 4711;

    /** What one receive gives. */
    private record Arrival(ByteBuffer bytes, int length, int sender, int errno) {}

    /** An answer to one request. */
    public interface Script {
        /** Queues what answers the request. */
        void answer(FakeKernel kernel, NetlinkMessage request);
    }

    private final Queue<Script> scripts = new ArrayDeque<>();
    private final Queue<Arrival> arrivals = new ArrayDeque<>();
    private final List<NetlinkMessage> requests = new ArrayList<>();
    private long drops;
    private boolean closed;

    /** Adds the answer to the next request that has none yet. */
    public FakeKernel then(Script script) {
        scripts.add(script);
        return this;
    }

    /** Adds answers of one datagram each. */
    public FakeKernel thenDump(byte[]... payloads) {
        return then((kernel, request) -> {
            for (byte[] payload : payloads) {
                kernel.arrives(kernel.part(request, 20, 0, payload));
            }
            kernel.arrives(kernel.done(request, 0));
        });
    }

    /** One message that answers a request. */
    public byte[] part(NetlinkMessage request, int type, int flags, byte[] payload) {
        return new MessageWriter(type, Netlink.NLM_F_MULTI | flags, request.sequence(), PORT).bytes(payload).toBytes();
    }

    /** The end of a dump. */
    public byte[] done(NetlinkMessage request, int result) {
        return part(request, Netlink.NLMSG_DONE, 0, number(result));
    }

    /** A number in native byte order. */
    public static byte[] number(int value) {
        return ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(value).array();
    }

    /** Several messages as one datagram. */
    public FakeKernel arrives(byte[]... messages) {
        var datagram = new ByteArrayOutputStream();
        for (byte[] message : messages) {
            datagram.writeBytes(message);
        }
        arrivals.add(new Arrival(ByteBuffer.wrap(datagram.toByteArray()), datagram.size(), 0, 0));
        return this;
    }

    /** A datagram of which only so many bytes fitted. */
    public FakeKernel arrivesCut(byte[] message, int fitted) {
        arrivals.add(new Arrival(ByteBuffer.wrap(message, 0, fitted), message.length, 0, 0));
        return this;
    }

    /** A datagram that another process sent. */
    public FakeKernel arrivesFrom(int sender, byte[] message) {
        arrivals.add(new Arrival(ByteBuffer.wrap(message), message.length, sender, 0));
        return this;
    }

    /** A receive that fails. */
    public FakeKernel fails(int errno) {
        arrivals.add(new Arrival(ByteBuffer.allocate(0), 0, 0, errno));
        return this;
    }

    /** The queue overran, and so many messages are gone. */
    public FakeKernel overruns(int messages) {
        drops += messages;
        return fails(Errno.ENOBUFS);
    }

    /** What was asked so far. */
    public List<NetlinkMessage> requests() {
        return requests;
    }

    /** Whether nothing is left to be received. */
    public boolean isDrained() {
        return arrivals.isEmpty();
    }

    /** Whether the channel was closed. */
    public boolean isClosed() {
        return closed;
    }

    @Override
    public int port() {
        return PORT;
    }

    @Override
    public void send(byte[] message) {
        var request = Objects.requireNonNull(new MessageReader(ByteBuffer.wrap(message)).next());
        requests.add(request);
        Objects.requireNonNull(scripts.poll(), "a request that the script does not know").answer(this, request);
    }

    @Override
    public Datagram receive() throws IOException {
        Datagram datagram = receiveNow();
        if (datagram == null) {
            throw new ErrnoException("recvfrom(AF_NETLINK)", Errno.EAGAIN);
        }
        return datagram;
    }

    @Override
    public @Nullable Datagram receiveNow() throws IOException {
        Arrival arrival = arrivals.poll();
        if (arrival == null) {
            return null;
        }
        if (arrival.errno() != 0) {
            throw new ErrnoException("recvfrom(AF_NETLINK)", arrival.errno());
        }
        return new Datagram(arrival.bytes(), arrival.length(), arrival.sender());
    }

    @Override
    public boolean await(int millis) {
        return !arrivals.isEmpty();
    }

    @Override
    public long drops() {
        return drops;
    }

    @Override
    public void close() {
        closed = true;
    }
}
