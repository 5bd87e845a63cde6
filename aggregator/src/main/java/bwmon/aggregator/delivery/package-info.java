/**
 * How people are told of alerts: commands, webhooks and the system's log, each apart from the thread that counts, in
 * bounded queues.
 */
@NullMarked
package bwmon.aggregator.delivery;

import org.jspecify.annotations.NullMarked;
