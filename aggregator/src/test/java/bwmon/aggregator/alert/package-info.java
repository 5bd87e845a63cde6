@NullMarked
package bwmon.aggregator.alert;

import org.jspecify.annotations.NullMarked;
