package bwmon.traffic;

/** A monotonic clock that is handed in, so that a test can advance it. */
@FunctionalInterface
public interface Ticker {
    /** The machine's monotonic clock. */
    Ticker SYSTEM = System::nanoTime;

    /** Nanoseconds since some fixed moment; only differences mean anything, and they may pass 2^63. */
    long nanos();
}
