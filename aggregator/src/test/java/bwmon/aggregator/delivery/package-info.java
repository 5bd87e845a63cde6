@NullMarked
package bwmon.aggregator.delivery;

import org.jspecify.annotations.NullMarked;
