package bwmon.ffi;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A file descriptor that is owned: closed exactly once, and refused afterwards, because its number may by then be
 * another's.
 *
 * <p>The owner sees to it that no other thread is inside a call on {@link #number} while it closes; {@link #close} itself
 * may be called from any thread, more than once.
 */
public final class Fd implements AutoCloseable {
    private final String name;
    private final int number;
    private final AtomicBoolean closed = new AtomicBoolean();

    private Fd(String name, int number) {
        this.name = name;
        this.number = number;
    }

    /**
     * Takes over what a call that opens a descriptor returned.
     *
     * @param name for messages, such as {@code socket(AF_NETLINK)}
     * @param result of the call: the descriptor, or the negative of errno
     * @throws ErrnoException if the call failed
     */
    public static Fd of(String name, int result) throws ErrnoException {
        return new Fd(name, (int) ErrnoException.check(name, result));
    }

    /**
     * The descriptor, for a call that ends before this is closed.
     *
     * @throws IllegalStateException if it is closed
     */
    public int number() {
        if (closed.get()) {
            throw new IllegalStateException(name + " is closed");
        }
        return number;
    }

    /** Closes the descriptor, if it is not closed yet. An error is not told: Linux has closed it all the same. */
    @Override
    public void close() {
        if (!closed.getAndSet(true)) {
            Libc.close(number);
        }
    }

    /** The name and the number. */
    @Override
    public String toString() {
        return name + " = " + number + (closed.get() ? " (closed)" : "");
    }
}
