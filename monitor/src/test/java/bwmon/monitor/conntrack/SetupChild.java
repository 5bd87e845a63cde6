package bwmon.monitor.conntrack;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;

import bwmon.cli.Signals;

/** A program of its own that has connection tracking switched on, until it is ended in one way or another. */
final class SetupChild {
    private SetupChild() {}

    /** Takes the run directory, and "deaf" to do nothing at the first SIGTERM; or nothing to just look. */
    public static void main(String[] args) throws IOException {
        Path proc = Path.of("/proc");
        if (args.length == 0) {
            System.out.println(new ConntrackSetup(proc, proc).inspect().access());
            return;
        }
        EnabledConntrack enabled = new ConntrackSetup(proc, Path.of(args[0])).enable();
        if (args.length > 1) {
            Signals.onStop(_ -> System.out.println("asked to stop"), EnabledConntrack::abandonAll);
        } else {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                try {
                    enabled.close();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }));
        }
        System.out.println(enabled.announcement() + String.join("", enabled.warnings()));
        System.in.transferTo(OutputStream.nullOutputStream());
    }
}
