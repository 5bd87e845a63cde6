package bwmon.ffi;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** System calls by number, and memory that is mapped; numbers exactly as the C compiler sees them. */
class KernelCallsTest {
    private static final int O_RDONLY = 0;
    private static final int O_RDWR = 2;

    @Test
    void whatIsMappedIsTheFile(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "abc");
        MemorySegment mapped;
        try (Fd fd = Fd.of("file", Libc.open(file.toString(), O_RDWR)); Arena arena = Arena.ofConfined()) {
            mapped = KernelCalls.mapShared(fd.number(), 0, 3, arena);
            mapped.set(JAVA_BYTE, 1, (byte) 'x');
            assertEquals("axc", Files.readString(file));
            assertThrows(IndexOutOfBoundsException.class, () -> mapped.get(JAVA_BYTE, 3));
        }
        assertThrows(IllegalStateException.class, () -> mapped.get(JAVA_BYTE, 0));
    }

    @Test
    void whatMayNotBeMappedSaysWhy(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "abc");
        try (Fd fd = Fd.of("file", Libc.open(file.toString(), O_RDONLY)); Arena arena = Arena.ofConfined()) {
            var refused = assertThrows(ErrnoException.class, () -> KernelCalls.mapShared(fd.number(), 0, 3, arena));
            assertEquals(Errno.EACCES, refused.errno());
        }
    }

    @Test
    void readsToTheEnd(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "abc");
        try (Fd fd = Fd.of("file", Libc.open(file.toString(), O_RDONLY)); Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(2);
            assertEquals(2, KernelCalls.read(fd.number(), buffer));
            assertEquals(1, KernelCalls.read(fd.number(), buffer));
            assertEquals("cb", new String(buffer.toArray(JAVA_BYTE), StandardCharsets.US_ASCII));
            assertEquals(0, KernelCalls.read(fd.number(), buffer));
        }
        assertEquals(-Errno.EBADF, KernelCalls.read(-1, MemorySegment.NULL));
    }

    @Test
    void errorsOfBpfAreItsOwn() {
        try (Arena arena = Arena.ofConfined()) {
            long result = KernelCalls.bpf(-1, arena.allocate(8, 8));
            // EPERM without CAP_BPF, where ordinary users may not call it at all; ENOSYS where nobody may.
            assertTrue(List.of(-Errno.EINVAL, -Errno.EPERM, -Errno.ENOSYS).contains((int) result),
                    Errno.name((int) -result));
        }
        assertThrows(IllegalArgumentException.class,
                () -> KernelCalls.bpf(-1, MemorySegment.ofArray(new long[1])));
    }

    @Test
    void aFilesystemThatTheKernelHasNotIsNotMounted() {
        int result = KernelCalls.mountDetached("no-such-filesystem");
        assertTrue(result == -Errno.EPERM || result == -19, Errno.name(-result)); // ENODEV
    }

    @Test
    void aNetworkNamespaceHasItsCookie() {
        long cookie = KernelCalls.networkNamespaceCookie();
        Assumptions.assumeTrue(cookie != -Errno.ENOPROTOOPT, "a kernel before 5.14");
        assertTrue(cookie > 0, () -> Errno.name((int) -cookie));
        assertEquals(cookie, KernelCalls.networkNamespaceCookie());
    }

    private static final String PROGRAM = """
            #include <stdio.h>
            #include <sys/mman.h>
            #include <sys/socket.h>
            #include <sys/syscall.h>
            #include <linux/mount.h>
            #define N(c) printf(#c " %d\\n", (int) (c))
            int main(void) {
                N(SYS_bpf); N(SYS_fsopen); N(SYS_fsconfig); N(SYS_fsmount);
                N(FSOPEN_CLOEXEC); N(FSMOUNT_CLOEXEC); N(FSCONFIG_CMD_CREATE);
                N(PROT_READ); N(PROT_WRITE); N(MAP_SHARED); N(sizeof(off_t));
                N(SOL_SOCKET); N(SO_NETNS_COOKIE); N(AF_INET); N(SOCK_DGRAM); N(SOCK_CLOEXEC);
                return 0;
            }
            """;

    @Test
    void numbersAreTheCompilers(@TempDir Path folder) throws IOException {
        Path source = Files.writeString(folder.resolve("numbers.c"), PROGRAM);
        Path program = folder.resolve("numbers");
        String compiled;
        try {
            compiled = output(List.of("cc", "-o", program.toString(), source.toString()));
        } catch (IOException e) {
            Assumptions.abort("no C compiler: " + e.getMessage());
            return;
        }
        assertEquals("", compiled, "headers older than Linux 5.14 lack SO_NETNS_COOKIE");
        assertEquals("""
                SYS_bpf %d
                SYS_fsopen %d
                SYS_fsconfig %d
                SYS_fsmount %d
                FSOPEN_CLOEXEC %d
                FSMOUNT_CLOEXEC %d
                FSCONFIG_CMD_CREATE %d
                PROT_READ %d
                PROT_WRITE %d
                MAP_SHARED %d
                sizeof(off_t) 8
                SOL_SOCKET %d
                SO_NETNS_COOKIE %d
                AF_INET %d
                SOCK_DGRAM %d
                SOCK_CLOEXEC %d
                """.formatted(KernelCalls.NR_BPF, KernelCalls.NR_FSOPEN, KernelCalls.NR_FSCONFIG,
                KernelCalls.NR_FSMOUNT, KernelCalls.FSOPEN_CLOEXEC, KernelCalls.FSMOUNT_CLOEXEC,
                KernelCalls.FSCONFIG_CMD_CREATE, KernelCalls.PROT_READ, KernelCalls.PROT_WRITE,
                KernelCalls.MAP_SHARED, KernelCalls.SOL_SOCKET, KernelCalls.SO_NETNS_COOKIE,
                KernelCalls.AF_INET, KernelCalls.SOCK_DGRAM, KernelCalls.SOCK_CLOEXEC),
                output(List.of(program.toString())));
    }

    private static String output(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
}
