/** runmonitor: attributes the traffic of this host to processes. */
@NullMarked
package bwmon.monitor;

import org.jspecify.annotations.NullMarked;
