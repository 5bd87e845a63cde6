package bwmon.proxy.socket;

import java.io.FileNotFoundException;
import java.net.NoRouteToHostException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import bwmon.ffi.Errno;
import bwmon.ffi.ErrnoException;
import io.netty.channel.unix.Errors.NativeIoException;

/**
 * The kernel's error numbers (asm-generic/errno-base.h, asm-generic/errno.h) behind what Netty throws. Its texts are
 * strerror(3)'s, in the user's language, and so not to be searched.
 */
public final class SystemErrors {
    /** No such file or directory. */
    public static final int ENOENT = 2;
    /** Try again: for a UNIX socket, its listener's queue is full. */
    public static final int EAGAIN = 11;
    /** Permission denied. */
    public static final int EACCES = 13;
    /** Too many open files on the host. */
    public static final int ENFILE = 23;
    /** Too many open files in this process. */
    public static final int EMFILE = 24;
    /** The peer takes no more. */
    public static final int EPIPE = 32;
    /** Address already in use. */
    public static final int EADDRINUSE = 98;
    /** The host has no such address. */
    public static final int EADDRNOTAVAIL = 99;
    /** Network is unreachable. */
    public static final int ENETUNREACH = 101;
    /** The client was gone before it was accepted. */
    public static final int ECONNABORTED = 103;
    /** Connection reset by peer. */
    public static final int ECONNRESET = 104;
    /** Connection timed out. */
    public static final int ETIMEDOUT = 110;
    /** Connection refused. */
    public static final int ECONNREFUSED = 111;
    /** No route to host. */
    public static final int EHOSTUNREACH = 113;

    /** How Netty names the number where it makes an exception of the JDK's. */
    private static final Pattern NUMBER = Pattern.compile("error\\(-?([0-9]{1,4})\\)");

    private SystemErrors() {}

    /** The kernel's number; 0 if none is known. */
    public static int number(Throwable error) {
        return switch (error) {
            case NativeIoException known -> Math.abs(known.expectedErr());
            case ErrnoException known -> known.errno();
            // Thrown without a word for these two.
            case NoRouteToHostException _ -> EHOSTUNREACH;
            case FileNotFoundException _ -> ENOENT;
            default -> {
                Matcher number = NUMBER.matcher(String.valueOf(error.getMessage()));
                yield number.find() ? Integer.parseInt(number.group(1)) : 0;
            }
        };
    }

    /** Whether a call that may not wait would have had to, or was interrupted: asking again later may help. */
    static boolean isForNow(int number) {
        return number == EAGAIN || number == Errno.EINTR;
    }

    /** What to tell a person. */
    public static String text(Throwable error) {
        String message = error.getMessage();
        return switch (error) {
            case NoRouteToHostException _ when message == null -> "no route to host";
            case FileNotFoundException _ when message == null -> "no such file";
            default -> message == null ? error.getClass().getSimpleName() : message;
        };
    }
}
