package bwmon.monitor.ebpf;

import java.io.IOException;

import bwmon.ffi.Errno;

/** The kernel refused a program, a map or a link. Where its verifier said why, the end of that is in the message. */
public final class EbpfException extends IOException {
    private static final long serialVersionUID = 1;

    /** How much of the verifier's log is in the message: what it says last is the reason. */
    private static final int LAST_LINES = 12;

    private final int errno;
    private final String verifierLog;

    EbpfException(String operation, int errno) {
        this(operation, errno, "");
    }

    EbpfException(String operation, int errno, String verifierLog) {
        super(operation + ": " + Errno.name(errno) + " (" + Errno.text(errno) + ")" + lastLines(verifierLog));
        this.errno = errno;
        this.verifierLog = verifierLog;
    }

    /** The error's number, one of {@link Errno}. */
    public int errno() {
        return errno;
    }

    /** All that the verifier said, as far as it was kept; empty if it said nothing. */
    public String verifierLog() {
        return verifierLog;
    }

    /** The result of a call, if it is no error. */
    static long check(String operation, long result) throws EbpfException {
        if (result < 0) {
            throw new EbpfException(operation, (int) -result);
        }
        return result;
    }

    private static String lastLines(String log) {
        String whole = log.strip();
        if (whole.isEmpty()) {
            return "";
        }
        int from = whole.length();
        for (int i = 0; i < LAST_LINES && from >= 0; i++) {
            from = whole.lastIndexOf('\n', from - 1);
        }
        return "\n" + whole.substring(from + 1);
    }
}
