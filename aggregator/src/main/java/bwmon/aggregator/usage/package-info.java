/**
 * One interval as the aggregator sees it: the reports of all sources joined, every byte counted once, in an immutable
 * snapshot, which is the only thing that views and alerts read.
 */
@NullMarked
package bwmon.aggregator.usage;

import org.jspecify.annotations.NullMarked;
