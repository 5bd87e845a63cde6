package bwmon.monitor.netlink;

import java.io.IOException;

/** What came from a netlink socket is not what its lengths say, or not what the protocol allows. */
public final class NetlinkException extends IOException {
    private static final long serialVersionUID = 1;

    /** Something that was received and refused. */
    public NetlinkException(String message) {
        super(message);
    }
}
