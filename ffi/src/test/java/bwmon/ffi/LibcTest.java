package bwmon.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class LibcTest {
    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW = 3;
    private static final int SOL_SOCKET = 1;
    private static final int SO_RCVBUF = 8;
    private static final int MSG_DONTWAIT = 0x40;
    private static final int MSG_TRUNC = 0x20;
    private static final int O_WRONLY = 1;

    @TempDir
    private Path folder = Path.of("");

    private static Fd netlink() throws ErrnoException {
        return Fd.of("socket(AF_NETLINK)", Libc.socket(AF_NETLINK, SOCK_RAW, 0));
    }

    @Test
    void errnoComesBackAsANegativeResult() {
        assertEquals(-Errno.EAFNOSUPPORT, Libc.socket(9999, SOCK_RAW, 0));
        assertEquals(-Errno.EBADF, Libc.close(1 << 20));
        assertEquals(-Errno.EBADF, Libc.setsockopt(-1, SOL_SOCKET, SO_RCVBUF, 1));
    }

    @Test
    void anErrorNamesOperationNameAndText() {
        var e = assertThrows(ErrnoException.class, () -> ErrnoException.check("close", Libc.close(-1)));
        assertEquals(Errno.EBADF, e.errno());
        assertEquals("close: EBADF (" + Errno.text(Errno.EBADF) + ")", e.getMessage());
    }

    @Test
    void aFileIsOpenedOrRefused() throws ErrnoException {
        assertEquals(-Errno.ENOENT, Libc.open("/nonexistent", 0));
        try (Fd fd = Fd.of("open", Libc.open("/proc/self/ns/net", 0))) {
            assertTrue(fd.number() > 2);
            // The same namespace, asked for as one of another kind (CLONE_NEWUTS).
            assertEquals(-Errno.EINVAL, Libc.setns(fd.number(), 0x04000000));
        }
        assertEquals(-Errno.EBADF, Libc.setns(-1, 0));
    }

    @Test
    void whatCanBeReadIsWaitedFor() throws ErrnoException {
        try (Fd endless = Fd.of("open", Libc.open("/dev/zero", 0))) {
            assertEquals(1, Libc.pollIn(endless.number(), -1));
        }
        // Nobody sends to a socket of AF_NETLINK (16) that belongs to no group.
        try (Fd silent = Fd.of("socket", Libc.socket(16, SOCK_RAW, 0))) {
            long begin = System.nanoTime();
            assertEquals(0, Libc.pollIn(silent.number(), 20));
            assertTrue(System.nanoTime() - begin >= 19_000_000);
        }
    }

    @Test
    void aThreadsTimeGoesOnWhileItWorks() {
        long begin = Libc.threadCpuNanos();
        assertTrue(begin > 0);
        long now = begin;
        while (now - begin < 1_000_000) {
            now = Libc.threadCpuNanos();
        }
    }

    @Test
    void namesFollowTheKernelsHeader() {
        assertEquals("EPERM", Errno.name(Errno.EPERM));
        assertEquals("EAGAIN", Errno.name(Errno.EAGAIN));
        assertEquals("ENOBUFS", Errno.name(Errno.ENOBUFS));
        assertEquals("EAFNOSUPPORT", Errno.name(Errno.EAFNOSUPPORT));
        assertEquals("EHWPOISON", Errno.name(133));
        assertEquals("errno 0", Errno.name(0));
        assertEquals("errno 41", Errno.name(41), "a gap in the header");
        assertEquals("errno 134", Errno.name(134));
        assertEquals("errno -1", Errno.name(-1));
    }

    @Test
    void optionsAreSetAndRead() throws ErrnoException {
        try (Fd fd = netlink(); Arena arena = Arena.ofConfined()) {
            assertEquals(0, Libc.setsockopt(fd.number(), SOL_SOCKET, SO_RCVBUF, 10_000));
            MemorySegment value = arena.allocate(ValueLayout.JAVA_INT);
            assertEquals(Integer.BYTES, Libc.getsockopt(fd.number(), SOL_SOCKET, SO_RCVBUF, value));
            assertEquals(20_000, value.get(ValueLayout.JAVA_INT, 0), "socket(7): the kernel doubles the value");
        }
    }

    @Test
    void aMessageThatIsCutTellsItsWholeLength() throws ErrnoException {
        // RTM_GETLINK of one interface that does not exist: the kernel answers with an NLMSG_ERROR of 36 bytes or more.
        try (Fd fd = netlink(); Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(12, Integer.BYTES);
            address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_NETLINK);
            assertEquals(0, Libc.bind(fd.number(), address));
            assertEquals(0, Libc.getsockname(fd.number(), address));
            assertTrue(address.get(ValueLayout.JAVA_INT, 4) != 0, "the kernel chose a port");
            MemorySegment sender = arena.allocate(12, Integer.BYTES);
            MemorySegment buffer = arena.allocate(16, Integer.BYTES);
            assertEquals(-Errno.EAGAIN, Libc.recvfrom(fd.number(), buffer, MSG_DONTWAIT, sender));

            MemorySegment request = arena.allocate(32, Integer.BYTES);
            request.set(ValueLayout.JAVA_INT, 0, 32);
            request.set(ValueLayout.JAVA_SHORT, 4, (short) 18);
            request.set(ValueLayout.JAVA_SHORT, 6, (short) 1);
            request.set(ValueLayout.JAVA_INT, 20, Integer.MAX_VALUE);
            assertEquals(32, Libc.send(fd.number(), request, 0));
            long length = Libc.recvfrom(fd.number(), buffer, MSG_TRUNC, sender);
            assertTrue(length >= 36, "was " + length);
            assertEquals(AF_NETLINK, sender.get(ValueLayout.JAVA_SHORT, 0));
            assertEquals(0, sender.get(ValueLayout.JAVA_INT, 4), "the kernel's port is 0");
        }
    }

    @Test
    void aClosedDescriptorIsRefusedAndItsNumberLeftAlone() throws ErrnoException {
        Fd first = netlink();
        int number = first.number();
        first.close();
        assertThrows(IllegalStateException.class, first::number);
        Fd second = netlink();
        try {
            assertEquals(number, second.number(), "the kernel gives out the lowest free number");
            first.close();
            assertEquals(0, Libc.setsockopt(second.number(), SOL_SOCKET, SO_RCVBUF, 10_000), "still open");
        } finally {
            second.close();
        }
    }

    @Test
    void aFailedOpenIsNoDescriptor() {
        var e = assertThrows(ErrnoException.class, () -> Fd.of("open", -Errno.EACCES));
        assertEquals(Errno.EACCES, e.errno());
    }

    @Test
    void aSocketIsNoTerminal() throws ErrnoException {
        try (Fd fd = netlink()) {
            assertFalse(Libc.isatty(fd.number()));
            assertEquals(Optional.empty(), Libc.windowSize(fd.number()));
        }
        assertEquals(Optional.empty(), Libc.windowSize(-1));
    }

    @Test
    @Timeout(60)
    void deniedNativeAccessNamesTheFlagAtEveryCall() throws Exception {
        Process java = new ProcessBuilder(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--illegal-native-access=deny", "-cp", System.getProperty("java.class.path"), Denied.class.getName()))
                .redirectErrorStream(true).start();
        String output = new String(java.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(java.waitFor(30, TimeUnit.SECONDS));
        assertEquals("""
                this Java runtime may not call the C library: start it with --enable-native-access=ALL-UNNAMED
                this Java runtime may not call the C library: start it with --enable-native-access=ALL-UNNAMED
                """, output);
    }

    /** Runs in a JVM that denies native access. */
    static final class Denied {
        private Denied() {}

        public static void main(String[] args) {
            for (int i = 0; i < 2; i++) {
                try {
                    Libc.socket(AF_NETLINK, SOCK_RAW, 0);
                } catch (UnsupportedOperationException e) {
                    System.out.println(e.getMessage());
                }
            }
        }
    }

    @Test
    void aPipeTakesBytesFromOneDescriptorAndGivesThemToAnother() throws Exception {
        Path from = Files.write(folder.resolve("from"), new byte[]{1, 2, 3, 4, 5});
        Path to = Files.createFile(folder.resolve("to"));
        long ends = ErrnoException.check("pipe2", Libc.pipe());
        try (Fd read = Fd.of("pipe", (int) (ends >>> Integer.SIZE));
                Fd write = Fd.of("pipe", (int) ends);
                Fd source = Fd.of("open", Libc.open(from.toString(), 0));
                Fd sink = Fd.of("open", Libc.open(to.toString(), O_WRONLY))) {
            assertEquals(-Errno.EAGAIN, Libc.splice(read.number(), sink.number(), 10));
            assertEquals(3, Libc.splice(source.number(), write.number(), 3));
            assertEquals(2, Libc.splice(source.number(), write.number(), 10));
            assertEquals(0, Libc.splice(source.number(), write.number(), 10), "the end");
            assertEquals(4, Libc.splice(read.number(), sink.number(), 4));
            assertEquals(1, Libc.splice(read.number(), sink.number(), 4));
            assertArrayEquals(new byte[]{1, 2, 3, 4, 5}, Files.readAllBytes(to));
            // Neither is a pipe.
            assertEquals(-Errno.EINVAL, Libc.splice(source.number(), sink.number(), 1));
            assertEquals(-Errno.EBADF, Libc.splice(-1, write.number(), 1));
        }
    }

    @Test
    void aPipeIsMadeAsLargeAsAskedForInPowersOfTwo() throws ErrnoException {
        long ends = ErrnoException.check("pipe2", Libc.pipe());
        try (Fd read = Fd.of("pipe", (int) (ends >>> Integer.SIZE)); Fd write = Fd.of("pipe", (int) ends)) {
            assertEquals(1 << 18, Libc.setPipeSize(write.number(), (1 << 18) - 5));
            assertEquals(1 << 18, Libc.pipeSize(write.number()));
            assertEquals(1 << 18, Libc.pipeSize(read.number()));
            assertEquals(-Errno.EINVAL, Libc.setPipeSize(write.number(), -1));
            assertEquals(1 << 18, Libc.pipeSize(write.number()), "what it was before");
        }
        assertEquals(-Errno.EBADF, Libc.setPipeSize(-1, 1 << 16));
        assertEquals(-Errno.EBADF, Libc.pipeSize(-1));
    }
}
