package bwmon.proxy.socket;

import java.io.IOException;
import java.net.SocketAddress;

import io.netty.channel.IoHandlerFactory;
import org.jspecify.annotations.Nullable;

/** A way to do sockets on event loops. */
public interface Transport {

    /** The best that there is here. */
    static Transport best() {
        return EpollTransport.unavailable() == null ? new EpollTransport() : new NioTransport();
    }

    /** What a person should know of it, as a sentence without its stop: what it costs, and why; null for nothing. */
    @Nullable
    String remark();

    /** What event loops need that run sockets of this kind. */
    IoHandlerFactory loops();

    /** Whether its sockets {@link StreamSocket#moveTo move} to kernel pipes and {@link StreamSocket#takeFrom take} from them. */
    boolean canSplice();

    /**
     * A new socket of the address's family, to be connected there.
     *
     * @throws IOException if the kernel gives none, most often for want of descriptors
     */
    StreamSocket socket(SocketAddress address) throws IOException;

    /**
     * A socket that is bound to that address, and does not answer yet as far as the transport can do that: java.nio binds
     * and listens in one step, so that clients wait already, and a second listener there fails here instead of later.
     *
     * @throws IOException with what the kernel said
     */
    ListeningSocket bind(SocketAddress address) throws IOException;

    /**
     * What another event loop takes connections by, from where a socket listens that {@link ListeningSocket#share shares} its
     * place.
     *
     * @throws IOException with what the kernel said
     */
    ListeningSocket join(ListeningSocket other) throws IOException;
}
