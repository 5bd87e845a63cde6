package bwmon.monitor.programs;

/**
 * A row of the table that the programs count in: where each field begins, in bytes. The first {@link #KEY_BYTES} say what is
 * counted and are written once, by whoever took the row; the rest is added to by all processors at once.
 */
final class Row {
    static final int OWNER = 0;
    static final int NAMESPACE = 8;
    /** IPv6, or IPv4 mapped to it. */
    static final int LOCAL = 16;
    static final int REMOTE = 32;
    /** In the machine's byte order, as the next one. */
    static final int LOCAL_PORT = 48;
    static final int REMOTE_PORT = 50;
    /** sk_protocol: IPPROTO_*, also those beyond 255; of packet(7) the type of the socket. */
    static final int PROTOCOL = 52;
    static final int ORIGIN = 54;
    /** Not 0 if the owner was seen to use the socket. */
    static final int SURE = 55;
    static final int KEY_BYTES = 56;

    static final int RX_BYTES = 56;
    static final int TX_BYTES = 64;
    static final int RX_PACKETS = 72;
    static final int TX_PACKETS = 80;
    static final int RX_PAYLOAD = 88;
    static final int TX_PAYLOAD = 96;
    /** Of the bytes above, those that only segmentation makes. */
    static final int RX_SEGMENTATION = 104;
    static final int TX_SEGMENTATION = 112;
    /** 32 bits, as the next one. */
    static final int RX_SEGMENTS = 120;
    static final int TX_SEGMENTS = 124;
    static final int BYTES = 128;

    // What ORIGIN may be.
    static final int SOCKET = 0;
    static final int REMNANT = 1;
    static final int NO_SOCKET = 2;
    static final int LINK_LAYER = 3;

    private Row() {}
}
