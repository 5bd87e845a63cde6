package bwmon.monitor.ebpf;

/** Numbers of the type format BTF, all of linux/btf.h. */
final class BtfFormat {
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
    static final int SIZE_OR_TYPE = 2;
    static final int TYPE_WORDS = 3;

    /** struct btf_member: name_off, type, offset. */
    static final int MEMBER_WORDS = 3;
    static final int MEMBER_TYPE = 1;
    static final int MEMBER_OFFSET = 2;
    /** struct btf_array, behind struct btf_type: type, index_type, nelems. */
    static final int ARRAY_WORDS = 3;
    static final int ARRAY_TYPE = TYPE_WORDS;
    static final int ARRAY_ELEMENTS = TYPE_WORDS + 2;
    /** struct btf_enum: name_off, val; struct btf_enum64: name_off, val_lo32, val_hi32. */
    static final int ENUM_WORDS = 2;
    static final int ENUM64_WORDS = 3;
    /** struct btf_param: name_off, type. */
    static final int PARAM_WORDS = 2;
    /** struct btf_var_secinfo: type, offset, size. */
    static final int SECINFO_WORDS = 3;

    private BtfFormat() {}
}
