package bwmon.proxy.meter;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;

/**
 * The counters of one connection, seen as its client sees it: {@link Direction#TX} is from the client to the upstream,
 * {@link Direction#RX} from the upstream to the client.
 *
 * <p>Two counts a direction, which differ only by what is on the way, or died there: <em>read</em>, what came from one
 * side's socket, and <em>forwarded</em>, what the kernel took for the other side. Written by the one event loop that
 * serves the connection, read by any thread.
 */
@SuppressWarnings("UnusedVariable") // the counters are used through handles
public final class ConnectionMeter {
    private static final VarHandle TX_READ = field("txRead");
    private static final VarHandle RX_READ = field("rxRead");
    private static final VarHandle TX_FORWARDED = field("txForwarded");
    private static final VarHandle RX_FORWARDED = field("rxForwarded");

    // By the handles above only: an object for each of them would be most of what an idle connection takes here.
    private long txRead;
    private long rxRead;
    private long txForwarded;
    private long rxForwarded;

    // Guarded by this: what takeForwarded handed out already.
    private long txTaken;
    private long rxTaken;

    private static VarHandle field(String name) {
        try {
            return MethodHandles.lookup().findVarHandle(ConnectionMeter.class, name, long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Counts bytes that came from a socket. Event loop only. */
    public void read(Direction direction, long bytes) {
        add(direction == Direction.TX ? TX_READ : RX_READ, bytes);
    }

    /** Counts bytes that the kernel took. Event loop only. */
    public void forwarded(Direction direction, long bytes) {
        add(direction == Direction.TX ? TX_FORWARDED : RX_FORWARDED, bytes);
    }

    private void add(VarHandle counter, long bytes) {
        // One writer: no read-modify-write instruction is needed.
        counter.setRelease(this, (long) counter.get(this) + bytes);
    }

    /** Bytes that came from the client (TX) or the upstream (RX) so far. */
    public long read(Direction direction) {
        return (long) (direction == Direction.TX ? TX_READ : RX_READ).getAcquire(this);
    }

    /** Bytes that the kernel took for the upstream (TX) or the client (RX) so far. */
    public long forwarded(Direction direction) {
        return (long) (direction == Direction.TX ? TX_FORWARDED : RX_FORWARDED).getAcquire(this);
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
