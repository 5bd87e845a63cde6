package bwmon.monitor.programs;

/** What the programs note of a process: where each field begins, in bytes. */
final class Note {
    /** Since boot, in nanoseconds. */
    static final int START = 0;
    static final int CGROUP = 8;
    /** 32 bits, as the next one. */
    static final int PID = 16;
    static final int UID = 20;
    static final int NAME = 24;
    /** TASK_COMM_LEN, linux/sched.h. */
    static final int NAME_BYTES = 16;
    /** How long the arguments are, 32 bits. */
    static final int ARGUMENTS_LENGTH = 40;
    /** How much of them is here, 32 bits. */
    static final int ARGUMENTS_KEPT = 44;
    /** Not 0 as soon as all is written. 32 bits. */
    static final int IS_COMPLETE = 48;
    static final int ARGUMENTS = 56;
    static final int ARGUMENTS_BYTES = 456;
    /** The names on the way from the executed file up to its filesystem's root, each ended by a 0. */
    static final int PATH = ARGUMENTS + ARGUMENTS_BYTES;
    static final int PATH_NAMES = 8;
    static final int PATH_NAME_BYTES = 64;
    static final int BYTES = PATH + PATH_NAMES * PATH_NAME_BYTES;

    private Note() {}
}
