/** Tests of routing netlink. */
@NullMarked
package bwmon.monitor.rtnetlink;

import org.jspecify.annotations.NullMarked;
