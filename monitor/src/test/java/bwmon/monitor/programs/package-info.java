/** Tests of the programs that count in the kernel. */
@org.jspecify.annotations.NullMarked
package bwmon.monitor.programs;
