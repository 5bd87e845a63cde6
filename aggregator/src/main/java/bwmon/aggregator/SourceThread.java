package bwmon.aggregator;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

import bwmon.cli.ProgramException;
import bwmon.traffic.Report;
import bwmon.traffic.Ticker;
import bwmon.traffic.TrafficSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A source on a thread of its own, which opens it and is the only one that asks it. The kernel may keep whoever reads a file
 * of proc(5) for as long as it likes (a process whose memory is locked): then the source has not answered, and neither the
 * interval nor the other sources wait. What it says in the end is its next report, about all the time since its last.
 *
 * @param <S> what kind of source
 */
final class SourceThread<S extends TrafficSource> implements TrafficSource {
    /** At the end it is waited for longer: there is no other interval that could have its bytes. */
    private static final Duration LAST_PATIENCE = Duration.ofSeconds(5);
    private static final Logger LOG = LoggerFactory.getLogger(SourceThread.class);

    private final ExecutorService thread;
    private final S source;
    private final Supplier<Duration> patience;
    private final Runnable abandon;
    private final Duration lastPatience;
    private final Ticker ticker;
    private @Nullable Future<Report> answer;
    private long askedNanos;

    /** The source was asked and is not done yet. */
    static final class NotAnsweredException extends IOException {
        private static final long serialVersionUID = 1;

        NotAnsweredException(String message) {
            super(message);
        }
    }

    /** Opens a source. */
    @FunctionalInterface
    interface Opener<S> {
        /**
         * Opens it.
         *
         * @throws ProgramException if this host does not have or allow what it needs
         */
        S open() throws ProgramException;
    }

    private SourceThread(ExecutorService thread, S source, Supplier<Duration> patience, Runnable abandon,
            Duration lastPatience, Ticker ticker) {
        this.thread = thread;
        this.source = source;
        this.patience = patience;
        this.abandon = abandon;
        this.lastPatience = lastPatience;
        this.ticker = ticker;
    }

    /**
     * Opens a source on a thread of its own.
     *
     * @param patience how long an interval waits for an answer; asked each time
     * @param abandon puts back what must not be left undone if the source can never be closed because it does not answer
     * @throws ProgramException from the opener
     */
    static <S extends TrafficSource> SourceThread<S> open(Opener<S> opener, Supplier<Duration> patience,
            Runnable abandon, Ticker ticker) throws ProgramException {
        return open(opener, patience, abandon, LAST_PATIENCE, ticker);
    }

    static <S extends TrafficSource> SourceThread<S> open(Opener<S> opener, Supplier<Duration> patience,
            Runnable abandon, Duration lastPatience, Ticker ticker) throws ProgramException {
        ExecutorService thread = Executors
                .newSingleThreadExecutor(task -> Thread.ofPlatform().name("source").daemon().unstarted(task));
        try {
            return new SourceThread<>(thread, thread.submit(opener::open).get(), patience, abandon,
                    lastPatience, ticker);
        } catch (ExecutionException e) {
            thread.shutdown();
            switch (e.getCause()) {
                case ProgramException known -> throw known;
                case RuntimeException unexpected -> throw unexpected;
                case Error error -> throw error;
                case null, default -> throw new IllegalStateException("opening a source", e);
            }
        } catch (InterruptedException e) {
            thread.shutdownNow();
            Thread.currentThread().interrupt();
            throw new ProgramException(ProgramException.Kind.FAILURE, "interrupted while a source was opened", e);
        }
    }

    /** The source; nothing of it but what any thread may ask. */
    S source() {
        return source;
    }

    @Override
    public String name() {
        return source.name();
    }

    @Override
    public Report collect() throws IOException {
        return collect(patience.get(), false);
    }

    /** Whether it was asked and has yet to answer: what it says is of before now. */
    boolean isAsked() {
        return answer != null;
    }

    /** As {@link #collect}, for the last time: it is waited for longer. */
    Report collectLast() throws IOException {
        return collect(lastPatience, true);
    }

    private Report collect(Duration wait, boolean isLast) throws IOException {
        Future<Report> asked = answer;
        long waitNanos = wait.toNanos();
        if (asked == null) {
            asked = thread.submit(source::collect);
            answer = asked;
            askedNanos = ticker.nanos();
        } else if (!isLast) {
            // It had its time already; the others are not to wait for it again.
            waitNanos = 0;
        }
        try {
            Report report = asked.get(waitNanos, TimeUnit.NANOSECONDS);
            answer = null;
            return report;
        } catch (TimeoutException e) {
            throw new NotAnsweredException("has not answered for "
                    + Math.max(1, TimeUnit.NANOSECONDS.toSeconds(ticker.nanos() - askedNanos)) + " s");
        } catch (ExecutionException e) {
            answer = null;
            switch (e.getCause()) {
                case IOException failure -> throw failure;
                case RuntimeException unexpected -> throw unexpected;
                case Error error -> throw error;
                case null, default -> throw new IllegalStateException("collecting", e);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NotAnsweredException("was interrupted while it was asked");
        }
    }

    @Override
    public void close() {
        Future<?> closed = thread.submit(source::close);
        thread.shutdown();
        try {
            closed.get(lastPatience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            // Closed from another thread it might use what is no more.
            LOG.error("{} does not answer, and is left as it is", source.name());
            abandon.run();
        } catch (ExecutionException e) {
            LOG.error("{} could not be closed", source.name(), e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            abandon.run();
        }
    }
}
