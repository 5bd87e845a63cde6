package bwmon.monitor.programs;

import bwmon.monitor.ebpf.Assembler;
import bwmon.monitor.ebpf.Condition;
import bwmon.monitor.ebpf.Helper;
import bwmon.monitor.ebpf.Label;
import bwmon.monitor.ebpf.Place;
import bwmon.monitor.ebpf.Register;
import bwmon.monitor.ebpf.Slot;

import static bwmon.monitor.ebpf.Register.R0;
import static bwmon.monitor.ebpf.Register.R1;
import static bwmon.monitor.ebpf.Register.R2;
import static bwmon.monitor.ebpf.Register.R3;
import static bwmon.monitor.ebpf.Register.R4;
import static bwmon.monitor.ebpf.Register.R6;
import static bwmon.monitor.ebpf.Register.R7;
import static bwmon.monitor.ebpf.Register.R8;
import static bwmon.monitor.ebpf.Register.R9;

/**
 * What several of the programs do, each a stretch of instructions. By agreement R9 is what the program was called with (the
 * socket, the packet, the task), R6 the socket's {@link Mark}, R7 the {@link Row} or {@link Note} that is written to, and R8
 * whatever is at hand for a while. Everything else may be gone after a stretch.
 */
final class Code {
    /** PF_KTHREAD, linux/sched.h. */
    private static final int PF_KTHREAD = 0x00200000;
    /** BPF_SK_STORAGE_GET_F_CREATE, linux/bpf.h. */
    private static final int STORAGE_CREATE = 1;
    /** BPF_NOEXIST, linux/bpf.h. */
    private static final int NOEXIST = 1;
    /** The bytes 00 00 ff ff as a number: what stands before an IPv4 address that is mapped to IPv6 (RFC 4291, 2.5.5.2). */
    private static final int MAPPED = java.nio.ByteOrder.nativeOrder() == java.nio.ByteOrder.LITTLE_ENDIAN
            ? 0xffff0000
            : 0x0000ffff;
    static final int AF_INET = 2;
    static final int AF_INET6 = 10;
    static final int AF_PACKET = 17;

    final Assembler a = new Assembler();
    final Label end = a.label("end");
    private final Tables tables;
    private final KernelFields fields;
    /** What would be the row's key. */
    final Slot key = a.slot("key", Row.KEY_BYTES);
    private final Slot number = a.slot("row number", Integer.BYTES);
    private final Slot epoch = a.slot("epoch", Long.BYTES);

    Code(Tables tables, KernelFields fields) {
        this.tables = tables;
        this.fields = fields;
    }

    /** The instructions; the program's result is given where it ends. */
    byte[] ending(int result) {
        a.here(end).move(R0, result).exit();
        return a.instructions();
    }

    /** R6 = the mark of the socket in that register, made if need be; ends the program if there is no room. */
    void mark(Register socket) {
        a.move(R2, socket).map(R1, tables.marks.fd()).move(R3, 0).move(R4, STORAGE_CREATE)
                .call(Helper.SK_STORAGE_GET).jumpIf(R0, Condition.EQUAL, 0, end).move(R6, R0);
    }

    /** R8 = the owner that the task in R0 belongs to, nobody for a thread of the kernel. */
    void ownerOfTask() {
        Label done = a.label("owner");
        a.load(R1, R0.at(fields.task.flags())).and(R1, PF_KTHREAD).move(R8, 0)
                .jumpIf(R1, Condition.NOT_EQUAL, 0, done)
                .load(R2, R0.at(fields.task.leader())).load(R8, R2.at(fields.task.start()))
                .shiftRight(R8, bwmon.monitor.attribution.OwnerId.START_SHIFT)
                .shiftLeft(R8, bwmon.monitor.attribution.OwnerId.PID_BITS)
                .load(R3, R0.at(fields.task.tgid())).or(R8, R3).here(done);
    }

    /** The running process is the owner of the socket R9 (a struct sock) from now on, and is noted. */
    void refreshOwner() {
        Label done = a.label("refreshed");
        Label same = a.label("same owner");
        Label note = a.label("note");
        a.call(Helper.GET_CURRENT_TASK_BTF);
        ownerOfTask();
        a.jumpIf(R8, Condition.EQUAL, 0, done).load(R1, R6.at(Mark.OWNER, 8)).jumpIf(R1, Condition.EQUAL, R8, same)
                .store(R6.at(Mark.OWNER, 8), R8).store(R6.at(Mark.SURE, 4), 0);
        namespace(R9);
        a.store(R6.at(Mark.NAMESPACE, 8), R1).jump(note).here(same).load(R1, R6.at(Mark.SURE, 4))
                .jumpIf(R1, Condition.NOT_EQUAL, 0, done).here(note);
        noteOwner();
        a.store(R6.at(Mark.SURE, 4), 1).here(done);
    }

    /** R1 = the cookie of the network namespace of a struct sock. */
    void namespace(Register sock) {
        a.load(R1, sock.at(fields.sock.net())).load(R1, R1.at(fields.netCookie));
    }

    /** Notes the running process, whose owner number is R8, if it is not yet. */
    void noteOwner() {
        Slot owner = a.slot("owner", Long.BYTES);
        Label noted = a.label("noted");
        Label missed = a.label("missed");
        a.store(owner.whole(), R8).map(R1, tables.owners.fd()).address(R2, owner).call(Helper.MAP_LOOKUP_ELEM)
                .jumpIf(R0, Condition.NOT_EQUAL, 0, noted);
        insert(tables.owners.fd(), owner, missed);
        a.move(R7, R0);
        fillNote();
        a.jump(noted).here(missed).mapValue(R1, tables.control.fd(), 0).move(R2, 1)
                .atomicAdd(R1.at(Control.OWNERS_MISSED, 8), R2).here(noted);
    }

    /** R0 = a value of zeroes that was put into a map, or the one that somebody else just did. */
    private void insert(int map, Slot under, Label full) {
        a.map(R1, map).address(R2, under).mapValue(R3, tables.blank.fd(), 0).move(R4, NOEXIST)
                .call(Helper.MAP_UPDATE_ELEM).map(R1, map).address(R2, under).call(Helper.MAP_LOOKUP_ELEM)
                .jumpIf(R0, Condition.EQUAL, 0, full);
    }

    /** Writes the running process into the note R7. */
    void fillNote() {
        Label complete = a.label("complete");
        a.call(Helper.GET_CURRENT_TASK_BTF).load(R1, R0.at(fields.task.leader()))
                .load(R2, R1.at(fields.task.start())).store(R7.at(Note.START, 8), R2)
                .load(R2, R0.at(fields.task.tgid())).store(R7.at(Note.PID, 4), R2)
                .load(R2, R0.at(fields.task.cred())).load(R2, R2.at(fields.effectiveUser))
                .store(R7.at(Note.UID, 4), R2)
                .load(R2, R0.at(fields.task.cgroups())).load(R2, R2.at(fields.defaultCgroup))
                .load(R2, R2.at(fields.cgroupNode)).load(R2, R2.at(fields.nodeId)).store(R7.at(Note.CGROUP, 8), R2)
                .move(R3, R1).add(R3, fields.task.comm().offset()).move(R1, R7).add(R1, Note.NAME)
                .move(R2, Note.NAME_BYTES).call(Helper.PROBE_READ_KERNEL);
        a.store(R7.at(Note.ARGUMENTS_KEPT, 4), 0).store(R7.at(Note.ARGUMENTS_LENGTH, 4), 0)
                .call(Helper.GET_CURRENT_TASK_BTF).load(R1, R0.at(fields.task.memory()))
                .jumpIf(R1, Condition.EQUAL, 0, complete);
        noteExecutable();
        noteArguments(complete);
        a.here(complete).store(R7.at(Note.IS_COMPLETE, 4), 1);
    }

    /** Of the memory R1 (struct mm_struct). */
    private void noteExecutable() {
        Label noted = a.label("executable");
        a.load(R1, R1.at(fields.executable)).jumpIf(R1, Condition.EQUAL, 0, noted).load(R8, R1.at(fields.fileEntry));
        for (int i = 0; i < Note.PATH_NAMES; i++) {
            a.load(R3, R8.at(fields.entryName)).move(R1, R7).add(R1, Note.PATH + i * Note.PATH_NAME_BYTES)
                    .move(R2, Note.PATH_NAME_BYTES).call(Helper.PROBE_READ_KERNEL_STR)
                    .load(R1, R8.at(fields.entryParent)).jumpIf(R1, Condition.EQUAL, R8, noted).move(R8, R1);
        }
        // Too deep: a path without its beginning is none.
        a.store(R7.at(Note.PATH, 1), 0).here(noted);
    }

    private void noteArguments(Label none) {
        Label fits = a.label("fits");
        // They are memory of the process's own: there, because it has just begun, or not to be had.
        a.call(Helper.GET_CURRENT_TASK_BTF).load(R1, R0.at(fields.task.memory())).jumpIf(R1, Condition.EQUAL, 0, none)
                .load(R3, R1.at(fields.argumentsBegin)).load(R2, R1.at(fields.argumentsEnd))
                .jumpIf(R2, Condition.BELOW_OR_EQUAL, R3, none).subtract(R2, R3)
                .store(R7.at(Note.ARGUMENTS_LENGTH, 4), R2)
                .jumpIf(R2, Condition.BELOW_OR_EQUAL, Note.ARGUMENTS_BYTES, fits).move(R2, Note.ARGUMENTS_BYTES)
                .here(fits);
        // In R8, because R2 is gone after the call.
        a.move(R8, R2).move(R1, R7).add(R1, Note.ARGUMENTS).call(Helper.PROBE_READ_USER)
                .jumpIf(R0, Condition.NOT_EQUAL, 0, none).store(R7.at(Note.ARGUMENTS_KEPT, 4), R8);
    }

    /** The key's owner, namespace and certainty from the mark R6. */
    void keyOfMark() {
        a.load(R1, R6.at(Mark.OWNER, 8)).store(keyAt(Row.OWNER, 8), R1).load(R1, R6.at(Mark.NAMESPACE, 8))
                .store(keyAt(Row.NAMESPACE, 8), R1).load(R1, R6.at(Mark.SURE, 4)).store(keyAt(Row.SURE, 1), R1);
    }

    Place keyAt(int offset, int size) {
        return key.at(offset, size);
    }

    /** The key has no addresses and no ports. */
    void keyWithoutEnds() {
        for (int at = Row.LOCAL; at < Row.PROTOCOL; at += Integer.BYTES) {
            a.store(keyAt(at, 4), 0);
        }
    }

    /** Writes what comes before an IPv4 address. */
    void mapped(int at) {
        a.store(keyAt(at, 8), 0).store(keyAt(at + 8, 4), MAPPED);
    }

    /** Where a structure of a socket has its two ends; ports as 16 bits, the remote one in the order of the network. */
    record Ends(Place family, Place localPort, Place remotePort, Place localV4, Place remoteV4, Place localV6,
            Place remoteV6) {}

    /** Goes to {@code have} if the row R7 is about the same remote as the socket, which may have been connected to another since. */
    void comparePeer(Ends ends, Label have, Label other) {
        Label isV4 = a.label("pinned v4");
        a.load(R1, ends.remotePort).networkOrder16(R1).load(R2, R7.at(Row.REMOTE_PORT, 2))
                .jumpIf(R1, Condition.NOT_EQUAL, R2, other).load(R1, ends.family)
                .jumpIf(R1, Condition.NOT_EQUAL, AF_INET6, isV4);
        for (int word = 0; word < 16; word += 4) {
            a.load(R1, ends.remoteV6.plus(word)).load(R2, R7.at(Row.REMOTE + word, 4)).jumpIf(R1, Condition.NOT_EQUAL,
                    R2, other);
        }
        a.jump(have).here(isV4).load(R1, ends.remoteV4).load(R2, R7.at(Row.REMOTE + 12, 4)).jumpIf(R1, Condition.EQUAL,
                R2, have);
    }

    /** The key's ends are those of the socket. */
    void keyOfEnds(Ends ends) {
        Label isV4 = a.label("socket v4");
        Label done = a.label("socket ends");
        a.load(R1, ends.remotePort).networkOrder16(R1).store(keyAt(Row.REMOTE_PORT, 2), R1).load(R1, ends.localPort)
                .store(keyAt(Row.LOCAL_PORT, 2), R1).load(R1, ends.family)
                .jumpIf(R1, Condition.NOT_EQUAL, AF_INET6, isV4);
        for (int word = 0; word < 16; word += 4) {
            a.load(R1, ends.localV6.plus(word)).store(keyAt(Row.LOCAL + word, 4), R1)
                    .load(R1, ends.remoteV6.plus(word)).store(keyAt(Row.REMOTE + word, 4), R1);
        }
        a.jump(done).here(isV4);
        mapped(Row.LOCAL);
        mapped(Row.REMOTE);
        a.load(R1, ends.localV4).store(keyAt(Row.LOCAL + 12, 4), R1).load(R1, ends.remoteV4)
                .store(keyAt(Row.REMOTE + 12, 4), R1).here(done);
    }

    /** Where the number of a row is kept between packets. */
    record Pin(Register base, int offset) {
        Place place() {
            return base.at(offset, 8);
        }
    }

    /**
     * R7 = the row that the pin leads to, if it is of this epoch and of the owner as the mark R6 has him now; R8 stays.
     *
     * @param miss where to go if it is not
     */
    void pinnedRow(Pin pin, Label miss) {
        readEpoch();
        a.load(R2, pin.place()).move(R3, R2).shiftRight(R3, 32).jumpIf(R3, Condition.NOT_EQUAL, R1, miss)
                .store(number.whole(), R2);
        byNumber(miss);
        a.load(R1, R7.at(Row.OWNER, 8)).load(R2, R6.at(Mark.OWNER, 8)).jumpIf(R1, Condition.NOT_EQUAL, R2, miss)
                .load(R1, R7.at(Row.SURE, 1)).load(R2, R6.at(Mark.SURE, 4)).jumpIf(R1, Condition.NOT_EQUAL, R2, miss);
    }

    /** R1 = which interval this is; it is kept for {@link #freshRow} and {@link #sharedRow}. */
    void readEpoch() {
        a.mapValue(R1, tables.control.fd(), 0).load(R1, R1.at(Control.EPOCH, 8)).store(epoch.whole(), R1);
    }

    /** Goes there if the row R7 does not have the whole key. */
    void compareKey(Label miss) {
        for (int at = 0; at < Row.KEY_BYTES; at += Long.BYTES) {
            a.load(R1, R7.at(at, 8)).load(R2, keyAt(at, 8)).jumpIf(R1, Condition.NOT_EQUAL, R2, miss);
        }
    }

    /** R7 = a fresh row with the key, which the pin leads to from now on. */
    void freshRow(Pin pin) {
        row(pin, false);
    }

    /** R7 = a row with the key that any pin led to, or a fresh one; the pin leads to it from now on. */
    void sharedRow(Pin pin) {
        row(pin, true);
    }

    private void row(Pin pin, boolean isShared) {
        Slot pinned = a.slot("pinned", Long.BYTES);
        Label fresh = a.label("fresh");
        Label full = a.label("full");
        Label have = a.label("have");
        a.load(R8, epoch.whole());
        if (isShared) {
            a.map(R1, tables.index.fd()).address(R2, key).call(Helper.MAP_LOOKUP_ELEM)
                    .jumpIf(R0, Condition.EQUAL, 0, fresh).load(R1, R0.at(0, 8)).move(R2, R1).shiftRight(R2, 32)
                    .jumpIf(R2, Condition.NOT_EQUAL, R8, fresh).store(pin.place(), R1).store(number.whole(), R1);
            byNumber(full);
            a.jump(have);
        }
        a.here(fresh);
        takeRow(pinned, full);
        a.load(R1, pinned.whole()).store(pin.place(), R1);
        for (int at = 0; at < Row.KEY_BYTES; at += Long.BYTES) {
            a.load(R1, keyAt(at, 8)).store(R7.at(at, 8), R1);
        }
        if (isShared) {
            a.map(R1, tables.index.fd()).address(R2, key).address(R3, pinned).move(R4, 0)
                    .call(Helper.MAP_UPDATE_ELEM);
        }
        a.jump(have).here(full);
        rest();
        a.here(have);
    }

    /** R7 = the row of that number, which is in the table. */
    private void byNumber(Label none) {
        a.map(R1, tables.rows.fd()).address(R2, number).call(Helper.MAP_LOOKUP_ELEM)
                .jumpIf(R0, Condition.EQUAL, 0, none).move(R7, R0);
    }

    private void takeRow(Slot pinned, Label full) {
        a.move(R1, R8).and(R1, 1).move(R2, R1).multiply(R2, Long.BYTES).mapValue(R3, tables.control.fd(), Control.TAKEN)
                .add(R3, R2).load(R4, R3.at(0, 8)).jumpIf(R4, Condition.ABOVE_OR_EQUAL, Tables.ROWS, full).move(R4, 1)
                .atomicFetchAdd(R3.at(0, 8), R4).jumpIf(R4, Condition.ABOVE_OR_EQUAL, Tables.ROWS, full)
                .multiply(R1, Tables.ROWS).add(R1, R4).store(number.whole(), R1).move(R2, R8).shiftLeft(R2, 32)
                .or(R2, R1).store(pinned.whole(), R2);
        byNumber(full);
    }

    /** R7 = what takes up all rows of an owner for which there was no room, or, if there is none for that, of everybody. */
    private void rest() {
        Slot rest = a.slot("rest", Tables.REST_KEY_BYTES);
        Label have = a.label("have the rest");
        Label lost = a.label("lost");
        Label known = a.label("known");
        a.load(R1, keyAt(Row.OWNER, 8)).store(rest.at(0, 8), R1).load(R1, keyAt(Row.NAMESPACE, 8))
                .store(rest.at(8, 8), R1).store(rest.at(16, 8), R8).map(R1, tables.rests.fd()).address(R2, rest)
                .call(Helper.MAP_LOOKUP_ELEM).jumpIf(R0, Condition.NOT_EQUAL, 0, known);
        insert(tables.rests.fd(), rest, lost);
        a.here(known).move(R7, R0).load(R1, keyAt(Row.ORIGIN, 1)).store(R7.at(Row.ORIGIN, 1), R1).jump(have).here(lost)
                .mapValue(R7, tables.control.fd(), Control.LOST).move(R1, 1)
                .atomicAdd(R7.at(Control.LOST_EVENTS - Control.LOST, 8), R1).here(have);
    }

    /** Adds what is on the stack to a field of the row R7. */
    void count(int field, Place amount) {
        a.load(R1, amount).atomicAdd(R7.at(field, amount.size()), R1);
    }
}
