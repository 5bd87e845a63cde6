/** runaggregator: joins monitors and pipes, groups owners into applications, watches thresholds. */
@NullMarked
package bwmon.aggregator;

import org.jspecify.annotations.NullMarked;
