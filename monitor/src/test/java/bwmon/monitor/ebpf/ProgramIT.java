package bwmon.monitor.ebpf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;

import bwmon.ffi.Errno;
import bwmon.ffi.Fd;
import bwmon.ffi.Libc;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Programs and links of the running kernel. Needs root; instructions are for a machine with the low byte first. */
class ProgramIT {
    /** r0 = 1; exit. */
    private static final byte[] LET_PASS = HexFormat.of().parseHex("b700000001000000" + "9500000000000000");
    /** r0 = 0; exit. */
    private static final byte[] NOTHING = HexFormat.of().parseHex("b700000000000000" + "9500000000000000");
    /** exit, with nothing in r0. */
    private static final byte[] WRONG = HexFormat.of().parseHex("9500000000000000");

    private static BpfProgram.Load skb(String name, byte[] instructions) {
        return new BpfProgram.Load(ProgramType.CGROUP_SKB, name, instructions,
                AttachType.CGROUP_INET_INGRESS.number(), 0);
    }

    @Test
    void aProgramIsAttachedToACgroupUntilItsLinkIsClosed() throws IOException {
        String name = "bwmon_t_skb";
        try (CgroupRoot root = CgroupRoot.open()) {
            Path top = mountPoint(root);
            Path cgroup = Files.createDirectory(top.resolve("bwmon-ebpf-" + ProcessHandle.current().pid()));
            try (Fd fd = Fd.of("cgroup", Libc.open(cgroup.toString(), 0));
                    BpfProgram program = BpfProgram.load(skb(name, LET_PASS))) {
                String shown = Printed.byIfThere("bpftool", "cgroup", "show", cgroup.toString());
                assertFalse(shown.contains(name), shown);
                try (BpfLink link = BpfLink.cgroup(program, fd.number(), AttachType.CGROUP_INET_INGRESS)) {
                    assertTrue(link.fd() >= 0);
                    shown = Printed.by("bpftool", "cgroup", "show", cgroup.toString());
                    assertTrue(shown.matches("(?s).*ingress .* " + name + " .*"), shown);
                }
                shown = Printed.by("bpftool", "cgroup", "show", cgroup.toString());
                assertFalse(shown.contains(name), shown);
                assertTrue(Printed.by("bpftool", "prog", "show", "name", name).contains("gpl"));
            } finally {
                Files.delete(cgroup);
            }
            assertEquals("", Printed.by("bpftool", "prog", "show", "name", name).strip());
        }
    }

    private static Path mountPoint(CgroupRoot root) {
        Path path = root.path();
        if (path == null) {
            Assumptions.abort("no cgroup v2 hierarchy is mounted to make a cgroup in");
            throw new IllegalStateException();
        }
        return path;
    }

    @Test
    void aProgramIsAttachedToATracepointByItsBtf() throws IOException {
        int id = Btf.ofKernel().typedef("btf_trace_sched_process_exec").orElseThrow();
        var load = new BpfProgram.Load(ProgramType.TRACING, "bwmon_t_exec", NOTHING, AttachType.TRACE_RAW_TP.number(),
                id);
        try (BpfProgram program = BpfProgram.load(load)) {
            // 12: tracing  name bwmon_t_exec  tag ...
            String number = Printed.byIfThere("bpftool", "prog", "show", "name", load.name()).split(":", 2)[0];
            String shown = "prog " + number + " ";
            assertFalse(Printed.by("bpftool", "link", "show").contains(shown));
            try (BpfLink link = BpfLink.tracepoint(program)) {
                assertTrue(link.fd() >= 0);
                String links = Printed.by("bpftool", "link", "show");
                assertTrue(links.contains(shown), links);
            }
            assertFalse(Printed.by("bpftool", "link", "show").contains(shown));
        }
    }

    @Test
    void aProgramThatIsRefusedSaysWhy() {
        var refused = assertThrows(EbpfException.class, () -> BpfProgram.load(skb("bwmon_t_wrong", WRONG)));
        assertEquals(Errno.EACCES, refused.errno());
        assertTrue(refused.verifierLog().contains("R0 !read_ok"), refused.verifierLog());
        String message = String.valueOf(refused.getMessage());
        assertTrue(message.startsWith("load program bwmon_t_wrong: EACCES (Permission denied)\n"), message);
        assertTrue(message.contains("R0 !read_ok"), message);
    }

    /** 20,000 instructions, of which each makes a line: more than the first buffer holds. */
    @Test
    void aLogLongerThanTheFirstBufferIsKeptToItsEnd() {
        ByteBuffer code = ByteBuffer.allocate(20_001 * 8).order(ByteOrder.nativeOrder());
        for (int i = 0; i < 20_000; i++) {
            code.put(HexFormat.of().parseHex("b701000001000000")); // r1 = 1
        }
        code.put(WRONG);
        var refused = assertThrows(EbpfException.class, () -> BpfProgram.load(skb("bwmon_t_long", code.array())));
        assertTrue(refused.verifierLog().contains("R0 !read_ok"), "the end");
        assertTrue(refused.verifierLog().length() > 1 << 16, "the beginning");
        assertTrue(String.valueOf(refused.getMessage()).lines().count() <= 13);
    }

    @Test
    void namesAndLengthsThatNoKernelTakes() {
        assertThrows(IllegalArgumentException.class, () -> skb("sixteen_letters_", LET_PASS));
        assertThrows(IllegalArgumentException.class, () -> skb("a-dash", LET_PASS));
        assertThrows(IllegalArgumentException.class, () -> skb("short", new byte[7]));
    }

    /** Over all tasks; r1 is a struct bpf_iter__task, whose meta (struct bpf_iter_meta) begins with a struct seq_file. */
    @Test
    void anIteratorGivesWhatItWrote() throws IOException {
        // r6 = *(u64 *)(r1 + 0); r6 = *(u64 *)(r6 + 0); *(u64 *)(r10 - 8) = 0x41; r1 = r6; r2 = r10; r2 += -8; r3 = 1;
        // call 127 (bpf_seq_write); r0 = 0; exit
        byte[] code = HexFormat.of().parseHex("7916000000000000" + "7966000000000000" + "7a0af8ff41000000"
                + "bf61000000000000" + "bfa2000000000000" + "07020000f8ffffff" + "b703000001000000"
                + "850000007f000000" + "b700000000000000" + "9500000000000000");
        int id = Btf.ofKernel().function("bpf_iter_task").orElseThrow();
        try (BpfProgram program = BpfProgram.load(new BpfProgram.Load(ProgramType.TRACING, "bwmon_t_iter", code,
                AttachType.TRACE_ITER.number(), id))) {
            byte[] written = BpfLink.iterate(program);
            String text = new String(written, StandardCharsets.US_ASCII);
            // One for each thread, and one at the end.
            assertTrue(written.length > ProcessHandle.allProcesses().count(), written.length + " bytes");
            assertEquals("A".repeat(written.length), text);
        }
    }

    @Test
    void anIteratorThatWritesNothing() throws IOException {
        int id = Btf.ofKernel().function("bpf_iter_task").orElseThrow();
        try (BpfProgram program = BpfProgram.load(new BpfProgram.Load(ProgramType.TRACING, "bwmon_t_iter", NOTHING,
                AttachType.TRACE_ITER.number(), id))) {
            assertArrayEquals(new byte[0], BpfLink.iterate(program));
        }
    }

    @Test
    void theHierarchyIsFoundWhereItIsMountedAndAlsoWhereItIsNot() throws IOException {
        try (CgroupRoot mounted = CgroupRoot.open(); CgroupRoot hidden = CgroupRoot.openPrivately()) {
            assertEquals(null, hidden.path());
            assertEquals(mounted.id(), hidden.id());
            Path top = mountPoint(mounted);
            Path parent = Files.createDirectory(top.resolve("bwmon ebpf \\ " + ProcessHandle.current().pid()));
            Path child = Files.createDirectory(parent.resolve("child"));
            try {
                long id = ((Number) Files.getAttribute(child, "unix:ino")).longValue();
                for (CgroupRoot root : new CgroupRoot[]{mounted, hidden}) {
                    Map<Long, String> paths = root.paths();
                    assertEquals("/" + parent.getFileName() + "/child", paths.get(id));
                    assertEquals("/", paths.get(root.id()));
                }
            } finally {
                Files.delete(child);
                Files.delete(parent);
            }
            assertNotEquals(mounted.fd(), hidden.fd());
        }
    }

    @Test
    void aProgramIsAttachedThroughThePrivateMount() throws IOException {
        try (CgroupRoot hidden = CgroupRoot.openPrivately();
                BpfProgram program = BpfProgram.load(skb("bwmon_t_hidden", LET_PASS));
                BpfLink link = BpfLink.cgroup(program, hidden.fd(), AttachType.CGROUP_INET_INGRESS)) {
            assertTrue(link.fd() >= 0);
        }
    }
}
