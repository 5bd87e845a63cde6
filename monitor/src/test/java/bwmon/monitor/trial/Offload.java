package bwmon.monitor.trial;

/** Who cuts what a TCP socket sends into segments. */
enum Offload {
    /** The socket itself (gso_max_segs 1), so that the connection table counts real packets. */
    NONE,
    /** The kernel, just before the device: the device counts real packets, the connection table large ones. */
    BEFORE_THE_DEVICE,
    /** The device (which, being a veth, hands large packets on whole): both count large ones. */
    BY_THE_DEVICE
}
