package bwmon.proxy.socket;

import java.io.IOException;

import bwmon.ffi.ErrnoException;
import bwmon.ffi.Fd;
import bwmon.ffi.Libc;

/** A pipe(7), through which the kernel hands what one socket received to another without copying it (splice(2)). */
public final class KernelPipe {
    private final Fd readEnd;
    private final Fd writeEnd;
    private final int capacity;
    private int held;

    private KernelPipe(Fd readEnd, Fd writeEnd, int capacity) {
        this.readEnd = readEnd;
        this.writeEnd = writeEnd;
        this.capacity = capacity;
    }

    /**
     * A new pipe.
     *
     * @param capacity bytes that it should hold; it is made smaller where an ordinary user may not have that much
     *     (/proc/sys/fs/pipe-user-pages-soft, pipe(7))
     * @throws ErrnoException most often for want of descriptors
     */
    static KernelPipe open(int capacity) throws ErrnoException {
        long ends = ErrnoException.check("pipe2", Libc.pipe());
        Fd read = Fd.of("pipe", (int) (ends >>> Integer.SIZE));
        Fd write = Fd.of("pipe", (int) ends);
        int size = Libc.setPipeSize(write.number(), capacity);
        return new KernelPipe(read, write, size > 0 ? size : Math.max(0, Libc.pipeSize(write.number())));
    }

    /** The most that it holds, in bytes. */
    int capacity() {
        return capacity;
    }

    /** Bytes that were moved in and not out. */
    public int held() {
        return held;
    }

    /**
     * Moves bytes from a socket into the pipe, which is empty.
     *
     * @return bytes moved, 0 at the end of the stream, or the negative of errno
     */
    int fill(int socket, int max) {
        int moved = (int) Libc.splice(socket, writeEnd.number(), Math.min(max, capacity));
        held += Math.max(0, moved);
        return moved;
    }

    /**
     * Moves what the pipe holds into a socket, until that takes no more.
     *
     * @return bytes moved
     * @throws IOException if the socket takes no more, ever; what it took before is told first
     */
    int drain(int socket) throws IOException {
        int sum = 0;
        while (held > 0) {
            int moved = (int) Libc.splice(readEnd.number(), socket, held);
            if (moved <= 0) {
                if (sum == 0 && !SystemErrors.isForNow(-moved)) {
                    throw new ErrnoException("splice", -moved);
                }
                break;
            }
            held -= moved;
            sum += moved;
        }
        return sum;
    }

    void close() {
        readEnd.close();
        writeEnd.close();
    }
}
