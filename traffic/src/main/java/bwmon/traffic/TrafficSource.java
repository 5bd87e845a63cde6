package bwmon.traffic;

import java.io.IOException;

/**
 * Something that reports traffic: the kernel's programs, the connection table, a pipe.
 *
 * <p><b>Contract.</b> One scheduler thread calls {@link #collect}, once an interval, and never two calls at once; the
 * source may count on any thread it likes. An interval runs from the last call that returned (from the opening, for the
 * first) to this one, whatever the caller's plan was: late and missing calls make longer intervals and lose nothing.
 * Each difference is handed out exactly once: the sum of all reports is what moved since the opening. A call that
 * throws handed out nothing; the next one makes up for it. A last call before {@link #close} gives the partial interval
 * at the end.
 */
public interface TrafficSource extends AutoCloseable {

    /** A name that tells this source from the others, such as {@code sock_diag} or {@code pipe-2222:example.org:22}. */
    String name();

    /**
     * What moved since the last call that returned.
     *
     * @throws IOException if the source cannot tell now; it may be able to at the next call
     */
    Report collect() throws IOException;

    /**
     * Gives back all that the source holds and undoes what it changed on the host. Bytes since the last {@link #collect}
     * are not reported any more.
     */
    @Override
    void close();
}
