@NullMarked
package bwmon.aggregator.grouping;

import org.jspecify.annotations.NullMarked;
