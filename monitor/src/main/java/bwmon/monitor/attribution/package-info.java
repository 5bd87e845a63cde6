/**
 * The pure join of sockets and processes: whose bytes they are. No input or output here; what has to be asked of the
 * kernel is behind interfaces that the sources implement.
 */
@NullMarked
package bwmon.monitor.attribution;

import org.jspecify.annotations.NullMarked;
