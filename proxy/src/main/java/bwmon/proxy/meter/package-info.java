/** Counting only: what each connection and each pipe read and forwarded, and how connections began and ended. */
@NullMarked
package bwmon.proxy.meter;

import org.jspecify.annotations.NullMarked;
