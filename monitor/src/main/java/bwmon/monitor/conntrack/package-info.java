/**
 * The kernel's connection table by ctnetlink: its bytes as records, its dumps and events as exact differences, what has to
 * be switched on for it, and which ends of a connection the sockets of this host see.
 */
@NullMarked
package bwmon.monitor.conntrack;

import org.jspecify.annotations.NullMarked;
