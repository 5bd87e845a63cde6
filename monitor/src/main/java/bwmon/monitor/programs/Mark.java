package bwmon.monitor.programs;

/** What the programs keep with each socket: where each field begins, in bytes. An accepted socket begins with a copy of the listener's. */
final class Mark {
    /** See {@link bwmon.monitor.attribution.OwnerId}. */
    static final int OWNER = 0;
    static final int NAMESPACE = 8;
    /** The row that the socket's packets were last counted in: the epoch in the upper 32 bits, its number in the lower. */
    static final int PACKETS_ROW = 16;
    /** Likewise for what was sent and received without a peer. */
    static final int CALLS_ROW = 24;
    /** What the program had received of TCP, up to here, in bytes. */
    static final int RECEIVED = 32;
    /** Not 0 if the owner was seen to use the socket. 32 bits. */
    static final int SURE = 40;
    static final int BYTES = 48;

    private Mark() {}
}
