/**
 * Notifications: when an average passes its threshold (pure: no process, no clock of the machine), and the commands that
 * are then run, apart from the thread that counts.
 */
@NullMarked
package bwmon.aggregator.alert;

import org.jspecify.annotations.NullMarked;
