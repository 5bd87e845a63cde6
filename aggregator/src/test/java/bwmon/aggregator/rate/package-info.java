@NullMarked
package bwmon.aggregator.rate;

import org.jspecify.annotations.NullMarked;
