package bwmon.proxy.meter;

import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

import bwmon.traffic.Direction;
import com.codahale.metrics.Counter;
import com.codahale.metrics.Gauge;
import com.codahale.metrics.Meter;
import com.codahale.metrics.Metric;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.Timer;

/**
 * The counters of one pipe since it was opened, kept in a Dropwizard registry under {@code pipe.NAME.*}. Directions are
 * those of {@link ConnectionMeter}. Safe for any thread.
 */
public final class PipeMeter {
    private final MetricRegistry registry;
    private final String prefix;
    private final Map<String, Metric> metrics = new HashMap<>();
    private final AtomicBoolean isRegistered = new AtomicBoolean(true);
    private final AtomicLong open = new AtomicLong();
    private final Counter opened;
    private final Counter refused;
    private final Counter acceptErrors;
    private final Map<ConnectionEnd, Counter> ends = new EnumMap<>(ConnectionEnd.class);
    private final Counter txRead;
    private final Counter rxRead;
    private final Meter txForwarded;
    private final Meter rxForwarded;
    private final Timer connectionTime;
    private final Timer connectTime;
    private final Timer firstByteTime;

    /**
     * Registers the pipe's metrics.
     *
     * @param pipe the pipe's name, once in a registry
     */
    public PipeMeter(MetricRegistry registry, String pipe) {
        this.registry = registry;
        this.prefix = MetricRegistry.name("pipe", pipe);
        opened = add("connections.opened", new Counter());
        refused = add("connections.refused", new Counter());
        acceptErrors = add("accept.errors", new Counter());
        for (ConnectionEnd end : ConnectionEnd.values()) {
            ends.put(end, add("connections.ended." + end.label(), new Counter()));
        }
        txRead = add("tx.read.bytes", new Counter());
        rxRead = add("rx.read.bytes", new Counter());
        txForwarded = add("tx.forwarded.bytes", new Meter());
        rxForwarded = add("rx.forwarded.bytes", new Meter());
        connectionTime = add("connection.time", new Timer());
        connectTime = add("connect.time", new Timer());
        firstByteTime = add("first-byte.time", new Timer());
        add("connections.open", (Gauge<Long>) open::get);
        metrics.forEach(registry::register);
    }

    private <M extends Metric> M add(String name, M metric) {
        metrics.put(MetricRegistry.name(prefix, name), metric);
        return metric;
    }

    /**
     * Counts a connection that was accepted, unless too many are open.
     *
     * @param max how many may be open at once
     * @return false if it has to be refused; it is then counted as refused and no other call is owed
     */
    public boolean tryOpen(int max) {
        if (open.incrementAndGet() > max) {
            open.decrementAndGet();
            refused.inc();
            return false;
        }
        opened.inc();
        return true;
    }

    /** Counts the end of a connection that {@link #tryOpen} let in. */
    public void ended(ConnectionEnd end, Duration lifetime) {
        open.decrementAndGet();
        counter(end).inc();
        connectionTime.update(lifetime);
    }

    private Counter counter(ConnectionEnd end) {
        Counter counter = ends.get(end);
        if (counter == null) {
            throw new IllegalStateException("no counter for " + end);
        }
        return counter;
    }

    /** Counts a failed accept, most often for want of descriptors. */
    public void acceptFailed() {
        acceptErrors.inc();
    }

    /** Counts bytes that came from a socket. */
    public void read(Direction direction, long bytes) {
        (direction == Direction.TX ? txRead : rxRead).inc(bytes);
    }

    /** Counts bytes that the kernel took. */
    public void forwarded(Direction direction, long bytes) {
        (direction == Direction.TX ? txForwarded : rxForwarded).mark(bytes);
    }

    /** Notes how long it took from the accept to a connection with the upstream, in nanoseconds. */
    public void connected(long nanos) {
        connectTime.update(nanos, TimeUnit.NANOSECONDS);
    }

    /** Notes how long it took from the accept to the upstream's first byte, in nanoseconds. */
    public void firstByte(long nanos) {
        firstByteTime.update(nanos, TimeUnit.NANOSECONDS);
    }

    /** Connections that are open now, those still connecting included. */
    public long open() {
        return open.get();
    }

    /** Connections that were let in. */
    public long opened() {
        return opened.getCount();
    }

    /** Connections that were turned away because too many were open. */
    public long refused() {
        return refused.getCount();
    }

    /** Accepts that failed. */
    public long acceptErrors() {
        return acceptErrors.getCount();
    }

    /** How many connections ended in which way; ways that none ended in are left out. */
    public Map<ConnectionEnd, Long> ends() {
        var counts = new EnumMap<ConnectionEnd, Long>(ConnectionEnd.class);
        ends.forEach((end, counter) -> {
            if (counter.getCount() > 0) {
                counts.put(end, counter.getCount());
            }
        });
        return Collections.unmodifiableMap(counts);
    }

    /** Connections that never reached the upstream. */
    public long connectFailures() {
        return ends().entrySet().stream().filter(e -> e.getKey().isConnectFailure()).mapToLong(Map.Entry::getValue)
                .sum();
    }

    /** Bytes that came from clients (TX) or the upstream (RX). */
    public long read(Direction direction) {
        return (direction == Direction.TX ? txRead : rxRead).getCount();
    }

    /** Bytes that the kernel took for the upstream (TX) or clients (RX). */
    public long forwarded(Direction direction) {
        return (direction == Direction.TX ? txForwarded : rxForwarded).getCount();
    }

    /** How long connections lived, from accept to end. */
    public Timer connectionTime() {
        return connectionTime;
    }

    /** How long it took from accept to the upstream's first byte. */
    public Timer firstByteTime() {
        return firstByteTime;
    }

    /** Takes the pipe's metrics out of the registry, so that another pipe of that name may put its own there. */
    public void unregister() {
        if (isRegistered.getAndSet(false)) {
            metrics.keySet().forEach(registry::remove);
        }
    }

    /** Puts them back. */
    public void register() {
        if (!isRegistered.getAndSet(true)) {
            metrics.forEach(registry::register);
        }
    }
}
