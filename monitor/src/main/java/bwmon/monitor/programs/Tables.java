package bwmon.monitor.programs;

import java.util.ArrayList;
import java.util.List;

import bwmon.monitor.ebpf.BpfMap;
import bwmon.monitor.ebpf.EbpfException;
import org.jspecify.annotations.Nullable;

/** The tables that the programs share, each with its bound. */
final class Tables implements AutoCloseable {
    /** Rows of an interval: 8 MiB for each half. Those for which there is none are summed up by owner. */
    static final int ROWS = 65_536;
    /** Rows that are found by their key, because no socket leads to them. Who falls out of here gets a second row. */
    private static final int INDEXED = 32_768;
    /** Owners whose rows did not find room, in two intervals. */
    static final int RESTS = 16_384;
    /** Processes that are noted. */
    static final int OWNERS = 32_768;
    /** Owner, namespace, epoch. */
    static final int REST_KEY_BYTES = 24;

    private final List<BpfMap> all = new ArrayList<>();
    final BpfMap rows;
    final BpfMap control;
    final BpfMap marks;
    final BpfMap index;
    final BpfMap rests;
    final BpfMap owners;
    /** Of no use but that whoever writes to it is kept until no program runs that was there before. */
    final BpfMap grace;
    /** Zeroes, to insert from. */
    final BpfMap blank;

    private Tables() throws EbpfException {
        rows = add(BpfMap.Type.ARRAY, "bwmon_rows", Integer.BYTES, Row.BYTES, 2 * ROWS, BpfMap.BPF_F_MMAPABLE);
        control = add(BpfMap.Type.ARRAY, "bwmon_control", Integer.BYTES, Control.BYTES, 1, BpfMap.BPF_F_MMAPABLE);
        marks = add(BpfMap.Type.SK_STORAGE, "bwmon_marks", Integer.BYTES, Mark.BYTES, 0, BpfMap.BPF_F_CLONE);
        index = add(BpfMap.Type.LRU_HASH, "bwmon_index", Row.KEY_BYTES, Long.BYTES, INDEXED, 0);
        rests = add(BpfMap.Type.HASH, "bwmon_rests", REST_KEY_BYTES, Row.BYTES, RESTS, BpfMap.BPF_F_NO_PREALLOC);
        owners = add(BpfMap.Type.HASH, "bwmon_owners", Long.BYTES, Note.BYTES, OWNERS, BpfMap.BPF_F_NO_PREALLOC);
        grace = add(new BpfMap.Spec(BpfMap.Type.ARRAY_OF_MAPS, "bwmon_grace", Integer.BYTES, Integer.BYTES, 1, 0),
                control);
        blank = add(BpfMap.Type.ARRAY, "bwmon_blank", Integer.BYTES, Note.BYTES, 1, 0);
    }

    /** Makes them. */
    static Tables create() throws EbpfException {
        return new Tables();
    }

    private BpfMap add(BpfMap.Type type, String name, int keySize, int valueSize, int entries, int flags)
            throws EbpfException {
        return add(new BpfMap.Spec(type, name, keySize, valueSize, entries, flags), null);
    }

    private BpfMap add(BpfMap.Spec spec, @Nullable BpfMap inner) throws EbpfException {
        boolean isMade = false;
        try {
            BpfMap map = inner == null ? BpfMap.create(spec) : BpfMap.create(spec, inner);
            all.add(map);
            isMade = true;
            return map;
        } finally {
            if (!isMade) {
                close();
            }
        }
    }

    @Override
    public void close() {
        all.reversed().forEach(BpfMap::close);
        all.clear();
    }
}
