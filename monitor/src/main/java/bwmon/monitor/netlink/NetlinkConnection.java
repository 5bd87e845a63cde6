package bwmon.monitor.netlink;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

import bwmon.ffi.Errno;
import bwmon.ffi.ErrnoException;
import bwmon.monitor.netlink.NetlinkChannel.Datagram;
import org.jspecify.annotations.Nullable;

/**
 * Requests and their answers, and notifications, over one channel. For one thread at a time; an answer is told from
 * those to earlier requests by its sequence number, and from other processes' messages by its ports.
 */
public final class NetlinkConnection implements AutoCloseable {
    /** A table that changes all the time interrupts dump after dump; somebody has to give up. */
    private static final int DUMP_ATTEMPTS = 8;
    /** Datagrams of one abandoned dump, of up to 32 KiB each. */
    private static final int ABANDON_LIMIT = 100_000;

    private final NetlinkChannel channel;
    private int sequence;
    private long dropsSeen;

    /** A connection that owns the channel. */
    public NetlinkConnection(NetlinkChannel channel) {
        this.channel = channel;
    }

    /**
     * Notifications that were waiting.
     *
     * @param messages in the order of their coming
     * @param malformed datagrams that could not be read, or only in part, 0 or more
     * @param dropped datagrams for which the kernel found no room, 0 or more
     */
    public record Notifications<T>(List<T> messages, long malformed, long dropped) {
        /** How many are known to be missing, if the kernel does not send again what it dropped. */
        public long lost() {
            return malformed + dropped;
        }
    }

    /** How a dump that could be read to its end came out. */
    private enum Outcome {
        WHOLE, INTERRUPTED, OVERRUN
    }

    /**
     * Lists a whole table. A dump that the kernel marks as interrupted, or whose parts were lost, is asked for again, up
     * to eight times.
     *
     * @param what is listed, for messages
     * @param type of the request
     * @param payload of the request, without the header
     * @throws ErrnoException if the kernel refuses the request; EAGAIN if it does not answer
     * @throws NetlinkException if an answer is malformed or was cut, or every attempt was interrupted
     */
    public <T> List<T> dump(String what, int type, byte[] payload, NetlinkMessage.Decoder<T> decoder)
            throws IOException {
        Outcome outcome = Outcome.WHOLE;
        for (int attempt = 0; attempt < DUMP_ATTEMPTS; attempt++) {
            var result = new ArrayList<T>();
            boolean ended = false;
            try {
                outcome = attempt(what, type, payload, decoder, result);
                ended = outcome != Outcome.OVERRUN;
            } finally {
                if (!ended) {
                    abandon();
                }
            }
            if (outcome == Outcome.WHOLE) {
                return result;
            }
        }
        throw new NetlinkException("dump of " + what + ": no whole answer in " + DUMP_ATTEMPTS + " attempts, "
                + (outcome == Outcome.OVERRUN
                        ? "the receive queue overran each time"
                        : "the table changed each time"));
    }

    private <T> Outcome attempt(String what, int type, byte[] payload, NetlinkMessage.Decoder<T> decoder,
            List<T> result) throws IOException {
        advance();
        channel.send(new MessageWriter(type, Netlink.NLM_F_REQUEST | Netlink.NLM_F_DUMP, sequence, 0).bytes(payload)
                .toBytes());
        boolean interrupted = false;
        while (true) {
            MessageReader messages;
            try {
                messages = new MessageReader(uncut("dump of " + what, channel.receive()));
            } catch (ErrnoException e) {
                if (e.errno() == Errno.ENOBUFS) {
                    return Outcome.OVERRUN;
                }
                throw e;
            }
            for (NetlinkMessage message = messages.next(); message != null; message = messages.next()) {
                if (message.sequence() != sequence || message.port() != channel.port()) {
                    continue; // The rest of an answer that was given up.
                }
                interrupted |= message.has(Netlink.NLM_F_DUMP_INTR);
                switch (message.type()) {
                    case Netlink.NLMSG_NOOP -> {
                        // Nothing, as the name says.
                    }
                    case Netlink.NLMSG_OVERRUN -> {
                        return Outcome.OVERRUN;
                    }
                    case Netlink.NLMSG_ERROR, Netlink.NLMSG_DONE -> {
                        ErrnoException.check("dump of " + what, message.result());
                        return interrupted ? Outcome.INTERRUPTED : Outcome.WHOLE;
                    }
                    default -> result.add(decoder.decode(message));
                }
            }
            messages.end();
        }
    }

    /**
     * Asks for one thing.
     *
     * @param what is asked for, for messages
     * @param type of the request
     * @param payload of the request, without the header
     * @return null if the kernel says that there is none (ENOENT)
     * @throws ErrnoException if the kernel refuses otherwise; EAGAIN if it does not answer
     * @throws NetlinkException if the answer is malformed or was cut
     */
    public <T> @Nullable T get(String what, int type, byte[] payload, NetlinkMessage.Decoder<T> decoder)
            throws IOException {
        advance();
        channel.send(new MessageWriter(type, Netlink.NLM_F_REQUEST, sequence, 0).bytes(payload).toBytes());
        while (true) {
            var messages = new MessageReader(uncut(what, channel.receive()));
            for (NetlinkMessage message = messages.next(); message != null; message = messages.next()) {
                if (message.sequence() != sequence || message.port() != channel.port()) {
                    continue; // The rest of an answer that was given up.
                }
                if (message.type() == Netlink.NLMSG_ERROR) {
                    int result = message.result();
                    if (result == -Errno.ENOENT) {
                        return null;
                    }
                    ErrnoException.check(what, result);
                } else if (message.type() > Netlink.NLMSG_OVERRUN) {
                    return decoder.decode(message);
                }
            }
            messages.end();
        }
    }

    private int advance() {
        sequence = sequence == Integer.MAX_VALUE ? 1 : sequence + 1;
        return sequence;
    }

    /**
     * Sends messages together, as netfilter's transactions ask for, and waits until each that has NLM_F_ACK is
     * acknowledged.
     *
     * @param what is done, for messages
     * @param requests at least one with NLM_F_ACK; their sequence numbers are given here
     * @return what the kernel answered beside the acknowledgements
     * @throws ErrnoException if the kernel refuses any of them; EAGAIN if it does not answer
     * @throws NetlinkException if an answer is malformed or was cut
     */
    public <T> List<T> transact(String what, List<MessageWriter> requests, NetlinkMessage.Decoder<T> decoder)
            throws IOException {
        var together = new ByteArrayOutputStream();
        var awaited = new HashSet<Integer>();
        var sent = new HashSet<Integer>();
        for (MessageWriter request : requests) {
            together.writeBytes(request.toBytes(advance()));
            sent.add(sequence);
            if (request.has(Netlink.NLM_F_ACK)) {
                awaited.add(sequence);
            }
        }
        if (awaited.isEmpty()) {
            throw new IllegalArgumentException(what + ": no request asks to be acknowledged");
        }
        channel.send(together.toByteArray());
        var result = new ArrayList<T>();
        boolean ended = false;
        try {
            while (!awaited.isEmpty()) {
                var messages = new MessageReader(uncut(what, channel.receive()));
                for (NetlinkMessage message = messages.next(); message != null; message = messages.next()) {
                    if (!sent.contains(message.sequence()) || message.port() != channel.port()) {
                        continue; // The rest of an answer that was given up.
                    }
                    if (message.type() == Netlink.NLMSG_ERROR) {
                        ErrnoException.check(what, message.result());
                        awaited.remove(message.sequence());
                    } else if (message.type() > Netlink.NLMSG_OVERRUN) {
                        result.add(decoder.decode(message));
                    }
                }
                messages.end();
            }
            ended = true;
            return result;
        } finally {
            if (!ended) {
                abandon();
            }
        }
    }

    /** What the kernel sent, nothing missing; empty for what another process sent. */
    private static ByteBuffer uncut(String what, Datagram datagram) throws NetlinkException {
        if (datagram.senderPort() != 0) {
            return ByteBuffer.allocate(0);
        }
        if (datagram.isCut()) {
            throw new NetlinkException(what + ": a datagram of " + datagram.length()
                    + " bytes was cut to " + datagram.bytes().remaining());
        }
        return datagram.bytes();
    }

    /** The kernel refuses a new dump (EBUSY) while an old one is under way; reading it drives it to its end. */
    private void abandon() {
        for (int i = 0; i < ABANDON_LIMIT; i++) {
            try {
                if (channel.receiveNow() == null) {
                    return;
                }
            } catch (ErrnoException e) {
                if (e.errno() != Errno.ENOBUFS) {
                    return; // The next request meets the same error, and tells it.
                }
            } catch (IOException e) {
                return; // As above.
            }
        }
    }

    /** Waits until there is something to take, or the time is over: as {@link NetlinkChannel#await}. */
    public boolean await(int millis) throws IOException {
        return channel.await(millis);
    }

    /**
     * Takes the notifications that wait, without waiting for any. Whatever is malformed, cut or was dropped by the kernel
     * counts as lost; what could be read is never given up for it.
     *
     * @param limit how many at most; the others keep waiting
     * @throws IOException if the kernel refuses for a reason other than an overrun, and nothing was read yet
     */
    public <T> Notifications<T> notifications(int limit, NetlinkMessage.Decoder<T> decoder) throws IOException {
        var result = new ArrayList<T>();
        long malformed = 0;
        long overruns = 0;
        while (result.size() < limit) {
            try {
                Datagram datagram = channel.receiveNow();
                if (datagram == null) {
                    break;
                }
                if (datagram.senderPort() == 0) {
                    malformed += read(datagram, decoder, result);
                }
            } catch (ErrnoException e) {
                if (e.errno() == Errno.ENOBUFS) {
                    overruns++;
                } else if (result.isEmpty()) {
                    throw e;
                } else {
                    break; // The next call meets the same error, and tells it.
                }
            }
        }
        // The kernel says ENOBUFS once for many that it dropped, and counts each.
        long drops = channel.drops();
        long dropped = Math.max(overruns, drops - dropsSeen);
        dropsSeen = drops;
        return new Notifications<>(result, malformed, dropped);
    }

    /** Reads what can be read, and gives back 1 if that is not all. */
    private static <T> int read(Datagram datagram, NetlinkMessage.Decoder<T> decoder, List<T> result) {
        var messages = new MessageReader(datagram.bytes());
        try {
            for (NetlinkMessage message = messages.next(); message != null; message = messages.next()) {
                if (message.type() > Netlink.NLMSG_OVERRUN) {
                    result.add(decoder.decode(message));
                }
            }
            messages.end();
        } catch (NetlinkException e) {
            return 1;
        }
        return datagram.isCut() ? 1 : 0;
    }

    /** Closes the channel. */
    @Override
    public void close() {
        channel.close();
    }
}
