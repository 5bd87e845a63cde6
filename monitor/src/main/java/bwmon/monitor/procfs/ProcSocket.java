package bwmon.monitor.procfs;

import bwmon.traffic.Endpoint;

/**
 * A socket as a table of /proc/net shows it, proc_net(5).
 *
 * @param protocol the number in the IP header, 0 to 255
 * @param local where it is bound; the port is 0 where the protocol has none, and the identifier for ICMP
 * @param remote to whom it is connected; the wildcard with port 0 if to nobody
 * @param state as net/tcp_states.h counts them: 1 established, 10 listening, 6 TIME_WAIT; UDP and others have 1 if
 *     connected, else 7
 * @param uid of who made it, 0 to 2^32 - 1; 0 in TIME_WAIT, whoever made it
 * @param inode by which descriptors name it; 0 if it has none any more, or not yet
 * @param txQueue bytes that are not acknowledged yet, or not sent
 * @param rxQueue bytes that the program has not read yet; of a listening socket, connections that it has not accepted
 */
public record ProcSocket(int protocol, Endpoint local, Endpoint remote, int state, long uid, long inode, long txQueue,
        long rxQueue) {}
