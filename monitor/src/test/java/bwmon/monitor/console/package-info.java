@NullMarked
package bwmon.monitor.console;

import org.jspecify.annotations.NullMarked;
