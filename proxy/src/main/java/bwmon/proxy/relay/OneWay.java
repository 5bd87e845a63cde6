package bwmon.proxy.relay;

import java.io.IOException;

import bwmon.traffic.Direction;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.concurrent.FastThreadLocal;
import org.jspecify.annotations.Nullable;

/**
 * One direction of a relayed connection: reads from one socket, writes to the other. Event loop only.
 *
 * <p>Reading waits until all that was read before is with the kernel, so at most one read of {@value #MAX_READ} bytes is
 * held back in each direction: 256 KiB for a connection that is stalled both ways.
 */
final class OneWay {
    /** The most that is read at a time. */
    private static final int MAX_READ = 128 * 1024;
    /** Rounds at a time, so that one busy connection does not keep the loop from the others: 2 MiB. */
    private static final int ROUNDS = 16;

    /** Read into by all connections of a loop; what a socket does not take at once is copied out of it. */
    private static final FastThreadLocal<ByteBuf> READ_BUFFER = new FastThreadLocal<>() {
        @Override
        protected ByteBuf initialValue() {
            return PooledByteBufAllocator.DEFAULT.directBuffer(MAX_READ, MAX_READ);
        }

        @Override
        protected void onRemoval(ByteBuf buffer) {
            buffer.release();
        }
    };

    private final Relay relay;
    private final StreamSocket from;
    private final StreamSocket to;
    private final Direction direction;
    private final @Nullable RateLimiter limiter;

    /** What was read, or is ours to say first, and was not taken yet. */
    private @Nullable ByteBuf pending;
    /** How many bytes at the front of {@code pending} are our own, and so not counted. */
    private int uncounted;
    private boolean paid;
    private boolean waitingForTurn;
    private boolean again;
    private boolean sourceEnded;
    private boolean sourceFailed;
    private boolean finished;
    private boolean abandoned;

    OneWay(Relay relay, StreamSocket from, StreamSocket to, Direction direction, @Nullable RateLimiter limiter) {
        this.relay = relay;
        this.from = from;
        this.to = to;
        this.direction = direction;
        this.limiter = limiter;
    }

    /** Says something of our own before anything that is forwarded; the buffer is taken over. */
    void sayFirst(ByteBuf bytes) {
        if (!bytes.isReadable()) {
            bytes.release();
            return;
        }
        pending = bytes;
        uncounted = bytes.readableBytes();
    }

    /** Moves what can be moved now. */
    void pump() {
        for (int round = 0; round < ROUNDS; round++) {
            if (finished || abandoned || !flush()) {
                return;
            }
            if (sourceEnded) {
                // After a reset the end is not passed on as one: the other side would take a cut stream for a whole.
                if (!sourceFailed) {
                    finish();
                }
                return;
            }
            if (!from.mayRead() || !hasTurn()) {
                return;
            }
            if (!transfer()) {
                return;
            }
        }
        if (!again) {
            again = true;
            relay.execute(() -> {
                again = false;
                relay.pump();
            });
        }
    }

    /** Writes what is pending; false if some of it still is. */
    private boolean flush() {
        if (pending == null) {
            return true;
        }
        if (!to.mayWrite()) {
            return false;
        }
        int start = pending.readerIndex();
        int taken = write(pending, start, pending.writerIndex());
        if (taken < 0) {
            return false;
        }
        pending.readerIndex(start + taken);
        if (pending.isReadable()) {
            return false;
        }
        pending.release();
        pending = null;
        return true;
    }

    /** Writes and counts; -1 if the socket takes no more, ever. */
    private int write(ByteBuf bytes, int start, int end) {
        int taken;
        try {
            taken = to.write(bytes, start, end);
        } catch (IOException e) {
            abandon();
            relay.sinkFailed(this);
            return -1;
        }
        int ours = Math.min(taken, uncounted);
        uncounted -= ours;
        if (taken > ours) {
            relay.forwarded(direction, taken - ours);
        }
        return taken;
    }

    private boolean hasTurn() {
        if (limiter == null || paid) {
            return true;
        }
        if (!waitingForTurn) {
            paid = limiter.pay(() -> relay.execute(this::turnCame));
            waitingForTurn = !paid;
        }
        return paid;
    }

    private void turnCame() {
        waitingForTurn = false;
        paid = true;
        if (finished || abandoned || sourceEnded || relay.isOver()) {
            settle(0);
        } else {
            relay.pump();
        }
    }

    private void settle(int bytes) {
        if (paid && limiter != null) {
            paid = false;
            limiter.settle(bytes);
        }
    }

    /** One read, and the write of what it gave; false if nothing more can be done now. */
    private boolean transfer() {
        ByteBuf buffer = READ_BUFFER.get();
        int count;
        try {
            count = from.read(buffer, limiter == null ? MAX_READ : limiter.chunk());
        } catch (IOException e) {
            settle(0);
            sourceEnded = true;
            sourceFailed = true;
            relay.sourceFailed(this);
            return false;
        }
        if (count == 0) {
            return false;
        }
        if (count < 0) {
            settle(0);
            sourceEnded = true;
            relay.sourceEnded(this);
            return true;
        }
        settle(count);
        relay.read(direction, count);
        int taken = write(buffer, 0, count);
        if (taken >= 0 && taken < count) {
            pending = buffer.alloc().directBuffer(count - taken).writeBytes(buffer, taken, count - taken);
        }
        return taken == count;
    }

    private void finish() {
        try {
            to.shutdown(false, true);
        } catch (IOException e) {
            abandon();
            relay.sinkFailed(this);
            return;
        }
        finished = true;
        relay.finished();
    }

    /** Gives up what cannot be delivered any more; it stays counted as read, but not as forwarded. */
    void abandon() {
        abandoned = true;
        if (pending != null) {
            pending.release();
            pending = null;
        }
        settle(0);
    }

    /** Whether all was read, to the end of the stream or to an error. */
    boolean isSourceEnded() {
        return sourceEnded;
    }

    /** Whether the end of the stream was passed on, behind everything before it. */
    boolean isFinished() {
        return finished;
    }

    /** Whether nothing is written any more in this direction. */
    boolean isAbandoned() {
        return abandoned;
    }

    /** Whether nothing that was read is left to be written. */
    boolean isFlushed() {
        return pending == null;
    }

    StreamSocket from() {
        return from;
    }

    StreamSocket to() {
        return to;
    }
}
