/**
 * Netlink (RFC 3549, netlink(7)): messages and attributes as bytes, apart from the connection that carries them. What
 * this kernel does not know is refused by name; what a newer kernel adds is skipped and counted.
 */
@NullMarked
package bwmon.monitor.netlink;

import org.jspecify.annotations.NullMarked;
