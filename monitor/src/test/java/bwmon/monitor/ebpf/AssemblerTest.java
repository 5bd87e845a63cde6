package bwmon.monitor.ebpf;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static bwmon.monitor.ebpf.Register.R1;
import static bwmon.monitor.ebpf.Register.R10;
import static bwmon.monitor.ebpf.Register.R2;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

/** The assembler beside LLVM's, instruction by instruction. */
class AssemblerTest {
    private static final Pattern ENCODING = Pattern.compile("# encoding: \\[(.*)]");

    /** In LLVM's words, each jump over three instructions. */
    private static Map<String, BiConsumer<Assembler, Label>> table() {
        var table = new LinkedHashMap<String, BiConsumer<Assembler, Label>>();
        table.put("r1 = r2", (a, _) -> a.move(R1, R2));
        table.put("r1 = 5", (a, _) -> a.move(R1, 5));
        table.put("w1 = w2", (a, _) -> a.move32(R1, R2));
        table.put("r1 += r2", (a, _) -> a.add(R1, R2));
        table.put("r1 += -5", (a, _) -> a.add(R1, -5));
        table.put("r1 -= r2", (a, _) -> a.subtract(R1, R2));
        table.put("r1 -= 7", (a, _) -> a.subtract(R1, 7));
        table.put("w1 -= w2", (a, _) -> a.subtract32(R1, R2));
        table.put("r1 *= r2", (a, _) -> a.multiply(R1, R2));
        table.put("r1 *= 9", (a, _) -> a.multiply(R1, 9));
        table.put("r1 /= r2", (a, _) -> a.divide(R1, R2));
        table.put("r1 &= 255", (a, _) -> a.and(R1, 255));
        table.put("r1 |= r2", (a, _) -> a.or(R1, R2));
        table.put("r1 <<= 22", (a, _) -> a.shiftLeft(R1, 22));
        table.put("r1 >>= 20", (a, _) -> a.shiftRight(R1, 20));
        table.put("r1 s>>= 32", (a, _) -> a.shiftRightSigned(R1, 32));
        table.put("r1 = be16 r1", (a, _) -> a.networkOrder16(R1));
        table.put("r1 = *(u8 *)(r10 - 1)", (a, _) -> a.load(R1, R10.at(-1, 1)));
        table.put("r1 = *(u16 *)(r10 - 2)", (a, _) -> a.load(R1, R10.at(-2, 2)));
        table.put("r1 = *(u32 *)(r10 - 4)", (a, _) -> a.load(R1, R10.at(-4, 4)));
        table.put("r1 = *(u64 *)(r10 - 8)", (a, _) -> a.load(R1, R10.at(-8, 8)));
        table.put("*(u8 *)(r10 - 1) = r1", (a, _) -> a.store(R10.at(-1, 1), R1));
        table.put("*(u16 *)(r10 - 2) = r1", (a, _) -> a.store(R10.at(-2, 2), R1));
        table.put("*(u32 *)(r10 - 4) = r1", (a, _) -> a.store(R10.at(-4, 4), R1));
        table.put("*(u64 *)(r10 - 8) = r1", (a, _) -> a.store(R10.at(-8, 8), R1));
        table.put("lock *(u32 *)(r1 + 4) += r2", (a, _) -> a.atomicAdd(R1.at(4, 4), R2));
        table.put("lock *(u64 *)(r1 + 8) += r2", (a, _) -> a.atomicAdd(R1.at(8, 8), R2));
        table.put("r1 = 1234605616436508552 ll", (a, _) -> a.constant(R1, 0x1122334455667788L));
        table.put("goto 3", Assembler::jump);
        table.put("if r1 == r2 goto 3", (a, to) -> a.jumpIf(R1, Condition.EQUAL, R2, to));
        table.put("if r1 == 5 goto 3", (a, to) -> a.jumpIf(R1, Condition.EQUAL, 5, to));
        table.put("if r1 != 5 goto 3", (a, to) -> a.jumpIf(R1, Condition.NOT_EQUAL, 5, to));
        table.put("if r1 > 5 goto 3", (a, to) -> a.jumpIf(R1, Condition.ABOVE, 5, to));
        table.put("if r1 >= 5 goto 3", (a, to) -> a.jumpIf(R1, Condition.ABOVE_OR_EQUAL, 5, to));
        table.put("if r1 <= 5 goto 3", (a, to) -> a.jumpIf(R1, Condition.BELOW_OR_EQUAL, 5, to));
        table.put("if r1 s<= 5 goto 3", (a, to) -> a.jumpIf(R1, Condition.LESS_OR_EQUAL, 5, to));
        table.put("if w1 != 5 goto 3", (a, to) -> a.jumpIf32(R1, Condition.NOT_EQUAL, 5, to));
        table.put("call 107", (a, _) -> a.call(Helper.SK_STORAGE_GET));
        table.put("exit", (a, _) -> a.exit());
        return table;
    }

    @Test
    void instructionsAreThoseOfLlvm(@TempDir Path folder) throws Exception {
        Map<String, BiConsumer<Assembler, Label>> table = table();
        Path source = Files.write(folder.resolve("table.s"), table.keySet());
        List<String> expected = encodings(source);
        var actual = new ArrayList<String>();
        table.values().forEach(instruction -> actual.add(hex(instruction)));
        assertEquals(expected, actual);
    }

    /** Each alone, without the three instructions that jumps lead over. */
    private static String hex(BiConsumer<Assembler, Label> instruction) {
        var a = new Assembler();
        Label to = a.label("three on");
        instruction.accept(a, to);
        a.exit().exit().exit().here(to);
        byte[] all = a.instructions();
        return HexFormat.of().formatHex(all, 0, all.length - 3 * 8);
    }

    private static List<String> encodings(Path source) throws IOException, InterruptedException {
        Process llvm;
        try {
            llvm = new ProcessBuilder("llvm-mc", "-triple=bpfel", "-show-encoding", source.toString())
                    .redirectErrorStream(true).start();
        } catch (IOException e) {
            Assumptions.abort("no llvm-mc to compare with: " + e.getMessage());
            throw e;
        }
        String output = new String(llvm.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, llvm.waitFor(), output);
        var encodings = new ArrayList<String>();
        Matcher each = ENCODING.matcher(output);
        while (each.find()) {
            encodings.add(each.group(1).replaceAll("0x|,", ""));
        }
        return encodings;
    }

    /** What LLVM 14 cannot write: RFC 9669, 4.1, 5.2 and 5.3. */
    @Test
    void instructionsBeyondLlvm() {
        assertEquals("7a0af8ffffffffff", hex((a, _) -> a.store(R10.at(-8, 8), -1)));
        assertEquals("6201040007000000", hex((a, _) -> a.store(R1.at(4, 4), 7)));
        assertEquals("db21080001000000", hex((a, _) -> a.atomicFetchAdd(R1.at(8, 8), R2)));
        assertEquals("18110000090000000000000000000000", hex((a, _) -> a.map(R1, 9)));
        assertEquals("18210000090000000000000040000000", hex((a, _) -> a.mapValue(R1, 9, 64)));
    }

    @Test
    void stackSlotsHaveNamesAndBounds() {
        var a = new Assembler();
        Slot first = a.slot("first", 12);
        assertEquals(-16, first.offset());
        assertEquals(first, a.slot("first", 12));
        assertEquals(-24, a.slot("second", 1).offset());
        assertEquals(R10.at(-8, 4), first.at(8, 4));
        assertThrows(IndexOutOfBoundsException.class, () -> first.at(8, 8));
        assertThrows(IllegalStateException.class, () -> a.slot("first", 8));
        assertThrows(IllegalStateException.class, () -> a.slot("too much", 512));
    }

    @Test
    void jumpsThatLeadNowhereAreRefused() {
        var a = new Assembler();
        a.jump(a.label("nowhere"));
        assertThrows(IllegalStateException.class, a::instructions);
        Label twice = a.label("twice");
        a.here(twice);
        assertThrows(IllegalStateException.class, () -> a.here(twice));
        assertThrows(IllegalArgumentException.class, () -> R1.at(1 << 15, 4));
        assertThrows(IllegalArgumentException.class, () -> R1.at(0, 3));
    }
}
