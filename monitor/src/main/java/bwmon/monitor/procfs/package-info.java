/**
 * Files of /proc, proc(5): parsers work on bytes, readers on files under a root of one's choice, so that any folder can be
 * a test's /proc.
 */
@NullMarked
package bwmon.monitor.procfs;

import org.jspecify.annotations.NullMarked;
