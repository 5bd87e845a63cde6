package bwmon.aggregator.usage;

import bwmon.traffic.Flow;
import bwmon.traffic.Owner;
import org.jspecify.annotations.Nullable;

/**
 * A connection of one of this process's pipes.
 *
 * @param pipe which pipe
 * @param client the client's connection, with the pipe's end as the local one; null for a UNIX socket
 * @param upstream the pipe's own connection, likewise; null where it leads to a UNIX socket
 */
public record PipeConnection(Owner.Pipe pipe, @Nullable Flow client, @Nullable Flow upstream) {}
