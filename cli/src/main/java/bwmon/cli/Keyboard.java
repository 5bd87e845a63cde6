package bwmon.cli;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import bwmon.ffi.Errno;
import bwmon.ffi.ErrnoException;
import bwmon.ffi.Libc;
import bwmon.ffi.Termios;
import bwmon.ffi.Tty;
import org.jspecify.annotations.Nullable;

/**
 * Keys from the terminal of standard input, each as it is pressed and without being shown. Where standard input is no
 * terminal there are none.
 *
 * <p>A thread of its own reads, only while the program is in the foreground and {@link #enter} was called: a job in the
 * background that reads is stopped. Ctrl-C and Ctrl-Z are signals as ever.
 */
final class Keyboard implements AutoCloseable {
    private static final int STANDARD_INPUT = 0;
    /** How soon the reader sees that it is to end, or that the shell has brought the program to the foreground. */
    private static final int TICK_MILLIS = 250;
    /** What follows ESC within this time belongs to it: terminals send a sequence at once, people type slowly. */
    private static final int SEQUENCE_MILLIS = 50;
    private static final int BUFFER_BYTES = 256;

    private final Consumer<Key> keys;
    private final Runnable tick;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Object lock = new Object();
    // Guarded by lock.
    private @Nullable Termios before;
    private volatile boolean entered;

    /**
     * A keyboard that is not listened to yet.
     *
     * @param keys gets each key, on a thread of this class's; must return soon
     * @param tick is called a few times a second on that thread
     */
    Keyboard(Consumer<Key> keys, Runnable tick) {
        this.keys = keys;
        this.tick = tick;
    }

    /** Starts the thread. */
    void start() {
        Thread.ofPlatform().name("keyboard").daemon().start(this::run);
    }

    /** Takes the terminal's keys, if standard input is a terminal and in the foreground. */
    void enter() {
        synchronized (lock) {
            if (closed.getCount() == 0 || !Tty.isForeground(STANDARD_INPUT)) {
                return;
            }
            try {
                // After a stop that nobody could prepare for (SIGSTOP) the modes may be our own ones.
                Termios modes = before == null ? Termios.of(STANDARD_INPUT) : before;
                modes.forKeys().apply(STANDARD_INPUT);
                before = modes;
                entered = true;
            } catch (ErrnoException e) {
                // No terminal, or one that has hung up: no keys.
                entered = false;
            }
        }
    }

    /** Gives the terminal its modes back. */
    void leave() {
        synchronized (lock) {
            entered = false;
            if (before == null || !Tty.isForeground(STANDARD_INPUT)) {
                return;
            }
            try {
                before.apply(STANDARD_INPUT);
            } catch (ErrnoException e) {
                // It has hung up: nobody is left to type into it.
            }
            before = null;
        }
    }

    /** Gives the terminal its modes back for good; may be called from any thread, more than once. */
    @Override
    public void close() {
        closed.countDown();
        leave();
    }

    private void run() {
        var decoder = new KeyDecoder(keys);
        var buffer = new byte[BUFFER_BYTES];
        // Not closed: the descriptor is the process's.
        @SuppressWarnings("resource")
        var in = new FileInputStream(FileDescriptor.in);
        try {
            while (!waits(0)) {
                tick.run();
                if (!entered || !Tty.isForeground(STANDARD_INPUT)) {
                    waits(TICK_MILLIS);
                    continue;
                }
                int ready = Libc.pollIn(STANDARD_INPUT, decoder.isWithin() ? SEQUENCE_MILLIS : TICK_MILLIS);
                if (ready == 0) {
                    decoder.pause();
                } else if (ready < 0) {
                    entered &= ready == -Errno.EINTR;
                } else if (entered && !waits(0)) {
                    int length = in.read(buffer);
                    decoder.take(buffer, length);
                    // At the end of input it would be ready for ever.
                    entered &= length > 0;
                }
            }
        } catch (IOException e) {
            // The terminal has hung up: the program hears of that by SIGHUP, or when it prints.
            entered = false;
        }
    }

    private boolean waits(int millis) {
        try {
            return closed.await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }
}
