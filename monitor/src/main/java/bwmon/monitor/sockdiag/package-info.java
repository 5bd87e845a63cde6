/**
 * The kernel's own list of sockets with their counters: sock_diag(7), inet_diag and tcp_info. Requests and answers as
 * bytes, and what their counters mean for a program's payload.
 */
@NullMarked
package bwmon.monitor.sockdiag;

import org.jspecify.annotations.NullMarked;
