package bwmon.proxy.relay;

import java.net.Inet4Address;

import bwmon.traffic.Flow;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.haproxy.HAProxyCommand;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageEncoder;
import io.netty.handler.codec.haproxy.HAProxyProtocolVersion;
import io.netty.handler.codec.haproxy.HAProxyProxiedProtocol;
import org.jspecify.annotations.Nullable;

/** Tells the upstream who the client is, by HAProxy's PROXY protocol (haproxy.org, proxy-protocol.txt). */
public enum ProxyProtocol {
    /** Says nothing. */
    NONE,
    /** One line of text. */
    V1,
    /** A binary header. */
    V2;

    /**
     * Reads {@code v1} or {@code v2}.
     *
     * @throws IllegalArgumentException for anything else
     */
    public static ProxyProtocol parse(String text) {
        return switch (text) {
            case "v1" -> V1;
            case "v2" -> V2;
            default -> throw new IllegalArgumentException(
                    "'" + text + "' is no version of the PROXY protocol: expected v1 or v2");
        };
    }

    /**
     * What goes before the client's first byte.
     *
     * @param flow the client's connection, our end being the local one; null for a client on a UNIX socket, whose address
     *     is then given as unknown (v1) or as the proxy's own (LOCAL, v2)
     */
    ByteBuf header(@Nullable Flow flow) {
        if (this == NONE) {
            return Unpooled.EMPTY_BUFFER;
        }
        var channel = new EmbeddedChannel(HAProxyMessageEncoder.INSTANCE);
        try {
            channel.writeOutbound(message(flow));
            ByteBuf header = channel.readOutbound();
            return header;
        } finally {
            channel.finishAndReleaseAll();
        }
    }

    private HAProxyMessage message(@Nullable Flow flow) {
        HAProxyProtocolVersion version = this == V1 ? HAProxyProtocolVersion.V1 : HAProxyProtocolVersion.V2;
        if (flow == null) {
            return new HAProxyMessage(version, this == V1 ? HAProxyCommand.PROXY : HAProxyCommand.LOCAL,
                    HAProxyProxiedProtocol.UNKNOWN, null, null, 0, 0);
        }
        boolean v4 = flow.remote().address() instanceof Inet4Address;
        return new HAProxyMessage(version, HAProxyCommand.PROXY,
                v4 ? HAProxyProxiedProtocol.TCP4 : HAProxyProxiedProtocol.TCP6, flow.remote().host(),
                flow.local().host(), flow.remote().port(), flow.local().port());
    }
}
