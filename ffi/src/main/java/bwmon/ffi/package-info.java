/**
 * Calls into the kernel: the only package that uses {@link java.lang.foreign.Linker}. Every call gives its errno back with
 * its own result, and descriptors are owned objects that are closed.
 */
@NullMarked
package bwmon.ffi;

import org.jspecify.annotations.NullMarked;
