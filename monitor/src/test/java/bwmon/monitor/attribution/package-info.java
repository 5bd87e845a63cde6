/** Tests of this package. */
@NullMarked
package bwmon.monitor.attribution;

import org.jspecify.annotations.NullMarked;
