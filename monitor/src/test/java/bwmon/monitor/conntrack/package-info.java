/** Tests of the connection table's room: on captured bytes, against models, and in network namespaces of their own. */
@NullMarked
package bwmon.monitor.conntrack;

import org.jspecify.annotations.NullMarked;
