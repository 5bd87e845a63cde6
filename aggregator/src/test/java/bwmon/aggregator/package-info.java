@NullMarked
package bwmon.aggregator;

import org.jspecify.annotations.NullMarked;
