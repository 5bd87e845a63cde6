package bwmon.cli;

import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntConsumer;

/**
 * Signals of the operating system. Shutdown hooks cannot serve: they end the program with 128 + the signal's number, and
 * SIGHUP has another meaning here. The handlers run on a thread of the JVM's own.
 *
 * <p>The module jdk.unsupported has the only way to answer a signal; it is reached by reflection, because javac warns of
 * it without a way to say that it is meant.
 */
public final class Signals {

    private Signals() {}

    /**
     * Calls {@code stop} at the first SIGINT or SIGTERM. At the second the program ends at once, with 128 + the signal's
     * number, whatever it is doing.
     *
     * @param stop gets the signal's number; must return soon
     */
    public static void onStop(IntConsumer stop) {
        var stopping = new AtomicBoolean();
        IntConsumer handler = number -> {
            if (stopping.getAndSet(true)) {
                // halt, not exit: a second signal means that no orderly end is waited for.
                Runtime.getRuntime().halt(128 + number);
            }
            stop.accept(number);
        };
        handle("INT", handler);
        handle("TERM", handler);
    }

    /** Calls {@code reload} at every SIGHUP. */
    public static void onReload(Runnable reload) {
        handle("HUP", _ -> reload.run());
    }

    private static void handle(String name, IntConsumer action) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
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
            signal.getMethod("handle", signal, handler).invoke(null,
                    signal.getConstructor(String.class).newInstance(name),
                    proxy);
        } catch (ReflectiveOperationException e) {
            // A runtime image without jdk.unsupported: the program then ends at SIGTERM without its last report.
            throw new IllegalStateException("this Java runtime has no sun.misc.Signal (module jdk.unsupported)", e);
        }
    }
}
