@NullMarked
package bwmon.aggregator.config;

import org.jspecify.annotations.NullMarked;
