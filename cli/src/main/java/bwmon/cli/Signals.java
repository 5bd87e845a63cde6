package bwmon.cli;

import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;

import bwmon.ffi.Tty;

/**
 * Signals of the operating system. Shutdown hooks cannot serve: they end the program with 128 + the signal's number, and
 * SIGHUP has another meaning here. The handlers run on a thread of the JVM's own.
 *
 * <p>The module jdk.unsupported has the only way to answer a signal; it is reached by reflection, because javac warns of
 * it without a way to say that it is meant.
 */
public final class Signals {
    private static final String SIGNAL = "sun.misc.Signal";
    private static final String HANDLER = "sun.misc.SignalHandler";

    private Signals() {}

    /**
     * Calls {@code stop} at the first SIGINT or SIGTERM. At the second the program ends at once, with 128 + the signal's
     * number, whatever it is doing.
     *
     * @param stop gets the signal's number; must return soon
     * @param atSecond what must not be left undone even then; must return soon
     */
    public static void onStop(IntConsumer stop, Runnable atSecond) {
        var stopping = new AtomicBoolean();
        IntConsumer handler = number -> {
            if (stopping.getAndSet(true)) {
                try {
                    atSecond.run();
                } finally {
                    // halt, not exit: a second signal means that no orderly end is waited for.
                    Runtime.getRuntime().halt(128 + number);
                }
            }
            stop.accept(number);
        };
        handle("INT", handler);
        handle("TERM", handler);
    }

    /** As {@link #onStop(IntConsumer, Runnable)}, with nothing to be done at the second signal. */
    public static void onStop(IntConsumer stop) {
        onStop(stop, () -> {});
    }

    /**
     * Ends the program, as asked and so with 0, if it has not ended by itself by then: its last words may be stuck in an
     * output that nobody reads.
     */
    public static void endWithin(Duration patience) {
        Thread.ofPlatform().name("end").daemon().start(() -> {
            long end = System.nanoTime() + patience.toNanos();
            for (long left = patience.toNanos(); left > 0; left = end - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
            Runtime.getRuntime().halt(0);
        });
    }

    /** Calls {@code reload} at every SIGHUP. */
    public static void onReload(Runnable reload) {
        handle("HUP", _ -> reload.run());
    }

    /** Calls {@code resized} whenever the terminal's window changed its size (SIGWINCH). */
    static void onResize(Runnable resized) {
        handle("WINCH", _ -> resized.run());
    }

    /** Calls {@code goOn} whenever the program goes on after it was stopped (SIGCONT), by whatever signal. */
    static void onContinue(Runnable goOn) {
        handle("CONT", _ -> goOn.run());
    }

    /**
     * Calls {@code prepare} before Ctrl-Z (SIGTSTP) stops the program. It is stopped by the signal itself, as the shell
     * expects it; where no shell could have it go on again (an orphaned process group), the kernel does not stop it.
     * A program that was started with the signal ignored goes on ignoring it.
     *
     * @param goOn is called when it goes on, or was not stopped; SIGCONT may have been heard of before
     */
    static void onSuspend(Runnable prepare, Runnable goOn) {
        Object ignored = handler("SIG_IGN");
        var own = new AtomicReference<Object>();
        Object previous = handle("TSTP", number -> {
            prepare.run();
            set("TSTP", handler("SIG_DFL"));
            Tty.raise(number);
            set("TSTP", own.get());
            goOn.run();
        }, own);
        if (previous.equals(ignored)) {
            set("TSTP", ignored);
        }
    }

    private static void handle(String name, IntConsumer action) {
        handle(name, action, new AtomicReference<>());
    }

    /** Gives the previous handler back. */
    private static Object handle(String name, IntConsumer action, AtomicReference<Object> own) {
        try {
            Class<?> signal = Class.forName(SIGNAL);
            Class<?> handler = Class.forName(HANDLER);
            Object proxy = Proxy.newProxyInstance(Signals.class.getClassLoader(), new Class<?>[]{handler},
                    (self, method, arguments) -> switch (method.getName()) {
                        case "handle" -> {
                            action.accept((int) signal.getMethod("getNumber").invoke(arguments[0]));
                            yield null;
                        }
                        case "hashCode" -> System.identityHashCode(action);
                        case "equals" -> System.identityHashCode(self) == System.identityHashCode(arguments[0]);
                        default -> "handler of SIG" + name;
                    });
            own.set(proxy);
            return set(name, proxy);
        } catch (ReflectiveOperationException e) {
            throw missing(e);
        }
    }

    private static Object set(String name, Object handler) {
        try {
            Class<?> signal = Class.forName(SIGNAL);
            return signal.getMethod("handle", signal, Class.forName(HANDLER)).invoke(null,
                    signal.getConstructor(String.class).newInstance(name), handler);
        } catch (ReflectiveOperationException e) {
            throw missing(e);
        }
    }

    /** One of the two handlers that the system has: SIG_DFL and SIG_IGN. */
    private static Object handler(String name) {
        try {
            return Class.forName(HANDLER).getField(name).get(null);
        } catch (ReflectiveOperationException e) {
            throw missing(e);
        }
    }

    /** A runtime image without jdk.unsupported: the program would end at SIGTERM without its last report. */
    private static IllegalStateException missing(ReflectiveOperationException e) {
        return new IllegalStateException("this Java runtime has no sun.misc.Signal (module jdk.unsupported)", e);
    }
}
