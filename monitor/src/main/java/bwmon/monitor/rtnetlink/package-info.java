/**
 * Routing netlink (rtnetlink(7)): the interfaces and addresses of a network namespace, and which interfaces' counters
 * make up what its IP stack moved.
 */
@NullMarked
package bwmon.monitor.rtnetlink;

import org.jspecify.annotations.NullMarked;
