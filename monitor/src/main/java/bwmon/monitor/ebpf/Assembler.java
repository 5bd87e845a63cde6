package bwmon.monitor.ebpf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes the instructions of one program (RFC 9669). Methods bear the names of what the instructions do; 64 bits unless they
 * say 32. Names of slots on the stack are given once. For one thread.
 */
public final class Assembler {
    /** MAX_BPF_STACK, linux/filter.h. */
    private static final int STACK_BYTES = 512;
    private static final int INSTRUCTION_BYTES = 8;

    // Classes, sizes, modes and sources of operation codes: linux/bpf_common.h, linux/bpf.h.
    private static final int BPF_LD = 0x00;
    private static final int BPF_LDX = 0x01;
    private static final int BPF_ST = 0x02;
    private static final int BPF_STX = 0x03;
    private static final int BPF_ALU = 0x04;
    private static final int BPF_JMP = 0x05;
    private static final int BPF_JMP32 = 0x06;
    private static final int BPF_ALU64 = 0x07;
    private static final int BPF_IMM = 0x00;
    private static final int BPF_MEM = 0x60;
    private static final int BPF_ATOMIC = 0xc0;
    private static final int BPF_DW = 0x18;
    private static final int BPF_X = 0x08;
    private static final int BPF_JA = 0x00;
    private static final int BPF_CALL = 0x80;
    private static final int BPF_EXIT = 0x90;
    private static final int BPF_END = 0xd0;
    private static final int BPF_TO_BE = 0x08;
    private static final int BPF_FETCH = 0x01;
    private static final int BPF_PSEUDO_MAP_FD = 1;
    private static final int BPF_PSEUDO_MAP_VALUE = 2;
    private static final int BPF_PSEUDO_KFUNC_CALL = 2;

    private record Instruction(int opcode, int destination, int source, int offset, int immediate) {}

    private record Jump(int instruction, Label to) {}

    /** What an arithmetic instruction does: the upper four bits of its operation code. */
    private enum Arithmetic {
        ADD(0x00), SUB(0x10), MUL(0x20), DIV(0x30), OR(0x40), AND(0x50), LSH(0x60), RSH(0x70), MOV(0xb0), ARSH(0xc0);

        private final int code;

        Arithmetic(int code) {
            this.code = code;
        }
    }

    private final List<Instruction> instructions = new ArrayList<>();
    private final List<Jump> jumps = new ArrayList<>();
    private final Map<String, Slot> slots = new HashMap<>();
    private int stackUsed;

    /** A label, to be placed by {@link #here}. */
    public Label label(String name) {
        return new Label(name);
    }

    /** The next instruction is where jumps to the label lead. */
    public Assembler here(Label label) {
        label.place(instructions.size());
        return this;
    }

    /**
     * Bytes on the stack; the same bytes again for the same name. Aligned to 8.
     *
     * @param bytes how many, 1 or more
     * @throws IllegalStateException if the stack has no room, or the name stands for another number of bytes
     */
    public Slot slot(String name, int bytes) {
        Slot slot = slots.computeIfAbsent(name, _ -> {
            stackUsed += (bytes + 7) & -8;
            return new Slot(name, -stackUsed, bytes);
        });
        if (stackUsed > STACK_BYTES || slot.size() != bytes) {
            throw new IllegalStateException(
                    "no room for " + bytes + " bytes as " + name + " on a stack of " + STACK_BYTES);
        }
        return slot;
    }

    public Assembler move(Register to, Register from) {
        return arithmetic(BPF_ALU64, Arithmetic.MOV, to, from);
    }

    /** Sign-extended to 64 bits. */
    public Assembler move(Register to, int value) {
        return arithmetic(BPF_ALU64, Arithmetic.MOV, to, value);
    }

    /** The lower 32 bits; the upper ones become 0. */
    public Assembler move32(Register to, Register from) {
        return arithmetic(BPF_ALU, Arithmetic.MOV, to, from);
    }

    public Assembler add(Register to, Register value) {
        return arithmetic(BPF_ALU64, Arithmetic.ADD, to, value);
    }

    public Assembler add(Register to, int value) {
        return arithmetic(BPF_ALU64, Arithmetic.ADD, to, value);
    }

    public Assembler subtract(Register from, Register value) {
        return arithmetic(BPF_ALU64, Arithmetic.SUB, from, value);
    }

    public Assembler subtract(Register from, int value) {
        return arithmetic(BPF_ALU64, Arithmetic.SUB, from, value);
    }

    public Assembler subtract32(Register from, Register value) {
        return arithmetic(BPF_ALU, Arithmetic.SUB, from, value);
    }

    public Assembler multiply(Register by, Register value) {
        return arithmetic(BPF_ALU64, Arithmetic.MUL, by, value);
    }

    public Assembler multiply(Register by, int value) {
        return arithmetic(BPF_ALU64, Arithmetic.MUL, by, value);
    }

    /** Without sign; by 0 gives 0. */
    public Assembler divide(Register dividend, Register divisor) {
        return arithmetic(BPF_ALU64, Arithmetic.DIV, dividend, divisor);
    }

    public Assembler and(Register to, int value) {
        return arithmetic(BPF_ALU64, Arithmetic.AND, to, value);
    }

    public Assembler or(Register to, Register value) {
        return arithmetic(BPF_ALU64, Arithmetic.OR, to, value);
    }

    public Assembler shiftLeft(Register value, int bits) {
        return arithmetic(BPF_ALU64, Arithmetic.LSH, value, bits);
    }

    /** Zeroes come in. */
    public Assembler shiftRight(Register value, int bits) {
        return arithmetic(BPF_ALU64, Arithmetic.RSH, value, bits);
    }

    /** The sign comes in. */
    public Assembler shiftRightSigned(Register value, int bits) {
        return arithmetic(BPF_ALU64, Arithmetic.ARSH, value, bits);
    }

    /** Swaps the bytes of the lower 16 bits where the machine is little-endian, and clears the upper ones. */
    public Assembler networkOrder16(Register value) {
        return emit(BPF_ALU | BPF_END | BPF_TO_BE, value.number(), 0, 0, 16);
    }

    private Assembler arithmetic(int kind, Arithmetic what, Register to, Register value) {
        return emit(kind | what.code | BPF_X, to.number(), value.number(), 0, 0);
    }

    private Assembler arithmetic(int kind, Arithmetic what, Register to, int value) {
        return emit(kind | what.code, to.number(), 0, 0, value);
    }

    /** Zero-extended to 64 bits. */
    public Assembler load(Register to, Place from) {
        return emit(BPF_LDX | BPF_MEM | sizeCode(from.size()), to.number(), from.base().number(), from.offset(), 0);
    }

    public Assembler store(Place to, Register value) {
        return emit(BPF_STX | BPF_MEM | sizeCode(to.size()), to.base().number(), value.number(), to.offset(), 0);
    }

    /** Sign-extended to the place's size. */
    public Assembler store(Place to, int value) {
        return emit(BPF_ST | BPF_MEM | sizeCode(to.size()), to.base().number(), 0, to.offset(), value);
    }

    /** Adds to 4 or 8 bytes in memory, at once for all processors. */
    public Assembler atomicAdd(Place to, Register value) {
        return atomic(to, value, 0);
    }

    /** Adds to 4 or 8 bytes in memory, and puts what was there before in place of the value. */
    public Assembler atomicFetchAdd(Place to, Register value) {
        return atomic(to, value, BPF_FETCH);
    }

    private Assembler atomic(Place to, Register value, int operation) {
        if (to.size() < 4) {
            throw new IllegalArgumentException("nothing is atomic on " + to.size() + " bytes");
        }
        return emit(BPF_STX | BPF_ATOMIC | sizeCode(to.size()), to.base().number(), value.number(), to.offset(),
                operation);
    }

    private static int sizeCode(int size) {
        return switch (size) {
            case 1 -> 0x10; // BPF_B
            case 2 -> 0x08; // BPF_H
            case 4 -> 0x00; // BPF_W
            case 8 -> BPF_DW;
            default -> throw new IllegalArgumentException("an instruction moves 1, 2, 4 or 8 bytes, not " + size);
        };
    }

    /** Where the slot begins. */
    public Assembler address(Register to, Slot of) {
        return move(to, Register.R10).add(to, of.offset());
    }

    public Assembler constant(Register to, long value) {
        return wide(to, 0, (int) value, (int) (value >>> 32));
    }

    /**
     * The map itself, as an argument of calls.
     *
     * @param fd a descriptor of the map, which is needed until the program is loaded
     */
    public Assembler map(Register to, int fd) {
        return wide(to, BPF_PSEUDO_MAP_FD, fd, 0);
    }

    /**
     * A place within the only value of an array map.
     *
     * @param offset within the value, in bytes
     */
    public Assembler mapValue(Register to, int fd, int offset) {
        return wide(to, BPF_PSEUDO_MAP_VALUE, fd, offset);
    }

    private Assembler wide(Register to, int source, int low, int high) {
        emit(BPF_LD | BPF_IMM | BPF_DW, to.number(), source, 0, low);
        return emit(0, 0, 0, 0, high);
    }

    public Assembler jump(Label to) {
        return jump(BPF_JMP | BPF_JA, 0, 0, 0, to);
    }

    public Assembler jumpIf(Register left, Condition condition, Register right, Label to) {
        return jump(BPF_JMP | BPF_X | condition.code(), left.number(), right.number(), 0, to);
    }

    /** The value is sign-extended to 64 bits. */
    public Assembler jumpIf(Register left, Condition condition, int right, Label to) {
        return jump(BPF_JMP | condition.code(), left.number(), 0, right, to);
    }

    /** Looks at the lower 32 bits alone. */
    public Assembler jumpIf32(Register left, Condition condition, int right, Label to) {
        return jump(BPF_JMP32 | condition.code(), left.number(), 0, right, to);
    }

    private Assembler jump(int opcode, int left, int right, int immediate, Label to) {
        jumps.add(new Jump(instructions.size(), to));
        return emit(opcode, left, right, 0, immediate);
    }

    public Assembler call(Helper helper) {
        return emit(BPF_JMP | BPF_CALL, 0, 0, 0, helper.number());
    }

    /** Calls a function of the kernel that is no helper, by its type's number in the kernel's BTF. */
    public Assembler callKernel(int function) {
        return emit(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, function);
    }

    /** Ends the program; its result is in R0. */
    public Assembler exit() {
        return emit(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
    }

    private Assembler emit(int opcode, int destination, int source, int offset, int immediate) {
        instructions.add(new Instruction(opcode, destination, source, offset, immediate));
        return this;
    }

    /**
     * The program as the kernel takes it: struct bpf_insn, linux/bpf.h.
     *
     * @throws IllegalStateException if a jump leads nowhere, or farther than 16 bits tell
     */
    public byte[] instructions() {
        var offsets = new HashMap<Integer, Integer>();
        for (Jump jump : jumps) {
            int distance = jump.to.instruction() - jump.instruction - 1;
            if (distance < Short.MIN_VALUE || distance > Short.MAX_VALUE) {
                throw new IllegalStateException("a jump over " + distance + " instructions");
            }
            offsets.put(jump.instruction, distance);
        }
        ByteBuffer bytes = ByteBuffer.allocate(instructions.size() * INSTRUCTION_BYTES).order(ByteOrder.nativeOrder());
        boolean isLittle = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
        for (int i = 0; i < instructions.size(); i++) {
            Instruction each = instructions.get(i);
            bytes.put((byte) each.opcode);
            bytes.put((byte) (isLittle
                    ? each.destination | each.source << 4
                    : each.destination << 4 | each.source));
            bytes.putShort((short) (int) offsets.getOrDefault(i, each.offset));
            bytes.putInt(each.immediate);
        }
        return bytes.array();
    }
}
