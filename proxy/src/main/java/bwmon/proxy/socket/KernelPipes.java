package bwmon.proxy.socket;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

import bwmon.ffi.ErrnoException;
import bwmon.traffic.Ticker;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The kernel pipes of one event loop: each serves whoever has bytes to move, for as long as it holds some. Event loop only. */
public final class KernelPipes {
    private static final Logger LOG = LoggerFactory.getLogger(KernelPipes.class);
    /** What an ordinary user may have at most (/proc/sys/fs/pipe-max-size as it comes). */
    private static final int CAPACITY = 1 << 20;
    /** What a pipe has by default; with less than that, reading and writing is cheaper. */
    private static final int LEAST_CAPACITY = 1 << 16;
    /** In use at once. Those that are stalled keep theirs: so much memory at most, and two descriptors each. */
    private static final int MOST = 128;
    /** Kept when nobody needs them. */
    private static final int SPARE = 16;
    /** How long not to ask for another one, where the kernel gave none or too small a one. */
    private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final DescriptorBudget descriptors;
    private final Ticker ticker;
    private final Opener opener;
    private final Deque<KernelPipe> spare = new ArrayDeque<>();
    private int open;
    private boolean pausing;
    private long pausedNanos;

    /** Makes pipes. */
    @FunctionalInterface
    interface Opener {
        /** As {@link KernelPipe#open}. */
        KernelPipe open(int capacity) throws ErrnoException;
    }

    /** A pool without a pipe. */
    public KernelPipes(DescriptorBudget descriptors, Ticker ticker) {
        this(descriptors, ticker, KernelPipe::open);
    }

    KernelPipes(DescriptorBudget descriptors, Ticker ticker, Opener opener) {
        this.descriptors = descriptors;
        this.ticker = ticker;
        this.opener = opener;
    }

    /** An empty pipe, to be given back as soon as it is empty again; null if there is none to be had now. */
    public @Nullable KernelPipe take() {
        KernelPipe pipe = spare.pollLast();
        return pipe != null || open >= MOST ? pipe : make();
    }

    private @Nullable KernelPipe make() {
        if (pausing && ticker.nanos() - pausedNanos < PAUSE_NANOS) {
            return null;
        }
        pausing = false;
        if (!descriptors.takeSpare()) {
            return null;
        }
        KernelPipe pipe = null;
        try {
            pipe = opener.open(CAPACITY);
            if (pipe.capacity() >= LEAST_CAPACITY) {
                open++;
                return pipe;
            }
            pipe.close();
        } catch (ErrnoException | UnsupportedOperationException e) {
            LOG.debug("no pipe", e);
        }
        descriptors.giveBack();
        pausing = true;
        pausedNanos = ticker.nanos();
        return null;
    }

    /** Gives a pipe back; what it holds is thrown away. */
    public void giveBack(KernelPipe pipe) {
        if (pipe.held() == 0 && spare.size() < SPARE) {
            spare.addLast(pipe);
        } else {
            close(pipe);
        }
    }

    private void close(KernelPipe pipe) {
        pipe.close();
        open--;
        descriptors.giveBack();
    }

    /** Closes what is not in use. */
    public void close() {
        spare.forEach(this::close);
        spare.clear();
    }
}
