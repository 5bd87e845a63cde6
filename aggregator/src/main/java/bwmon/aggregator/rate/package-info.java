/** Rates, worked out of byte counts and a monotonic clock that is handed in. Pure. */
@NullMarked
package bwmon.aggregator.rate;

import org.jspecify.annotations.NullMarked;
