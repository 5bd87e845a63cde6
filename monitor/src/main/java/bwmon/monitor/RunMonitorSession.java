package bwmon.monitor;

import java.io.IOException;
import java.io.PrintStream;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;

import bwmon.cli.IntervalLoop;
import bwmon.cli.ProgramException;
import bwmon.cli.ProgramException.Kind;
import bwmon.cli.View;
import bwmon.cli.ViewThread;
import bwmon.monitor.console.Model;
import bwmon.monitor.console.Picture;
import bwmon.traffic.Report;
import bwmon.traffic.SocketStates;
import org.jspecify.annotations.Nullable;

/**
 * One run: asks the monitor once an interval and hands the picture to the view. The thread that runs it opens the monitor
 * and is the only one that asks it; the view has a thread of its own.
 */
final class RunMonitorSession {
    /** How long the end waits for a standard output that takes nothing. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final RunMonitorOpener opener;
    private final MonitorOptions options;
    private final boolean looksBack;
    private final Model model;
    private final View<Picture> view;
    private final BooleanSupplier withSockets;
    private final NamespaceWatch namespace;
    private final IntervalLoop loop;
    private final Clock clock;
    private final PrintStream err;
    private @Nullable String failure;
    private @Nullable String socketFailure;
    private @Nullable String namespaceFailure;

    /** Tells whether the namespace that was asked for is still the one that is looked at. */
    @FunctionalInterface
    interface NamespaceWatch {
        /** The one of this process, which is always there. */
        NamespaceWatch OWN = Optional::empty;

        /**
         * Why it is not, and what to do, for a person; empty if it is.
         *
         * @throws IOException if that cannot be told
         */
        Optional<String> whyGone() throws IOException;
    }

    /**
     * A session.
     *
     * @param looksBack whether what moved before the start is in the totals
     * @param withSockets whether the next picture has the sockets
     */
    RunMonitorSession(RunMonitorOpener opener, MonitorOptions options, boolean looksBack, Model model,
            View<Picture> view,
            BooleanSupplier withSockets, NamespaceWatch namespace, IntervalLoop loop, Clock clock, PrintStream err) {
        this.opener = opener;
        this.options = options;
        this.looksBack = looksBack;
        this.model = model;
        this.view = view;
        this.withSockets = withSockets;
        this.namespace = namespace;
        this.loop = loop;
        this.clock = clock;
        this.err = err;
    }

    /**
     * Runs until the loop is stopped, nobody reads the view, or the namespace is gone; the last interval is shown.
     *
     * @param once whether to end after one interval
     * @param showsBefore whether what moved before the start is shown by itself, and not only in totals
     * @throws ProgramException if the monitor cannot be opened, could not tell at the end, or its namespace is gone
     */
    void run(boolean once, boolean showsBefore) throws ProgramException {
        var gone = new AtomicReference<Optional<String>>(Optional.empty());
        try (Monitor monitor = opener.open(options)) {
            monitor.notices().forEach(this::say);
            var views = new ViewThread<Picture>(view, Picture::then, err, loop::stop);
            try {
                if (looksBack) {
                    Picture before = model.before(monitor.name(), monitor.before(), clock.instant());
                    if (showsBefore) {
                        views.show(before, List.of());
                    }
                }
                loop.run(() -> {
                    // First, so that the last report has all that moved until it was gone.
                    gone.set(whyGone());
                    boolean last = once || loop.isStopping() || gone.get().isPresent();
                    views.show(next(monitor), List.of());
                    return !last;
                });
            } finally {
                finish(views);
            }
        }
        String unknown = failure == null ? "" : "what moved at the end is not known: " + failure;
        if (gone.get().isPresent()) {
            throw new ProgramException(Kind.MISSING, gone.get().get() + (unknown.isEmpty() ? "" : "\n" + unknown));
        }
        if (failure != null) {
            throw new ProgramException(Kind.FAILURE, unknown);
        }
    }

    private Optional<String> whyGone() {
        try {
            Optional<String> why = namespace.whyGone();
            namespaceFailure = null;
            return why;
        } catch (IOException e) {
            String message = message(e);
            if (!message.equals(namespaceFailure)) {
                say("whether the network namespace is still there cannot be told: " + message);
                namespaceFailure = message;
            }
            return Optional.empty();
        }
    }

    private void say(String message) {
        if (!view.note(message)) {
            err.println("runmonitor: " + message);
        }
    }

    private Picture next(Monitor monitor) {
        try {
            Report report = monitor.collect();
            SocketStates sockets = withSockets.getAsBoolean() ? sockets(monitor) : null;
            if (failure != null) {
                say(monitor.name() + " tells again");
                failure = null;
            }
            return model.next(report, clock.instant(), sockets);
        } catch (IOException e) {
            String message = message(e);
            if (!message.equals(failure)) {
                say(monitor.name() + " could not tell, is asked again: " + message);
                failure = message;
            }
            return model.failed(monitor.name(), message, clock.instant());
        }
    }

    /** What moved has been collected by now, and must be shown also where the sockets are not told of. */
    private @Nullable SocketStates sockets(Monitor monitor) {
        try {
            SocketStates sockets = monitor.sockets();
            socketFailure = null;
            return sockets;
        } catch (IOException e) {
            String message = message(e);
            if (!message.equals(socketFailure)) {
                say(monitor.name() + " could not tell of its sockets: " + message);
                socketFailure = message;
            }
            return null;
        }
    }

    private static String message(IOException e) {
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }

    private static void finish(ViewThread<Picture> views) throws ProgramException {
        try {
            if (!views.finish(PATIENCE)) {
                throw new ProgramException(Kind.FAILURE, "standard output took nothing for " + PATIENCE.toSeconds()
                        + " s: the last intervals were not shown");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (views.hasFailed()) {
            throw new ProgramException(Kind.FAILURE, "the view failed; the log says why");
        }
    }
}
