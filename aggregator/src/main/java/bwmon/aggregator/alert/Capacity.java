package bwmon.aggregator.alert;

/** How many processes and applications are watched by themselves, over all notifications. */
final class Capacity {
    /**
     * So many in all. One that is busy takes up to 33 kB (a window of hours), so that all together take no more than 70 MB;
     * with a window of a minute 2 kB.
     */
    static final int MAX = 2048;

    private int used;
    private long changes;

    boolean take() {
        if (used == MAX) {
            return false;
        }
        used++;
        changes++;
        return true;
    }

    void give(int back) {
        used -= back;
        changes++;
    }

    /** A figure that grows whenever something is taken or given back. */
    long changes() {
        return changes;
    }
}
