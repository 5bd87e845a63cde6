package bwmon.proxy.meter;

import java.util.concurrent.atomic.AtomicLong;

import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;

/**
 * The counters of one connection, seen as its client sees it: {@link Direction#TX} is from the client to the upstream,
 * {@link Direction#RX} from the upstream to the client.
 *
 * <p>Two counts a direction, which differ only by what died on the way: <em>read</em>, what came from one side's socket,
 * and <em>forwarded</em>, what the kernel took for the other side. Written by the one event loop that serves the
 * connection, read by any thread.
 */
public final class ConnectionMeter {
    private final AtomicLong txRead = new AtomicLong();
    private final AtomicLong rxRead = new AtomicLong();
    private final AtomicLong txForwarded = new AtomicLong();
    private final AtomicLong rxForwarded = new AtomicLong();

    // Guarded by this: what takeForwarded handed out already.
    private long txTaken;
    private long rxTaken;

    /** Counts bytes that came from a socket. Event loop only. */
    public void read(Direction direction, long bytes) {
        add(direction == Direction.TX ? txRead : rxRead, bytes);
    }

    /** Counts bytes that the kernel took. Event loop only. */
    public void forwarded(Direction direction, long bytes) {
        add(direction == Direction.TX ? txForwarded : rxForwarded, bytes);
    }

    private static void add(AtomicLong counter, long bytes) {
        // One writer: no read-modify-write instruction is needed.
        counter.setRelease(counter.getPlain() + bytes);
    }

    /** Bytes that came from the client (TX) or the upstream (RX) so far. */
    public long read(Direction direction) {
        return (direction == Direction.TX ? txRead : rxRead).getAcquire();
    }

    /** Bytes that the kernel took for the upstream (TX) or the client (RX) so far. */
    public long forwarded(Direction direction) {
        return (direction == Direction.TX ? txForwarded : rxForwarded).getAcquire();
    }

    /** What was forwarded since the last call; each byte is handed out once, whoever calls. */
    public synchronized ByteCounts takeForwarded() {
        long tx = forwarded(Direction.TX);
        long rx = forwarded(Direction.RX);
        ByteCounts difference = ByteCounts.ofPayload(rx - rxTaken, tx - txTaken);
        txTaken = tx;
        rxTaken = rx;
        return difference;
    }
}
