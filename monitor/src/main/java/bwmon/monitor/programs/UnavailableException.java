package bwmon.monitor.programs;

import java.io.IOException;

/** This host does not have or allow what the programs need; the message is a sentence that also says what would lift that. */
public final class UnavailableException extends IOException {
    private static final long serialVersionUID = 1;

    /** Of what kind that is. */
    public enum Cause {
        /** Not permitted to us. */
        PERMISSION,
        /** Not in this kernel. */
        KERNEL
    }

    private final Cause reason;

    UnavailableException(Cause reason, String message) {
        super(message);
        this.reason = reason;
    }

    UnavailableException(Cause reason, String message, Throwable from) {
        super(message, from);
        this.reason = reason;
    }

    /** Of what kind it is. */
    public Cause reason() {
        return reason;
    }
}
