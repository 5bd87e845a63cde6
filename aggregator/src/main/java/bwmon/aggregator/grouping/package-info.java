/** Rules over owners: which application an owner belongs to, and whether a monitor shows it. Pure, and linear in time. */
@NullMarked
package bwmon.aggregator.grouping;

import org.jspecify.annotations.NullMarked;
