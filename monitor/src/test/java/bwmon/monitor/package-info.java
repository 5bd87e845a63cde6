/** Tests of the sources, against a kernel of our own and against the running one. */
@NullMarked
package bwmon.monitor;

import org.jspecify.annotations.NullMarked;
