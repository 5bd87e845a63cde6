package bwmon.monitor.ebpf;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

import bwmon.ffi.Fd;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

/**
 * The types of a map's keys and values in BTF, linux/btf.h, for maps that are not made without:
 *
 * <pre>
 * [1] int, the key
 * [2] unsigned char
 * [3] unsigned char[size], the value
 * </pre>
 */
final class ValueTypes {
    /** The id of the type of keys. */
    static final int KEY = 1;
    private static final int BYTE = 2;
    /** The id of the type of values. */
    static final int VALUE = 3;

    /** union bpf_attr for BPF_BTF_LOAD. */
    static final int BTF = 0;
    static final int BTF_SIZE = 16;
    static final int LOAD_BYTES = 32;

    private static final byte[] STRINGS = "\0int\0unsigned char\0".getBytes(StandardCharsets.US_ASCII);
    private static final int INT_NAME = 1;
    private static final int BYTE_NAME = 5;
    /** BTF_INT_SIGNED. */
    private static final int SIGNED = 1;
    /** Two struct btf_type with an int behind them, one with a struct btf_array. */
    private static final int TYPES_BYTES = 2 * (12 + 4) + 12 + 12;

    private ValueTypes() {}

    /**
     * Hands them to the kernel.
     *
     * @param keyBytes 4: other keys are not needed so far
     */
    static Fd load(int keyBytes, int valueBytes) throws EbpfException {
        if (keyBytes != Integer.BYTES) {
            throw new IllegalArgumentException("a key of " + keyBytes + " bytes");
        }
        byte[] types = bytes(valueBytes);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = Bpf.attributes(arena, LOAD_BYTES);
            Bpf.pointer(attributes, BTF, arena.allocateFrom(JAVA_BYTE, types));
            Bpf.number(attributes, BTF_SIZE, types.length);
            return Bpf.descriptor("load", "types of a map", Bpf.call(Bpf.BTF_LOAD, attributes));
        }
    }

    static byte[] bytes(int valueBytes) {
        ByteBuffer out = ByteBuffer.allocate(Btf.HEADER_BYTES + TYPES_BYTES + STRINGS.length)
                .order(ByteOrder.nativeOrder());
        out.putShort((short) Btf.MAGIC).put((byte) Btf.VERSION).put((byte) 0).putInt(Btf.HEADER_BYTES);
        out.putInt(0).putInt(TYPES_BYTES).putInt(TYPES_BYTES).putInt(STRINGS.length);
        out.putInt(INT_NAME).putInt(Btf.INT << 24).putInt(Integer.BYTES).putInt(SIGNED << 24 | Integer.SIZE);
        out.putInt(BYTE_NAME).putInt(Btf.INT << 24).putInt(Byte.BYTES).putInt(Byte.SIZE);
        out.putInt(0).putInt(Btf.ARRAY << 24).putInt(0).putInt(BYTE).putInt(KEY).putInt(valueBytes);
        return out.put(STRINGS).array();
    }
}
