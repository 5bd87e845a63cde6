/**
 * Notifications: when something is too much, or silent for too long, and when it is well again. Pure: no process, no
 * network, no clock of the machine.
 */
@NullMarked
package bwmon.aggregator.alert;

import org.jspecify.annotations.NullMarked;
