/**
 * Trials of accuracy: monitors of the real kernel in network namespaces, judged by what the generators of traffic counted and
 * by the devices' own counters, never by our own figures.
 */
@NullMarked
package bwmon.monitor.trial;

import org.jspecify.annotations.NullMarked;
