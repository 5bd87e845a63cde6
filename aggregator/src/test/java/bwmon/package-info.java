/** Tests of what only the whole shows: the arrows between the parts, the launchers, the man pages. */
@NullMarked
package bwmon;

import org.jspecify.annotations.NullMarked;
