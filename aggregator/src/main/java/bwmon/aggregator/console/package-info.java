/** What runaggregator prints, for people and as JSON lines. Reads snapshots only. */
@NullMarked
package bwmon.aggregator.console;

import org.jspecify.annotations.NullMarked;
