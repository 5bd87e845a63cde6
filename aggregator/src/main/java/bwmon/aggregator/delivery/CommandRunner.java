package bwmon.aggregator.delivery;

import java.time.ZoneId;
import java.util.List;

import bwmon.aggregator.alert.AlertEvent;
import bwmon.traffic.Ticker;

/** The name by which {@code Session} calls {@link Deliveries} for now; to be removed when it calls that itself. */
public final class CommandRunner implements AutoCloseable {
    /** {@link Commands#PLACEHOLDERS}. */
    public static final List<String> PLACEHOLDERS = Commands.PLACEHOLDERS;

    private final Deliveries deliveries;

    /** As {@link Deliveries}; the clock is the machine's in any case. */
    public CommandRunner(Ticker ticker) {
        deliveries = new Deliveries(ZoneId.systemDefault());
    }

    /** As {@link Deliveries#deliver}. */
    public void run(AlertEvent event) {
        deliveries.deliver(event);
    }

    @Override
    public void close() {
        deliveries.close();
    }
}
