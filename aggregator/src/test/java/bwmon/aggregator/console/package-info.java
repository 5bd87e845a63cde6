@NullMarked
package bwmon.aggregator.console;

import org.jspecify.annotations.NullMarked;
