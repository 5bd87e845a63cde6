package bwmon.monitor.ebpf;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

import bwmon.ffi.Fd;

/** How a {@link BpfMap} comes to be. */
final class MapCreation {
    /** union bpf_attr for BPF_MAP_CREATE. */
    static final int MAP_TYPE = 0;
    static final int KEY_SIZE = 4;
    static final int VALUE_SIZE = 8;
    static final int MAX_ENTRIES = 12;
    static final int MAP_FLAGS = 16;
    static final int INNER_MAP_FD = 20;
    static final int MAP_NAME = 28;
    static final int BTF_FD = 48;
    static final int BTF_KEY_TYPE_ID = 52;
    static final int BTF_VALUE_TYPE_ID = 56;
    static final int CREATE_BYTES = 64;

    private static final int NONE = -1;

    private MapCreation() {}

    static Fd create(BpfMap.Spec spec) throws EbpfException {
        if (spec.type() != BpfMap.Type.SK_STORAGE) {
            return create(spec, 0, NONE);
        }
        // The kernel does not make such a map without the types of its keys and values.
        try (Fd types = ValueTypes.load(spec.keySize(), spec.valueSize())) {
            return create(spec, 0, types.number());
        }
    }

    static Fd createOfMaps(BpfMap.Spec spec, int like) throws EbpfException {
        return create(spec, like, NONE);
    }

    private static Fd create(BpfMap.Spec spec, int inner, int types) throws EbpfException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = Bpf.attributes(arena, CREATE_BYTES);
            Bpf.number(attributes, MAP_TYPE, spec.type().number());
            Bpf.number(attributes, KEY_SIZE, spec.keySize());
            Bpf.number(attributes, VALUE_SIZE, spec.valueSize());
            Bpf.number(attributes, MAX_ENTRIES, spec.maxEntries());
            Bpf.number(attributes, INNER_MAP_FD, inner);
            Bpf.name(attributes, MAP_NAME, spec.name());
            int flags = spec.flags();
            if (types != NONE) {
                flags |= BpfMap.BPF_F_NO_PREALLOC;
                Bpf.number(attributes, BTF_FD, types);
                Bpf.number(attributes, BTF_KEY_TYPE_ID, ValueTypes.KEY);
                Bpf.number(attributes, BTF_VALUE_TYPE_ID, ValueTypes.VALUE);
            }
            Bpf.number(attributes, MAP_FLAGS, flags);
            return Bpf.descriptor("create", "map " + spec.name(), Bpf.call(Bpf.MAP_CREATE, attributes));
        }
    }
}
