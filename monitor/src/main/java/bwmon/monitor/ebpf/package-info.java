/**
 * How programs get into the kernel: an assembler, the kernel's own description of its structures (BTF), and maps, programs and
 * links as descriptors that are owned. What the programs do is not known here.
 */
@NullMarked
package bwmon.monitor.ebpf;

import org.jspecify.annotations.NullMarked;
