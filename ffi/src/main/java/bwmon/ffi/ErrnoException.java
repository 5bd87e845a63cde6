package bwmon.ffi;

import java.io.IOException;

/** The kernel refused a call: the message has the operation, the error's symbolic name and the C library's text. */
public final class ErrnoException extends IOException {
    private static final long serialVersionUID = 1;

    private final int errno;

    /**
     * A refused call.
     *
     * @param operation what was tried, such as {@code bind}
     * @param errno the error's number, 1 or more
     */
    public ErrnoException(String operation, int errno) {
        super(operation + ": " + Errno.name(errno) + " (" + Errno.text(errno) + ")");
        this.errno = errno;
    }

    /** The error's number, one of {@link Errno}. */
    public int errno() {
        return errno;
    }

    /**
     * The result of a call of {@link Libc}, if it is no error.
     *
     * @param operation as in the constructor
     * @throws ErrnoException if the result is negative
     */
    public static long check(String operation, long result) throws ErrnoException {
        if (result < 0) {
            throw new ErrnoException(operation, (int) -result);
        }
        return result;
    }
}
