package bwmon.ffi;

import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class TtyTest {
    private static final int O_RDWR = 2;

    @Test
    void whatIsNoTerminalHasNoModes() throws ErrnoException {
        try (Fd file = Fd.of("open", Libc.open("/proc/self/stat", 0))) {
            var e = assertThrows(ErrnoException.class, () -> Termios.of(file.number()));
            assertEquals(Errno.ENOTTY, e.errno());
            assertTrue(Tty.isForeground(file.number()), "nobody would stop a reader of a file");
        }
    }

    /** The other side of a pseudo terminal has modes, too: those of the terminal. */
    @Test
    void modesForKeysAreTakenAndPutBack() throws ErrnoException {
        try (Fd terminal = Fd.of("open(/dev/ptmx)", Libc.open("/dev/ptmx", O_RDWR))) {
            Termios before = Termios.of(terminal.number());
            assertTrue(before.echoes());
            before.forKeys().apply(terminal.number());
            Termios keys = Termios.of(terminal.number());
            assertEquals(before.forKeys(), keys);
            assertTrue(!keys.echoes());
            before.apply(terminal.number());
            assertEquals(before, Termios.of(terminal.number()));
        }
    }

    @Test
    @Timeout(60)
    void inputIsWaitedFor(@TempDir Path folder) throws IOException, InterruptedException {
        Path fifo = folder.resolve("fifo");
        assertEquals(0, new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor());
        try (Fd reader = Fd.of("open", Libc.open(fifo.toString(), O_RDWR));
                var writer = new FileOutputStream(fifo.toFile())) {
            assertEquals(0, Libc.pollIn(reader.number(), 0));
            writer.write('x');
            assertEquals(1, Libc.pollIn(reader.number(), 30_000));
        }
    }
}
