package bwmon.proxy.socket;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import bwmon.ffi.Errno;
import bwmon.ffi.ErrnoException;
import io.netty.channel.unix.Errors.NativeIoException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The kernel's error numbers (asm-generic/errno-base.h, asm-generic/errno.h) behind what Netty and the JDK throw. Their texts
 * are strerror(3)'s, in the user's language: so they are compared with what that says for the numbers that are known here.
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

    private static final int[] KNOWN = {ENOENT, EAGAIN, EACCES, ENFILE, EMFILE, EPIPE, EADDRINUSE, EADDRNOTAVAIL,
            ENETUNREACH, ECONNABORTED, ECONNRESET, ETIMEDOUT, ECONNREFUSED, EHOSTUNREACH};
    private static final Logger LOG = LoggerFactory.getLogger(SystemErrors.class);

    private SystemErrors() {}

    /** The kernel's number; 0 if none is known. */
    public static int number(Throwable error) {
        return switch (error) {
            case NativeIoException known -> Math.abs(known.expectedErr());
            case ErrnoException known -> known.errno();
            // Thrown without a word for these two.
            case NoRouteToHostException _ -> EHOSTUNREACH;
            case FileNotFoundException _ -> ENOENT;
            default -> known(error, String.valueOf(error.getMessage()));
        };
    }

    private static int known(Throwable error, String message) {
        Matcher named = NUMBER.matcher(message);
        if (named.find()) {
            return Integer.parseInt(named.group(1));
        }
        Integer number = Texts.NUMBERS.get(message);
        if (number != null) {
            return number;
        }
        return switch (error) {
            // Those two stand for several numbers, of which these are the most frequent.
            case ConnectException _ -> ECONNREFUSED;
            case BindException _ -> EADDRINUSE;
            default -> 0;
        };
    }

    /** An exception that says its number, where the JDK has none. */
    static IOException exception(String operation, int number) {
        return new IOException(operation + "(..) failed with error(-" + number + "): " + Errno.name(number));
    }

    /** The numbers behind texts. */
    private static final class Texts {
        static final Map<String, Integer> NUMBERS = numbers();

        private static Map<String, Integer> numbers() {
            var numbers = new HashMap<String, Integer>();
            // The JDK's own words for a read that failed so; the other two are in case nobody tells.
            numbers.put("Connection reset", ECONNRESET);
            numbers.put("Connection reset by peer", ECONNRESET);
            numbers.put("Broken pipe", EPIPE);
            try {
                for (int number : KNOWN) {
                    numbers.put(Errno.text(number), number);
                }
            } catch (UnsupportedOperationException e) {
                LOG.debug("the C library's texts are not to be had", e);
            }
            return numbers;
        }
    }

    /** Whether a call that may not wait would have had to, or was interrupted: asking again later may help. */
    static boolean isForNow(int number) {
        return number == EAGAIN || number == Errno.EINTR;
    }

    /** What to tell a person of the first cause: what the system said, where Netty has wrapped it in what it tried. */
    public static String rootText(Throwable error) {
        Throwable cause = error;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return text(cause);
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
