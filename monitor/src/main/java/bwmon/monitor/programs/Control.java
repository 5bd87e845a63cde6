package bwmon.monitor.programs;

/** The one value through which the programs and their reader talk: where each field begins, in bytes. */
final class Control {
    /** Counts intervals from 1; its lowest bit chooses the half of the table that is written to. */
    static final int EPOCH = 0;
    /** For each half, how many rows were taken; more than there are if some found none. */
    static final int TAKEN = 8;
    /** How often no room was found in any table. */
    static final int LOST_EVENTS = 24;
    /** How often there was no room to note a process. */
    static final int OWNERS_MISSED = 32;
    /** A {@link Row} without a key that takes what found no room. */
    static final int LOST = 64;
    static final int BYTES = LOST + Row.BYTES;

    private Control() {}
}
