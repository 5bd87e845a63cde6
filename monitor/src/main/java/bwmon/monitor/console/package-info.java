/**
 * What runmonitor shows, for people and as JSON lines: the model that makes reports into pictures, and the views of them.
 * Reads what sources report, and knows none of them.
 */
@NullMarked
package bwmon.monitor.console;

import org.jspecify.annotations.NullMarked;
