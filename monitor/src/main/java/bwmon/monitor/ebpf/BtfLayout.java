package bwmon.monitor.ebpf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What {@link Btf} looks things up in: checked, so that no record reaches over the end of the types, and no type's name over
 * the end of the strings.
 */
final class BtfLayout {
    private static final int KINDS = Btf.ENUM64 + 1;
    /** BTF_MAX_TYPE, linux/btf.h. */
    private static final int MAX_TYPE = 0xfffff;
    /** BTF_INFO_KIND and BTF_INFO_VLEN. */
    private static final int KIND_SHIFT = 24;
    private static final int KIND_MASK = 0x1f;
    private static final int COUNT_MASK = 0xffff;

    /** All types, one behind the other, all of whole words. */
    final int[] words;
    /** Where in the words the type of an id begins; there is none of id 0, which is void. */
    final int[] starts;
    /** The next id of a type of the same kind; 0 behind the last. */
    final int[] following;
    /** By kind, the first id; 0 if there is none. */
    final int[] firsts = new int[KINDS];
    /** In which the strings are, each with a 0 at its end. */
    final byte[] file;
    /** Where they begin and end. */
    final int strings;
    final int stringsEnd;
    /** How many types there are, and void. */
    int count = 1;

    private final int[] lasts = new int[KINDS];

    private BtfLayout(int[] words, byte[] file, int strings, int stringsEnd) {
        this.words = words;
        this.file = file;
        this.strings = strings;
        this.stringsEnd = stringsEnd;
        // No type is shorter. The kernel's have 6 words on average, so that half of this stays empty.
        int most = Math.min(words.length / Btf.TYPE_WORDS, MAX_TYPE) + 1;
        starts = new int[most];
        following = new int[most];
    }

    /** #define BTF_INFO_KIND(info) (((info) >> 24) & 0x1f). */
    static int kind(int info) {
        return info >>> KIND_SHIFT & KIND_MASK;
    }

    /** #define BTF_INFO_VLEN(info) ((info) & 0xffff). */
    static int count(int info) {
        return info & COUNT_MASK;
    }

    /** Reads struct btf_header: magic u16, version u8, flags u8, hdr_len, type_off, type_len, str_off, str_len. */
    static BtfLayout of(byte[] file) throws BtfException {
        if (file.length < Btf.HEADER_BYTES) {
            throw new BtfException(file.length + " bytes are too few");
        }
        ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.nativeOrder());
        int magic = Short.toUnsignedInt(in.getShort());
        if (magic != Btf.MAGIC) {
            throw new BtfException("begins with 0x" + Integer.toHexString(magic) + ", not with 0xeb9f");
        }
        int version = in.get();
        if (version != Btf.VERSION) {
            throw new BtfException("is of version " + version + ", not " + Btf.VERSION);
        }
        in.get(); // flags: none are defined
        long header = Integer.toUnsignedLong(in.getInt());
        long types = header + Integer.toUnsignedLong(in.getInt());
        long typesLength = Integer.toUnsignedLong(in.getInt());
        long strings = header + Integer.toUnsignedLong(in.getInt());
        long stringsEnd = strings + Integer.toUnsignedLong(in.getInt());
        if (header < Btf.HEADER_BYTES || types + typesLength > file.length || stringsEnd > file.length
                || typesLength % Integer.BYTES != 0) {
            throw new BtfException("the header leads out of its " + file.length + " bytes");
        }
        if (strings == stringsEnd || file[(int) strings] != 0 || file[(int) stringsEnd - 1] != 0) {
            throw new BtfException("the strings do not begin and end with a 0");
        }
        var words = new int[(int) typesLength / Integer.BYTES];
        in.position((int) types).slice().order(ByteOrder.nativeOrder()).asIntBuffer().get(words);
        var layout = new BtfLayout(words, file, (int) strings, (int) stringsEnd);
        layout.walk();
        return layout;
    }

    /** How many words a type has behind its struct btf_type. */
    private static int more(int kind, int count, int id) throws BtfException {
        return switch (kind) {
            case Btf.PTR, Btf.FWD, Btf.TYPEDEF, Btf.VOLATILE, Btf.CONST, Btf.RESTRICT, Btf.FUNC, Btf.FLOAT,
                    Btf.TYPE_TAG ->
                0;
            case Btf.INT, Btf.VAR, Btf.DECL_TAG -> 1;
            case Btf.ARRAY -> Btf.ARRAY_WORDS;
            case Btf.STRUCT, Btf.UNION -> count * Btf.MEMBER_WORDS;
            case Btf.ENUM -> count * Btf.ENUM_WORDS;
            case Btf.ENUM64 -> count * Btf.ENUM64_WORDS;
            case Btf.FUNC_PROTO -> count * Btf.PARAM_WORDS;
            case Btf.DATASEC -> count * Btf.SECINFO_WORDS;
            default -> throw new BtfException("type " + id + " is of kind " + kind + ", which is not known");
        };
    }

    private void walk() throws BtfException {
        int at = 0;
        while (at < words.length) {
            at = type(at);
        }
    }

    /**
     * One type; a method of its own, so that it is soon compiled.
     *
     * @return where the next one begins
     */
    private int type(int at) throws BtfException {
        if (count == starts.length || at + Btf.TYPE_WORDS > words.length) {
            throw new BtfException("more than " + MAX_TYPE + " types, or one that is cut off");
        }
        int id = count++;
        int info = words[at + Btf.INFO];
        int kind = kind(info);
        int end = at + Btf.TYPE_WORDS + more(kind, count(info), id);
        if (end > words.length || words[at + Btf.NAME] < 0 || words[at + Btf.NAME] >= stringsEnd - strings) {
            throw new BtfException("type " + id + " is cut off, or its name is");
        }
        starts[id] = at;
        if (lasts[kind] == 0) {
            firsts[kind] = id;
        } else {
            following[lasts[kind]] = id;
        }
        lasts[kind] = id;
        return end;
    }
}
