package bwmon.monitor.ebpf;

import java.io.IOException;

/** Bytes that are not the type format that they should be, or a later version of it than is known. */
public final class BtfException extends IOException {
    private static final long serialVersionUID = 1;

    BtfException(String message) {
        super(message);
    }
}
