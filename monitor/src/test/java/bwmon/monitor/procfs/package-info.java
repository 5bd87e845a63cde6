/** Tests of this package. */
@NullMarked
package bwmon.monitor.procfs;

import org.jspecify.annotations.NullMarked;
