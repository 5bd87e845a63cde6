package bwmon.monitor.procfs;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Lines of a file, one after another in one buffer of {@link #LIMIT} bytes, with a cursor that reads what files of /proc
 * are made of: words between spaces, and numbers. Nothing throws for what a file contains: a number that is none is -1.
 *
 * <p>A line that does not fit, and a last one without its line feed, which may have lost its end, are left out and counted.
 */
public final class Lines {
    /** The longest line that is read, in bytes; those of /proc have some hundred. */
    public static final int LIMIT = 64 * 1024;

    /** The largest number that ten times itself, and nine, is no more than 2^63 - 1. */
    private static final long TENTH = (Long.MAX_VALUE - 9) / 10;

    private final InputStream file;
    private final byte[] buffer = new byte[LIMIT];
    /** What of the buffer is filled, and from where on it is not looked at yet. */
    private int filled;
    private int next;
    private int at;
    private int end;
    private long leftOut;

    /** The lines of that file, which the caller closes. */
    public Lines(InputStream file) {
        this.file = file;
    }

    /** Goes to the begin of the next line; false if there is none. */
    public boolean next() throws IOException {
        int searched = next;
        boolean isTooLong = false;
        while (true) {
            for (int i = searched; i < filled; i++) {
                if (buffer[i] == '\n') {
                    at = next;
                    end = i;
                    next = i + 1;
                    if (!isTooLong) {
                        return true;
                    }
                    leftOut++;
                    isTooLong = false;
                }
            }
            if (next > 0) {
                System.arraycopy(buffer, next, buffer, 0, filled - next);
                filled -= next;
                next = 0;
            } else if (filled == LIMIT) {
                isTooLong = true;
                filled = 0;
            }
            searched = filled;
            int read = file.read(buffer, filled, LIMIT - filled);
            if (read < 0) {
                if (filled > 0 || isTooLong) {
                    leftOut++;
                    filled = 0;
                }
                at = 0;
                end = 0;
                return false;
            }
            filled += read;
        }
    }

    /** How many lines were left out, 0 or more. */
    public long leftOut() {
        return leftOut;
    }

    /** Goes to the next word of the line; false if there is none. */
    public boolean word() {
        while (at < end && buffer[at] == ' ') {
            at++;
        }
        return at < end;
    }

    /** Goes past the word, or what is left of it. */
    public void pass() {
        while (at < end && buffer[at] != ' ') {
            at++;
        }
    }

    /** Goes past the next words. */
    public void pass(int words) {
        for (int i = 0; i < words; i++) {
            word();
            pass();
        }
    }

    /** Whether the line goes on with that text; then the cursor stands behind it. */
    public boolean take(byte[] text) {
        if (end - at < text.length || !Arrays.equals(buffer, at, at + text.length, text, 0, text.length)) {
            return false;
        }
        at += text.length;
        return true;
    }

    /** Whether that is the whole word; then the cursor stands behind it. */
    public boolean takeWord(byte[] word) {
        int before = at;
        if (take(word) && atEndOfWord()) {
            return true;
        }
        at = before;
        return false;
    }

    /** Whether the line goes on with that character, an ASCII one; then the cursor stands behind it. */
    public boolean take(char character) {
        if (at == end || buffer[at] != character) {
            return false;
        }
        at++;
        return true;
    }

    /** Whether a word ends here. */
    public boolean atEndOfWord() {
        return at == end || buffer[at] == ' ';
    }

    /** The next character, as a number from 0 to 255; -1 at the end of the line. */
    public int peek() {
        return at == end ? -1 : buffer[at] & 0xff;
    }

    /** A decimal number, whatever follows it; -1 if there is none here, or one beyond 2^63 - 1. */
    public long decimal() {
        int begin = at;
        long number = 0;
        for (; at < end; at++) {
            int digit = buffer[at] - '0';
            if (digit < 0 || digit > 9) {
                break;
            }
            if (number > TENTH) {
                return -1;
            }
            number = 10 * number + digit;
        }
        return at == begin ? -1 : number;
    }

    /** A hexadecimal number of so many digits, 15 or fewer, whatever follows them; -1 if there are fewer here. */
    public long hexadecimal(int digits) {
        if (end - at < digits) {
            return -1;
        }
        long number = 0;
        for (int i = 0; i < digits; i++) {
            int digit = Character.digit(buffer[at], 16);
            if (digit < 0) {
                return -1;
            }
            number = number << 4 | digit;
            at++;
        }
        return number;
    }
}
