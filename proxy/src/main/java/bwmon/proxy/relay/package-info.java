/**
 * Forwarding: moves bytes between a client's socket and an upstream's without losing, reordering or hoarding any. Half-close
 * is passed on, a reset is passed on as a reset, and a slow reader holds its sender back.
 *
 * <p>Sockets of our own on Netty's event loops, without a channel pipeline: Netty's epoll channels read all that is left
 * once they have seen the peer's FIN, however little of it the other side has room for, and do not tell how much of a
 * failed write the kernel took. Here every call says what it moved, and is made only when there is room.
 */
@NullMarked
package bwmon.proxy.relay;

import org.jspecify.annotations.NullMarked;
