/** runpipe: forwards TCP connections, and counts every byte that it forwards. */
@NullMarked
package bwmon.proxy;

import org.jspecify.annotations.NullMarked;
