package bwmon.monitor.ebpf;

/** Where a jump leads to. Each stands at one instruction of one program. */
public final class Label {
    private static final int NOWHERE = -1;

    private final String name;
    private int instruction = NOWHERE;

    Label(String name) {
        this.name = name;
    }

    void place(int at) {
        if (instruction != NOWHERE) {
            throw new IllegalStateException("the label " + name + " stands somewhere already");
        }
        instruction = at;
    }

    int instruction() {
        if (instruction == NOWHERE) {
            throw new IllegalStateException("the label " + name + " stands nowhere");
        }
        return instruction;
    }
}
