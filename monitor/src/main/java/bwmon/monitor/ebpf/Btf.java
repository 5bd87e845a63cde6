package bwmon.monitor.ebpf;

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
    /** linux/btf.h. */
    static final int MAGIC = 0xeb9f;
    static final int VERSION = 1;
    /** sizeof(struct btf_header). */
    static final int HEADER_BYTES = 24;

    /** BTF_KIND_*, linux/btf.h. */
    static final int INT = 1;
    static final int PTR = 2;
    static final int ARRAY = 3;
    static final int STRUCT = 4;
    static final int UNION = 5;
    static final int ENUM = 6;
    static final int FWD = 7;
    static final int TYPEDEF = 8;
    static final int VOLATILE = 9;
    static final int CONST = 10;
    static final int RESTRICT = 11;
    static final int FUNC = 12;
    static final int FUNC_PROTO = 13;
    static final int VAR = 14;
    static final int DATASEC = 15;
    static final int FLOAT = 16;
    static final int DECL_TAG = 17;
    static final int TYPE_TAG = 18;
    static final int ENUM64 = 19;

    /** struct btf_type in words: name_off, info, and size or type; then what its kind adds. */
    static final int NAME = 0;
    static final int INFO = 1;
    private static final int SIZE_OR_TYPE = 2;
    static final int TYPE_WORDS = 3;

    /** struct btf_member: name_off, type, offset. */
    static final int MEMBER_WORDS = 3;
    private static final int MEMBER_TYPE = 1;
    private static final int MEMBER_OFFSET = 2;
    /** struct btf_array, behind struct btf_type: type, index_type, nelems. */
    static final int ARRAY_WORDS = 3;
    private static final int ARRAY_TYPE = TYPE_WORDS;
    private static final int ARRAY_ELEMENTS = TYPE_WORDS + 2;
    /** struct btf_enum: name_off, val; struct btf_enum64: name_off, val_lo32, val_hi32. */
    static final int ENUM_WORDS = 2;
    static final int ENUM64_WORDS = 3;
    /** struct btf_param: name_off, type. */
    static final int PARAM_WORDS = 2;
    /** struct btf_var_secinfo: type, offset, size. */
    static final int SECINFO_WORDS = 3;

    private static final Path KERNEL = Path.of("/sys/kernel/btf/vmlinux");
    /** BPF programs exist on 64-bit kernels; on others Java 25 does not. */
    private static final int POINTER_BYTES = 8;
    /** How far references are followed, and structs without a name looked through: the kernel itself allows 32. */
    private static final int DEPTH = 32;

    private final int[] words;
    private final int[] starts;
    private final BtfLayout layout;
    /** By kind and name; 0 where there is none. */
    private final Map<String, Integer> found = new HashMap<>();

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
        try {
            return parse(Files.readAllBytes(KERNEL));
        } catch (NoSuchFileException e) {
            var absent = new NoSuchFileException(KERNEL.toString(), null,
                    "this kernel does not describe its types (CONFIG_DEBUG_INFO_BTF)");
            absent.initCause(e);
            throw absent;
        }
    }

    /** Reads types that build on no others. */
    public static Btf parse(byte[] file) throws BtfException {
        return new Btf(BtfLayout.of(file));
    }

    /** The id of a typedef; of {@code btf_trace_NAME}, what a program for the tracepoint NAME is loaded for. */
    public OptionalInt typedef(String name) {
        return id(TYPEDEF, name);
    }

    /** The id of a function; of {@code bpf_iter_NAME}, what a program for the iterator NAME is loaded for. */
    public OptionalInt function(String name) {
        return id(FUNC, name);
    }

    /** The id of a struct, not of one that is only announced. */
    public OptionalInt struct(String name) {
        return id(STRUCT, name);
    }

    private OptionalInt id(int kind, String name) {
        int id = found.computeIfAbsent(kind + " " + name, key -> search(kind, name));
        return id == 0 ? OptionalInt.empty() : OptionalInt.of(id);
    }

    private int search(int kind, String name) {
        byte[] wanted = name.getBytes(StandardCharsets.UTF_8);
        int id = wanted.length == 0 ? 0 : layout.firsts[kind];
        while (id != 0 && !isNamed(words[starts[id] + NAME], wanted)) {
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
        return BtfLayout.kind(words[starts[id] + INFO]);
    }

    private int count(int id) {
        return BtfLayout.count(words[starts[id] + INFO]);
    }

    private int sizeOrType(int id) {
        return words[starts[id] + SIZE_OR_TYPE];
    }

    /** The type behind typedefs and qualifiers; 0 if it is void or there is none. */
    private int resolve(int type) {
        int id = type;
        for (int i = 0; i < DEPTH && id > 0 && id < layout.count; i++) {
            switch (kind(id)) {
                case TYPEDEF, VOLATILE, CONST, RESTRICT, TYPE_TAG -> id = sizeOrType(id);
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
            Member member = name.isEmpty() ? null : member(type, name.getBytes(StandardCharsets.UTF_8), DEPTH);
            if (member == null) {
                return Optional.empty();
            }
            bits += member.bits();
            type = resolve(member.type());
            isBitField = member.isBitField();
        }
        long size = size(type);
        boolean isWhole = !isBitField && size >= 0 && bits % Byte.SIZE == 0;
        return isWhole ? Optional.of(new Field((int) (bits / Byte.SIZE), (int) size)) : Optional.empty();
    }

    /** A member of a struct, and how many bits behind the beginning of that. */
    private record Member(int type, long bits, boolean isBitField) {}

    private @Nullable Member member(int struct, byte[] name, int depth) {
        if (struct == 0 || depth == 0 || (kind(struct) != STRUCT && kind(struct) != UNION)) {
            return null;
        }
        boolean hasBitFields = words[starts[struct] + INFO] < 0; // kind_flag is the highest bit
        int at = starts[struct] + TYPE_WORDS;
        int end = at + count(struct) * MEMBER_WORDS;
        for (; at < end; at += MEMBER_WORDS) {
            int type = words[at + MEMBER_TYPE];
            int offset = words[at + MEMBER_OFFSET];
            int bits = hasBitFields ? offset & 0xffffff : offset;
            if (words[at] == 0) {
                Member inner = member(resolve(type), name, depth - 1);
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
        if (type == 0 || kind(type) != INT) {
            return false;
        }
        int encoding = words[starts[type] + TYPE_WORDS];
        return (encoding >>> 16 & 0xff) != 0 || (encoding & 0xff) != sizeOrType(type) * Byte.SIZE;
    }

    /** Bytes of a type; -1 if it has no size, or not one that an int holds. */
    private long size(int type) {
        long elements = 1;
        int id = type;
        for (int i = 0; i < DEPTH && id != 0; i++) {
            switch (kind(id)) {
                case ARRAY -> {
                    elements *= words[starts[id] + ARRAY_ELEMENTS];
                    if (elements < 0 || elements > Integer.MAX_VALUE) {
                        return -1;
                    }
                    id = resolve(words[starts[id] + ARRAY_TYPE]);
                }
                case INT, STRUCT, UNION, ENUM, ENUM64, FLOAT -> {
                    return bytes(elements * sizeOrType(id));
                }
                case PTR -> {
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
        int each = kind(id) == ENUM ? ENUM_WORDS : ENUM64_WORDS;
        int at = starts[id] + TYPE_WORDS;
        int end = at + count(id) * each;
        for (; at < end; at += each) {
            if (isNamed(words[at], name)) {
                return OptionalInt.of(words[at + 1]);
            }
        }
        return OptionalInt.empty();
    }

    private int enumeration(String name) {
        OptionalInt small = id(ENUM, name);
        return small.isPresent() ? small.getAsInt() : id(ENUM64, name).orElse(0);
    }

    /**
     * How many parameters the functions take that a typedef of a pointer to a function is for. Of {@code btf_trace_NAME}
     * that is one more than the tracepoint NAME has: the first is the kernel's own.
     */
    public OptionalInt parameters(String typedef) {
        int pointer = resolve(typedef(typedef).orElse(0));
        int function = pointer == 0 || kind(pointer) != PTR ? 0 : resolve(sizeOrType(pointer));
        return function == 0 || kind(function) != FUNC_PROTO ? OptionalInt.empty() : OptionalInt.of(count(function));
    }
}
