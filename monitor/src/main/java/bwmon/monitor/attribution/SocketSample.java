package bwmon.monitor.attribution;

import bwmon.traffic.Flow;

/**
 * One socket at one moment.
 *
 * @param cookie who it is, for as long as the kernel runs
 * @param inode that the holders' descriptors name; 0 if no process holds it
 * @param flow its ends
 * @param listening whether it waits for connections, and so has no traffic of its own
 * @param rxPayload payload received since the socket was made, 0 or more
 * @param txPayload payload transmitted since the socket was made, 0 or more
 */
public record SocketSample(long cookie, long inode, Flow flow, boolean listening, long rxPayload, long txPayload) {}
