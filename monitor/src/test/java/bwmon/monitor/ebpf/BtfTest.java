package bwmon.monitor.ebpf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Types that were put together by hand, of every kind, whole and broken. */
class BtfTest {
    private static final int KIND_FLAG = 1 << 31;

    /** Writes types; their ids are 1, 2, 3 in the order of {@link #type}. */
    private static final class Types {
        private final ByteBuffer types = ByteBuffer.allocate(10_000).order(ByteOrder.nativeOrder());
        private final StringBuilder strings = new StringBuilder("\0");

        int name(String name) {
            if (name.isEmpty()) {
                return 0;
            }
            strings.append(name).append('\0');
            return strings.length() - name.length() - 1;
        }

        Types type(String name, int kind, int countAndFlag, int sizeOrType, int... more) {
            types.putInt(name(name)).putInt(kind << 24 | countAndFlag).putInt(sizeOrType);
            for (int word : more) {
                types.putInt(word);
            }
            return this;
        }

        byte[] file() {
            byte[] names = strings.toString().getBytes(StandardCharsets.UTF_8);
            int length = types.position();
            ByteBuffer out = ByteBuffer.allocate(BtfFormat.HEADER_BYTES + length + names.length)
                    .order(ByteOrder.nativeOrder());
            out.putShort((short) BtfFormat.MAGIC).put((byte) BtfFormat.VERSION).put((byte) 0)
                    .putInt(BtfFormat.HEADER_BYTES);
            out.putInt(0).putInt(length).putInt(length).putInt(names.length);
            return out.put(types.array(), 0, length).put(names).array();
        }
    }

    /** One of every kind, with what they can lead to. */
    private static byte[] everyKind() {
        var types = new Types();
        types.type("int", BtfFormat.INT, 0, 4, 1 << 24 | 32); // 1
        types.type("long", BtfFormat.INT, 0, 8, 64); // 2
        types.type("", BtfFormat.PTR, 0, 1); // 3
        types.type("", BtfFormat.ARRAY, 0, 0, 1, 1, 5); // 4: int[5]
        types.type("size", BtfFormat.TYPEDEF, 0, 6); // 5
        types.type("", BtfFormat.CONST, 0, 7); // 6
        types.type("", BtfFormat.VOLATILE, 0, 8); // 7
        types.type("", BtfFormat.RESTRICT, 0, 9); // 8
        types.type("", BtfFormat.TYPE_TAG, 0, 2); // 9
        types.type("", BtfFormat.UNION, 2, 8, types.name("as_int"), 1, 0, types.name("as_long"), 2, 0); // 10
        types.type("", BtfFormat.STRUCT, 2, 16, 0, 10, 0, types.name("last"), 3, 64); // 11
        types.type("outer", BtfFormat.STRUCT, 4, 60, types.name("first"), 1, 0, 0, 11, 64, types.name("numbers"), 4,
                192,
                types.name("size"), 5, 352); // 12
        types.type("bits", BtfFormat.STRUCT | KIND_FLAG >>> 24, 3, 12, types.name("part"), 1, 3 << 24 | 1,
                types.name("odd"), 1, 33, types.name("whole"), 1, 64); // 13
        types.type("wrapper", BtfFormat.STRUCT, 2, 80, types.name("inner"), 12, 64, types.name("fwd"), 14, 0); // 14
        types.type("announced", BtfFormat.FWD, 0, 0); // 15
        types.type("color", BtfFormat.ENUM, 2, 4, types.name("RED"), 0, types.name("BLUE"), -7); // 16
        types.type("large", BtfFormat.ENUM64, 1, 8, types.name("HUGE"), 5, 1); // 17
        types.type("", BtfFormat.FUNC_PROTO, 3, 0, 0, 3, types.name("a"), 1, types.name("b"), 2); // 18
        types.type("", BtfFormat.PTR, 0, 18); // 19
        types.type("btf_trace_it", BtfFormat.TYPEDEF, 0, 19); // 20
        types.type("it", BtfFormat.FUNC, 1, 18); // 21
        types.type("variable", BtfFormat.VAR, 0, 1, 1); // 22
        types.type(".data", BtfFormat.DATASEC, 1, 4, 22, 0, 4); // 23
        types.type("double", BtfFormat.FLOAT, 0, 8); // 24
        types.type("tag", BtfFormat.DECL_TAG, 0, 12, -1); // 25
        types.type("round", BtfFormat.TYPEDEF, 0, 27); // 26
        types.type("and_round", BtfFormat.TYPEDEF, 0, 26); // 27
        types.type("odd", BtfFormat.STRUCT, 5, 8, types.name("round"), 26, 0, types.name("nowhere"), 4711, 0,
                types.name("endless"), 29, 0, types.name("negative"), -5, 0, 0, 28, 0); // 28: holds itself
        types.type("", BtfFormat.ARRAY, 0, 0, 29, 1, 2); // 29: holds itself
        types.type("old", BtfFormat.STRUCT, 2, 4, types.name("three"), 31, 0, types.name("behind"), 15, 32); // 30
        types.type("three_bits", BtfFormat.INT, 0, 4, 3); // 31
        types.type("vast", BtfFormat.STRUCT, 1, 4, types.name("array"), 33, 0); // 32
        types.type("", BtfFormat.ARRAY, 0, 0, 4, 1, 0x7fffffff); // 33
        types.type("outer", BtfFormat.STRUCT, 0, 1); // 34: the second of that name
        types.type("last", BtfFormat.FUNC, 0, 18); // 35
        types.type("twins", BtfFormat.STRUCT, 2, 8, 0, 36, 0, 0, 36, 0); // 36: holds itself twice, so that it has 2^n members
        return types.file();
    }

    private static Optional<Btf.Field> at(int offset, int size) {
        return Optional.of(new Btf.Field(offset, size));
    }

    @Test
    void fieldsAreFoundThroughWhateverLeadsThere() throws BtfException {
        Btf btf = Btf.parse(everyKind());
        assertEquals(at(0, 4), btf.field("outer", "first"));
        assertEquals(at(8, 4), btf.field("outer", "as_int"));
        assertEquals(at(8, 8), btf.field("outer", "as_long"));
        assertEquals(at(16, 8), btf.field("outer", "last"), "a pointer");
        assertEquals(at(24, 20), btf.field("outer", "numbers"), "an array");
        assertEquals(at(44, 8), btf.field("outer", "size"), "behind a typedef and four qualifiers");
        assertEquals(at(8, 60), btf.field("wrapper", "inner"));
        assertEquals(at(16, 8), btf.field("wrapper", "inner.as_long"));
        assertEquals(at(8, 4), btf.field("bits", "whole"));
        assertEquals(OptionalInt.of(12), btf.struct("outer"));
        assertEquals(OptionalInt.of(5), btf.typedef("size"));
        assertEquals(OptionalInt.of(21), btf.function("it"));
        assertEquals(OptionalInt.of(35), btf.function("last"));
        assertEquals(OptionalInt.of(3), btf.parameters("btf_trace_it"));
        assertEquals(OptionalInt.of(-7), btf.enumValue("color", "BLUE"));
        assertEquals(OptionalInt.of(5), btf.enumValue("large", "HUGE"));
    }

    @Test
    void whatLeadsNowhereIsEmpty() throws BtfException {
        Btf btf = Btf.parse(everyKind());
        for (String path : new String[]{"round", "nowhere", "endless", "negative", "absent", "round.round"}) {
            assertEquals(Optional.empty(), btf.field("odd", path), path);
        }
        for (String path : new String[]{"", ".", "first.", ".first", "first.first", "numbers.0", "last.first",
                "firs"}) {
            assertEquals(Optional.empty(), btf.field("outer", path), path);
        }
        assertEquals(Optional.empty(), btf.field("twins", "absent"));
        assertEquals(Optional.empty(), btf.field("bits", "part"), "3 bits");
        assertEquals(Optional.empty(), btf.field("bits", "odd"), "no whole byte");
        assertEquals(Optional.empty(), btf.field("old", "three"), "3 bits, as they were told before");
        assertEquals(Optional.empty(), btf.field("old", "behind"), "only announced");
        assertEquals(Optional.empty(), btf.field("vast", "array"), "no int holds that size");
        assertEquals(OptionalInt.empty(), btf.struct("announced"));
        assertEquals(OptionalInt.empty(), btf.struct("int"));
        assertEquals(OptionalInt.empty(), btf.struct(""));
        assertEquals(OptionalInt.empty(), btf.parameters("size"));
        assertEquals(OptionalInt.empty(), btf.parameters("round"));
        assertEquals(OptionalInt.empty(), btf.enumValue("color", "RE"));
        assertEquals(OptionalInt.empty(), btf.enumValue("colo", "RED"));
        assertEquals(OptionalInt.empty(), btf.enumValue("color", ""));
    }

    @Test
    void aKindThatIsNotKnownIsNamed() {
        byte[] file = new Types().type("int", BtfFormat.INT, 0, 4, 32).type("new", 20, 0, 0).file();
        var refused = assertThrows(BtfException.class, () -> Btf.parse(file));
        assertEquals("type 2 is of kind 20, which is not known", refused.getMessage());
    }

    @Test
    void theTypesOfMapsAreOnesThatTheParserTakes() throws BtfException {
        assertEquals(OptionalInt.empty(), Btf.parse(ValueTypes.bytes(56)).struct("int"));
    }

    @Test
    void whatIsCutOffIsRefused() {
        byte[] whole = everyKind();
        for (int length = 0; length < whole.length; length++) {
            byte[] part = Arrays.copyOf(whole, length);
            assertThrows(BtfException.class, () -> Btf.parse(part), () -> part.length + " bytes");
        }
    }

    @Test
    void brokenBytesAreRefusedOrLookedThroughWithoutHarm() {
        byte[] whole = everyKind();
        var random = new Random(5);
        int refused = 0;
        int rounds = 10_000;
        for (int i = 0; i < rounds; i++) {
            byte[] broken = whole.clone();
            int changes = 1 + random.nextInt(4);
            for (int j = 0; j < changes; j++) {
                int at = random.nextInt(broken.length);
                broken[at] = random.nextInt(3) == 0 ? (byte) -1 : (byte) random.nextInt(256);
            }
            refused += isRefused(broken) ? 1 : 0;
        }
        assertTrue(refused > rounds / 100, refused + " refused");
        assertTrue(refused < rounds, "some are harmless");
    }

    private static boolean isRefused(byte[] file) {
        Btf btf;
        try {
            btf = Btf.parse(file);
        } catch (BtfException e) {
            return true;
        }
        for (String struct : new String[]{"outer", "bits", "wrapper", "odd", "old", "vast"}) {
            for (String path : new String[]{"first", "as_long", "inner.as_long", "numbers", "size", "absent", "whole",
                    "endless", "array", "fwd", "three"}) {
                btf.field(struct, path).ifPresent(field -> assertTrue(field.offset() >= 0 && field.size() >= 0,
                        field::toString));
            }
        }
        btf.parameters("btf_trace_it");
        btf.function("last");
        btf.enumValue("color", "BLUE");
        btf.enumValue("large", "ABSENT");
        return false;
    }
}
