package bwmon.monitor.ebpf;

import java.io.EOFException;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

import org.jspecify.annotations.Nullable;

/**
 * Types as the kernel describes its own (BTF, linux/btf.h, Documentation/bpf/btf.rst): where fields are in its structs, and
 * the ids by which it names functions and tracepoints. A running kernel has more than 100,000 types in 5 MB, so they stay
 * the words that they are; no object is made of one. Takes as much memory, and is to be dropped after use.
 *
 * <p>What is looked for and is not there is empty. So is what leads to a type that does not exist, or round in a circle.
 * Of several of one name the first counts. For one thread at a time.
 */
public final class Btf {
    private static final Path KERNEL = Path.of("/sys/kernel/btf/vmlinux");
    private static final int READ_BYTES = 8192;
    /** BPF programs exist on 64-bit kernels; on others Java 25 does not. */
    private static final int POINTER_BYTES = 8;
    /** How far references are followed: the kernel itself allows 32. */
    private static final int DEPTH = 32;
    /** How many structs without a name are looked through for one field, so that ones that hold each other come to an end. */
    private static final int LOOKED_THROUGH = 256;

    private final int[] words;
    private final int[] starts;
    private final BtfLayout layout;
    /** By name, the structs that were looked for; 0 where there is none. */
    private final Map<String, Integer> structs = new HashMap<>();
    private int lookedThrough;

    private Btf(BtfLayout layout) {
        this.layout = layout;
        words = layout.words;
        starts = layout.starts;
    }

    /**
     * Where a field is.
     *
     * @param offset in bytes from the beginning of the struct
     * @param size in bytes
     */
    public record Field(int offset, int size) {}

    /**
     * The types of the running kernel.
     *
     * @throws NoSuchFileException if it was built without (CONFIG_DEBUG_INFO_BTF)
     */
    public static Btf ofKernel() throws IOException {
        if (!Files.exists(KERNEL)) {
            throw new NoSuchFileException(KERNEL.toString(), null,
                    "this kernel does not describe its types (CONFIG_DEBUG_INFO_BTF)");
        }
        return parse(read(KERNEL.toFile()));
    }

    /** Of the ways to read 5 MB, of which sysfs hands out a page at a time, the one that is quick from the first time on. */
    private static byte[] read(File file) throws IOException {
        try (var in = new FileInputStream(file)) {
            var bytes = new byte[Math.toIntExact(file.length())];
            int length = 0;
            while (length < bytes.length) {
                int read = in.read(bytes, length, Math.min(READ_BYTES, bytes.length - length));
                if (read < 0) {
                    throw new EOFException(file + " ends after " + length + " of " + bytes.length + " bytes");
                }
                length += read;
            }
            return bytes;
        }
    }

    /** Reads types that build on no others. */
    public static Btf parse(byte[] file) throws BtfException {
        return new Btf(BtfLayout.of(file));
    }

    /** The id of a typedef; of {@code btf_trace_NAME}, what a program for the tracepoint NAME is loaded for. */
    public OptionalInt typedef(String name) {
        return optional(search(BtfFormat.TYPEDEF, name));
    }

    /** The id of a function; of {@code bpf_iter_NAME}, what a program for the iterator NAME is loaded for. */
    public OptionalInt function(String name) {
        return optional(search(BtfFormat.FUNC, name));
    }

    /** The id of a struct, not of one that is only announced. */
    public OptionalInt struct(String name) {
        // Asked for once a field. No lambda: making the first one takes longer than to look for a name.
        Integer known = structs.get(name);
        if (known == null) {
            known = search(BtfFormat.STRUCT, name);
            structs.put(name, known);
        }
        return optional(known);
    }

    private static OptionalInt optional(int id) {
        return id == 0 ? OptionalInt.empty() : OptionalInt.of(id);
    }

    private int search(int kind, String name) {
        byte[] wanted = name.getBytes(StandardCharsets.UTF_8);
        int id = wanted.length == 0 ? 0 : layout.firsts[kind];
        while (id != 0 && !isNamed(words[starts[id] + BtfFormat.NAME], wanted)) {
            id = layout.following[id];
        }
        return id;
    }

    private boolean isNamed(int name, byte[] wanted) {
        byte[] file = layout.file;
        long from = layout.strings + Integer.toUnsignedLong(name);
        long end = from + wanted.length;
        // The end first: most names differ in length.
        if (end >= layout.stringsEnd || file[(int) end] != 0) {
            return false;
        }
        for (int i = 0; i < wanted.length; i++) {
            if (file[(int) from + i] != wanted[i]) {
                return false;
            }
        }
        return true;
    }

    private int kind(int id) {
        return BtfLayout.kind(words[starts[id] + BtfFormat.INFO]);
    }

    private int count(int id) {
        return BtfLayout.count(words[starts[id] + BtfFormat.INFO]);
    }

    private int sizeOrType(int id) {
        return words[starts[id] + BtfFormat.SIZE_OR_TYPE];
    }

    /** The type behind typedefs and qualifiers; 0 if it is void or there is none. */
    private int resolve(int type) {
        int id = type;
        for (int i = 0; i < DEPTH && id > 0 && id < layout.count; i++) {
            switch (kind(id)) {
                case BtfFormat.TYPEDEF, BtfFormat.VOLATILE, BtfFormat.CONST, BtfFormat.RESTRICT, BtfFormat.TYPE_TAG ->
                    id = sizeOrType(id);
                default -> {
                    return id;
                }
            }
        }
        return 0;
    }

    /**
     * A field of a struct.
     *
     * @param path names of fields, with dots between them: each but the last one of a struct or union by value. Those that
     *     have no name themselves are looked through
     * @return empty also for a bit field
     */
    public Optional<Field> field(String struct, String path) {
        int type = struct(struct).orElse(0);
        long bits = 0;
        boolean isBitField = false;
        for (String name : path.split("\\.", -1)) {
            lookedThrough = 0;
            Member member = name.isEmpty() ? null : member(type, name.getBytes(StandardCharsets.UTF_8));
            if (member == null) {
                return Optional.empty();
            }
            bits += member.bits();
            type = resolve(member.type());
            isBitField = member.isBitField();
        }
        long offset = bits / Byte.SIZE;
        long size = size(type);
        boolean isWhole = !isBitField && size >= 0 && bits % Byte.SIZE == 0 && offset <= Integer.MAX_VALUE;
        return isWhole ? Optional.of(new Field((int) offset, (int) size)) : Optional.empty();
    }

    /** A member of a struct, and how many bits behind the beginning of that. */
    private record Member(int type, long bits, boolean isBitField) {}

    private @Nullable Member member(int struct, byte[] name) {
        if (struct == 0 || (kind(struct) != BtfFormat.STRUCT && kind(struct) != BtfFormat.UNION)
                || ++lookedThrough > LOOKED_THROUGH) {
            return null;
        }
        boolean hasBitFields = words[starts[struct] + BtfFormat.INFO] < 0; // kind_flag is the highest bit
        int at = starts[struct] + BtfFormat.TYPE_WORDS;
        int end = at + count(struct) * BtfFormat.MEMBER_WORDS;
        for (; at < end; at += BtfFormat.MEMBER_WORDS) {
            int type = words[at + BtfFormat.MEMBER_TYPE];
            int offset = words[at + BtfFormat.MEMBER_OFFSET];
            long bits = hasBitFields ? offset & 0xffffff : Integer.toUnsignedLong(offset);
            if (words[at] == 0) {
                Member inner = member(resolve(type), name);
                if (inner != null) {
                    return new Member(inner.type(), bits + inner.bits(), inner.isBitField());
                }
            } else if (isNamed(words[at], name)) {
                return new Member(type, bits, hasBitFields ? offset >>> 24 != 0 : isPartOfInt(resolve(type)));
            }
        }
        return null;
    }

    /** Whether it is an int of fewer bits than it has room for, which compilers before kind_flag made of a bit field. */
    private boolean isPartOfInt(int type) {
        if (type == 0 || kind(type) != BtfFormat.INT) {
            return false;
        }
        int encoding = words[starts[type] + BtfFormat.TYPE_WORDS];
        return (encoding >>> 16 & 0xff) != 0 || (encoding & 0xff) != sizeOrType(type) * Byte.SIZE;
    }

    /** Bytes of a type; -1 if it has no size, or not one that an int holds. */
    private long size(int type) {
        long elements = 1;
        int id = type;
        for (int i = 0; i < DEPTH && id != 0; i++) {
            switch (kind(id)) {
                case BtfFormat.ARRAY -> {
                    elements *= words[starts[id] + BtfFormat.ARRAY_ELEMENTS];
                    if (elements < 0 || elements > Integer.MAX_VALUE) {
                        return -1;
                    }
                    id = resolve(words[starts[id] + BtfFormat.ARRAY_TYPE]);
                }
                case BtfFormat.INT, BtfFormat.STRUCT, BtfFormat.UNION, BtfFormat.ENUM, BtfFormat.ENUM64,
                        BtfFormat.FLOAT -> {
                    return bytes(elements * sizeOrType(id));
                }
                case BtfFormat.PTR -> {
                    return bytes(elements * POINTER_BYTES);
                }
                default -> {
                    return -1;
                }
            }
        }
        return -1;
    }

    private static long bytes(long size) {
        return size < 0 || size > Integer.MAX_VALUE ? -1 : size;
    }

    /**
     * The value of a constant.
     *
     * @return the lower 32 bits of one of 64
     */
    public OptionalInt enumValue(String enumName, String constant) {
        byte[] name = constant.getBytes(StandardCharsets.UTF_8);
        int id = enumeration(enumName);
        if (id == 0 || name.length == 0) {
            return OptionalInt.empty();
        }
        int each = kind(id) == BtfFormat.ENUM ? BtfFormat.ENUM_WORDS : BtfFormat.ENUM64_WORDS;
        int at = starts[id] + BtfFormat.TYPE_WORDS;
        int end = at + count(id) * each;
        for (; at < end; at += each) {
            if (isNamed(words[at], name)) {
                return OptionalInt.of(words[at + 1]);
            }
        }
        return OptionalInt.empty();
    }

    private int enumeration(String name) {
        int small = search(BtfFormat.ENUM, name);
        return small != 0 ? small : search(BtfFormat.ENUM64, name);
    }

    /**
     * How many parameters the functions take that a typedef of a pointer to a function is for. Of {@code btf_trace_NAME}
     * that is one more than the tracepoint NAME has: the first is the kernel's own.
     */
    public OptionalInt parameters(String typedef) {
        int pointer = resolve(typedef(typedef).orElse(0));
        int function = pointer == 0 || kind(pointer) != BtfFormat.PTR ? 0 : resolve(sizeOrType(pointer));
        return function == 0 || kind(function) != BtfFormat.FUNC_PROTO
                ? OptionalInt.empty()
                : OptionalInt.of(count(function));
    }
}
