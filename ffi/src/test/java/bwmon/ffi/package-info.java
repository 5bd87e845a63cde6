/** Tests of the calls into the kernel, against the running kernel. */
@NullMarked
package bwmon.ffi;

import org.jspecify.annotations.NullMarked;
