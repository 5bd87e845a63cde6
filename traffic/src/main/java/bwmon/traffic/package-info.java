/**
 * The words that every part of bwmon speaks: who used the network (owner), how much (byte counts), and how that reaches
 * whoever asks (source, report, balance). Immutable values, no dependency, no input or output.
 */
@NullMarked
package bwmon.traffic;

import org.jspecify.annotations.NullMarked;
