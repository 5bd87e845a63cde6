/** The programs as a user starts them: by the launchers of the distribution that the build has just made. */
@NullMarked
package bwmon.launch;

import org.jspecify.annotations.NullMarked;
