package bwmon.monitor.ebpf;

/**
 * The registers of a program. A call takes its arguments in R1 to R5, gives its result in R0 and leaves R6 to R9 as they were;
 * what was in R1 to R5 is gone after it.
 */
public enum Register {
    R0(0), R1(1), R2(2), R3(3), R4(4), R5(5), R6(6), R7(7), R8(8), R9(9),
    /** The end of the stack; cannot be written to. */
    R10(10);

    private final int number;

    Register(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }

    /**
     * A place in memory.
     *
     * @param offset from what this register points to, in bytes
     * @param size 1, 2, 4 or 8 bytes
     */
    public Place at(int offset, int size) {
        return new Place(this, offset, size);
    }

    /** A member of the structure that this register points to. */
    public Place at(Btf.Field field) {
        return new Place(this, field.offset(), field.size());
    }
}
