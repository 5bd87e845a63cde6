/** Non-blocking stream sockets, TCP and UNIX, on event loops: by epoll, or where that is missing by java.nio. */
@NullMarked
package bwmon.proxy.socket;

import org.jspecify.annotations.NullMarked;
