/** What the user asked for, read from a configuration file and checked; an error names file, line and what was expected. */
@NullMarked
package bwmon.aggregator.config;

import org.jspecify.annotations.NullMarked;
