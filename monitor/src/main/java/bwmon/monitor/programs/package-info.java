/** The programs that count traffic in the kernel, and how what they counted is read. */
@NullMarked
package bwmon.monitor.programs;

import org.jspecify.annotations.NullMarked;
