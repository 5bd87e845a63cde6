package bwmon.monitor.ebpf;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;

import bwmon.ffi.Errno;
import bwmon.ffi.Libc;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Maps of the running kernel. Needs root. */
class MapIT {
    @ParameterizedTest
    @EnumSource(names = {"HASH", "LRU_HASH", "PERCPU_HASH", "ARRAY", "PERCPU_ARRAY"})
    void whatWasPutInComesOut(BpfMap.Type type) throws EbpfException {
        try (Arena arena = Arena.ofConfined(); BpfMap map = create(type, 12, 100, 0)) {
            MemorySegment key = arena.allocateFrom(JAVA_INT, 7);
            MemorySegment value = arena.allocate(map.valueBytes(), 8);
            MemorySegment read = arena.allocate(map.valueBytes(), 8);
            boolean isArray = type == BpfMap.Type.ARRAY || type == BpfMap.Type.PERCPU_ARRAY;
            assertEquals(isArray, map.lookup(key, read));
            // Of each processor's value the 12 bytes are kept, not what rounds them up to 16.
            for (long at = 0; at + 12 <= value.byteSize(); at += 16) {
                value.set(JAVA_LONG, at, 1000 + at);
                value.set(JAVA_INT, at + 8, 5);
            }
            map.update(key, value, BpfMap.BPF_ANY);
            assertTrue(map.lookup(key, read));
            assertEquals(-1, value.mismatch(read));
            var refused = assertThrows(EbpfException.class, () -> map.update(key, value, BpfMap.BPF_NOEXIST));
            assertEquals(Errno.EEXIST, refused.errno());

            MemorySegment next = arena.allocate(JAVA_INT);
            assertTrue(map.nextKey(null, next));
            assertEquals(isArray ? 0 : 7, next.get(JAVA_INT, 0));
            if (!isArray) {
                assertFalse(map.nextKey(key, next));
                assertTrue(map.delete(key));
                assertFalse(map.delete(key));
                assertFalse(map.lookup(key, read));
                assertFalse(map.nextKey(null, next));
            }
        }
    }

    private static BpfMap create(BpfMap.Type type, int valueSize, int maxEntries, int flags) throws EbpfException {
        return BpfMap.create(new BpfMap.Spec(type, "bwmon_test", Integer.BYTES, valueSize, maxEntries, flags));
    }

    @Test
    void valuesPerProcessorAreRoundedUp() throws EbpfException {
        try (BpfMap map = create(BpfMap.Type.PERCPU_ARRAY, 12, 1, 0)) {
            assertEquals(0, map.valueBytes() % 16);
            assertTrue(map.valueBytes() >= 16 * Runtime.getRuntime().availableProcessors());
        }
    }

    @Test
    void tooShortASegmentIsRefusedBeforeTheKernelWritesBehindIt() throws EbpfException {
        try (Arena arena = Arena.ofConfined(); BpfMap map = create(BpfMap.Type.ARRAY, 12, 1, 0)) {
            MemorySegment key = arena.allocate(JAVA_INT);
            assertThrows(IllegalArgumentException.class, () -> map.lookup(key, arena.allocate(11)));
            assertThrows(IllegalArgumentException.class, () -> map.lookup(arena.allocate(3), arena.allocate(12)));
            assertThrows(IllegalArgumentException.class,
                    () -> map.lookup(MemorySegment.ofArray(new int[1]), arena.allocate(12)));
        }
    }

    @Test
    void aFullMapSaysSo() throws EbpfException {
        try (Arena arena = Arena.ofConfined(); BpfMap map = create(BpfMap.Type.HASH, 4, 1, 0)) {
            MemorySegment value = arena.allocate(JAVA_INT);
            map.update(arena.allocateFrom(JAVA_INT, 1), value, BpfMap.BPF_ANY);
            var full = assertThrows(EbpfException.class,
                    () -> map.update(arena.allocateFrom(JAVA_INT, 2), value, BpfMap.BPF_ANY));
            assertEquals("update of map bwmon_test: E2BIG (Argument list too long)", full.getMessage());
        }
    }

    /** A batch of 1 is less than many a bucket has, so that the kernel refuses it until it has grown. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3, 64, 10_000, 1_000_000})
    void batchesTellEachEntryOnce(int batch) throws EbpfException {
        int entries = 10_000;
        try (Arena arena = Arena.ofConfined(); BpfMap map = create(BpfMap.Type.HASH, 8, entries, 0)) {
            fill(map, entries, arena);
            var seen = new BitSet();
            map.forEach(batch, (keys, values, count) -> {
                for (int i = 0; i < count; i++) {
                    int key = keys.getAtIndex(JAVA_INT, i);
                    assertFalse(seen.get(key), "twice: " + key);
                    seen.set(key);
                    assertEquals(3L * key, values.getAtIndex(JAVA_LONG, i));
                }
            });
            assertEquals(entries, seen.cardinality());
        }
    }

    private static void fill(BpfMap map, int entries, Arena arena) throws EbpfException {
        MemorySegment key = arena.allocate(JAVA_INT);
        MemorySegment value = arena.allocate(JAVA_LONG);
        for (int i = 0; i < entries; i++) {
            key.set(JAVA_INT, 0, i);
            value.set(JAVA_LONG, 0, 3L * i);
            map.update(key, value, BpfMap.BPF_NOEXIST);
        }
    }

    @Test
    void batchesOfAnArrayAndOfNothing() throws EbpfException {
        try (BpfMap array = create(BpfMap.Type.ARRAY, 8, 100, 0);
                BpfMap empty = create(BpfMap.Type.HASH, 8, 100, 0)) {
            var seen = new BitSet();
            array.forEach(7, (keys, values, count) -> {
                for (int i = 0; i < count; i++) {
                    seen.set(keys.getAtIndex(JAVA_INT, i));
                }
            });
            assertEquals(100, seen.cardinality());
            empty.forEach(7, (keys, values, count) -> {
                throw new AssertionError("it is empty");
            });
        }
    }

    @Test
    void keysThatAreGoneDoNotStopTheDeletionOfOthers() throws EbpfException {
        try (Arena arena = Arena.ofConfined(); BpfMap map = create(BpfMap.Type.HASH, 8, 100, 0)) {
            fill(map, 10, arena);
            MemorySegment keys = arena.allocateFrom(JAVA_INT, 77, 0, 1, 78, 79, 2, 9, 80);
            assertEquals(4, map.deleteBatch(keys, 8));
            assertEquals(0, map.deleteBatch(keys, 0));
            var left = new BitSet();
            map.forEach(100, (found, values, count) -> {
                for (int i = 0; i < count; i++) {
                    left.set(found.getAtIndex(JAVA_INT, i));
                }
            });
            assertEquals("{3, 4, 5, 6, 7, 8}", left.toString());
        }
    }

    @Test
    void aMappedArrayIsTheKernelsOwn() throws EbpfException {
        MemorySegment mapped;
        try (Arena arena = Arena.ofConfined();
                BpfMap map = create(BpfMap.Type.ARRAY, 12, 1000, BpfMap.BPF_F_MMAPABLE)) {
            mapped = map.map();
            assertEquals(16_000, mapped.byteSize());
            mapped.set(JAVA_LONG, 999 * 16, 42);
            MemorySegment value = arena.allocate(12);
            assertTrue(map.lookup(arena.allocateFrom(JAVA_INT, 999), value));
            assertEquals(42, value.get(JAVA_LONG, 0));
            value.set(JAVA_LONG, 0, 43);
            map.update(arena.allocateFrom(JAVA_INT, 0), value, BpfMap.BPF_ANY);
            assertEquals(43, mapped.get(JAVA_LONG, 0));
        }
        assertThrows(IllegalStateException.class, () -> mapped.get(JAVA_LONG, 0));
    }

    @Test
    void anArrayThatIsNotMadeForItIsNotMapped() throws EbpfException {
        try (BpfMap map = create(BpfMap.Type.ARRAY, 8, 10, 0)) {
            assertThrows(EbpfException.class, map::map);
        }
    }

    @Test
    void aMapOfMapsTakesMapsOfItsKind() throws EbpfException {
        var spec = new BpfMap.Spec(BpfMap.Type.ARRAY_OF_MAPS, "bwmon_outer", 4, 4, 1, 0);
        try (Arena arena = Arena.ofConfined();
                BpfMap inner = create(BpfMap.Type.ARRAY, 8, 1, 0);
                BpfMap outer = BpfMap.create(spec, inner);
                BpfMap other = create(BpfMap.Type.HASH, 8, 1, 0)) {
            MemorySegment key = arena.allocate(JAVA_INT);
            MemorySegment value = arena.allocate(JAVA_INT);
            assertFalse(outer.lookup(key, value));
            outer.update(key, arena.allocateFrom(JAVA_INT, inner.fd()), BpfMap.BPF_ANY);
            assertTrue(outer.lookup(key, value));
            assertThrows(EbpfException.class,
                    () -> outer.update(key, arena.allocateFrom(JAVA_INT, other.fd()), BpfMap.BPF_ANY));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, BpfMap.BPF_F_CLONE})
    void aSocketHasItsOwnValue(int flags) throws Exception {
        var spec = new BpfMap.Spec(BpfMap.Type.SK_STORAGE, "bwmon_sockets", 4, 56, 0, flags);
        int socket = Libc.socket(2, 2, 0); // AF_INET, SOCK_DGRAM
        try (Arena arena = Arena.ofConfined(); BpfMap map = BpfMap.create(spec)) {
            MemorySegment key = arena.allocateFrom(JAVA_INT, socket);
            MemorySegment value = arena.allocate(56, 8);
            assertFalse(map.lookup(key, value));
            value.set(JAVA_LONG, 48, 99);
            map.update(key, value, BpfMap.BPF_NOEXIST);
            assertTrue(map.lookup(key, value.fill((byte) 0)));
            assertEquals(99, value.get(JAVA_LONG, 48));
            assertTrue(map.delete(key));
        } finally {
            Libc.close(socket);
        }
    }
}
