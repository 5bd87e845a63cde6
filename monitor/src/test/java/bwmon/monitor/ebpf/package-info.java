/** Tests of what gets programs into the kernel, with bpftool and the C compiler as second opinions. */
@NullMarked
package bwmon.monitor.ebpf;

import org.jspecify.annotations.NullMarked;
