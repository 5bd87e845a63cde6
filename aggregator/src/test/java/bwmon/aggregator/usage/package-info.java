@NullMarked
package bwmon.aggregator.usage;

import org.jspecify.annotations.NullMarked;
