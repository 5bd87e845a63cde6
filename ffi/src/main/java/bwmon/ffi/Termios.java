package bwmon.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

/**
 * The modes of a terminal, termios(3), as they were at one moment. Immutable. The struct is the C library's, not the
 * kernel's: glibc and musl lay it out alike on x86-64, AArch64, RISC-V and s390; POWER has other flags, and is refused.
 */
public final class Termios {
    /** sizeof(struct termios), termios.h. */
    static final int SIZE = 60;
    /** Offset of c_lflag. */
    static final int LFLAG = 12;
    /** Offset of c_cc. */
    static final int CC = 17;
    /** The terminal hands out whole lines (ICANON, asm-generic/termbits.h). */
    static final int ICANON = 2;
    /** What is typed is shown (ECHO, asm-generic/termbits.h). */
    static final int ECHO = 8;
    /** Index in c_cc of the tenths of a second that a read waits (VTIME, asm-generic/termbits.h). */
    static final int VTIME = 5;
    /** Index in c_cc of the bytes that a read waits for (VMIN, asm-generic/termbits.h). */
    static final int VMIN = 6;
    /** The change takes effect at once (TCSANOW, asm-generic/termbits-common.h). */
    static final int TCSANOW = 0;

    // A byte array has no alignment.
    private static final ValueLayout.OfInt FLAGS = ValueLayout.JAVA_INT_UNALIGNED;

    private final byte[] struct;

    private Termios(byte[] struct) {
        this.struct = struct;
    }

    /**
     * The modes that the terminal has now; tcgetattr(3).
     *
     * @throws ErrnoException with ENOTTY if the descriptor is no terminal
     */
    public static Termios of(int fd) throws ErrnoException {
        if (System.getProperty("os.arch", "").startsWith("ppc")) {
            throw new ErrnoException("tcgetattr", Errno.ENOTTY);
        }
        MemorySegment state = Downcalls.state();
        try (Arena arena = Arena.ofConfined()) {
            // Room for a C library whose struct is longer.
            MemorySegment struct = arena.allocate(4 * SIZE, Long.BYTES);
            ErrnoException.check("tcgetattr",
                    Downcalls.result((int) TcgetattrCall.HANDLE.invokeExact(state, fd, struct), state));
            return new Termios(struct.toArray(JAVA_BYTE));
        } catch (ErrnoException e) {
            throw e;
        } catch (Throwable e) {
            throw Downcalls.unexpected(e);
        }
    }

    private static final class TcgetattrCall {
        static final MethodHandle HANDLE = Downcalls.capturing("tcgetattr",
                FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));
    }

    /**
     * These modes, but each key reaches the reader at once and is not shown. Ctrl-C, Ctrl-Z and Ctrl-S keep their meaning.
     */
    public Termios forKeys() {
        byte[] changed = struct.clone();
        MemorySegment view = MemorySegment.ofArray(changed);
        view.set(FLAGS, LFLAG, view.get(FLAGS, LFLAG) & ~(ICANON | ECHO));
        changed[CC + VMIN] = 1;
        changed[CC + VTIME] = 0;
        return new Termios(changed);
    }

    /** Whether what is typed is shown. */
    public boolean echoes() {
        return (MemorySegment.ofArray(struct).get(FLAGS, LFLAG) & ECHO) != 0;
    }

    /**
     * Gives the terminal these modes, at once and without touching what was typed or printed; tcsetattr(3). A process
     * group in the background is stopped by SIGTTOU if it does this: ask {@link Tty#isForeground} before.
     *
     * @throws ErrnoException if the descriptor is no terminal, or it has hung up
     */
    public void apply(int fd) throws ErrnoException {
        MemorySegment state = Downcalls.state();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment segment = arena.allocate(struct.length, Long.BYTES);
            segment.copyFrom(MemorySegment.ofArray(struct));
            ErrnoException.check("tcsetattr",
                    Downcalls.result((int) TcsetattrCall.HANDLE.invokeExact(state, fd, TCSANOW, segment), state));
        } catch (ErrnoException e) {
            throw e;
        } catch (Throwable e) {
            throw Downcalls.unexpected(e);
        }
    }

    private static final class TcsetattrCall {
        static final MethodHandle HANDLE = Downcalls.capturing("tcsetattr",
                FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Termios modes && Arrays.equals(struct, modes.struct);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(struct);
    }
}
