/** Tests of sock_diag's messages, their layout as the C compiler sees it, and what their counters mean. */
@NullMarked
package bwmon.monitor.sockdiag;

import org.jspecify.annotations.NullMarked;
