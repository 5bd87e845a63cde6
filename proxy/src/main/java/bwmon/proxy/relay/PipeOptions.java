package bwmon.proxy.relay;

import java.time.Duration;
import java.util.OptionalLong;

/**
 * How a pipe treats its connections.
 *
 * @param target where they go
 * @param maxConnections how many may be open at once, 1 or more; others are reset and counted as refused
 * @param connectTimeout how long to try to reach the target, longer than 0
 * @param idleTimeout after how long without a byte either way a connection is reset; 0 for never
 * @param bytesPerSecond the most that is forwarded in each direction, all connections together; empty for no limit
 * @param proxyProtocol what the upstream is told of the client, before anything else
 */
public record PipeOptions(Target target, int maxConnections, Duration connectTimeout, Duration idleTimeout,
        OptionalLong bytesPerSecond, ProxyProtocol proxyProtocol) {}
