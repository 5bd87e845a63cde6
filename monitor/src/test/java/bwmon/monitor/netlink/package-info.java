/** Tests of the netlink codec and connection, against a kernel of our own that misbehaves as the real one does. */
@NullMarked
package bwmon.monitor.netlink;

import org.jspecify.annotations.NullMarked;
