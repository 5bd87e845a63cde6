package bwmon.proxy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.util.SplittableRandom;

import org.jspecify.annotations.Nullable;

/** One end of a transfer: does what its plan says, in a thread for each direction, and notes what it saw. */
final class Peer {
    private static final int READ_SIZE = 128 * 1024;

    private final Socket socket;
    private final Plan plan;
    private final Pattern expected;
    private final SplittableRandom chunks;
    private final Thread writer;
    private final Thread reader;

    // Written by the writer alone, read after it has ended.
    private long sent;
    private long attempted;
    private boolean writingFailed;
    // Written by the reader alone, read after it has ended.
    private long received;
    private boolean endSeen;
    private boolean resetSeen;
    private volatile boolean resetByMe;
    private volatile @Nullable Throwable wrong;

    /**
     * Starts a peer.
     *
     * @param expected what the other peer sends
     */
    Peer(Socket socket, Plan plan, Pattern expected, SplittableRandom chunks) {
        this.socket = socket;
        this.plan = plan;
        this.expected = expected;
        this.chunks = chunks;
        this.writer = Thread.ofVirtual().name("writer").start(() -> guarded(this::write));
        this.reader = Thread.ofVirtual().name("reader").start(() -> guarded(this::read));
    }

    @FunctionalInterface
    private interface Work {
        void run() throws IOException, InterruptedException;
    }

    private void guarded(Work work) {
        try {
            work.run();
        } catch (IOException | InterruptedException | RuntimeException | Error e) {
            wrong = e;
        }
    }

    private void write() throws IOException {
        byte[] buffer = new byte[plan.chunk()];
        long end = plan.resetAfterSending() >= 0 ? plan.resetAfterSending() : plan.bytes();
        try {
            OutputStream out = socket.getOutputStream();
            while (sent < end) {
                int count = (int) Math.min(end - sent, chunks.nextInt(1, plan.chunk() + 1));
                plan.pattern().fill(buffer, count, sent);
                attempted += count;
                out.write(buffer, 0, count);
                sent += count;
            }
            if (plan.resetAfterSending() >= 0) {
                reset();
            } else if (plan.resetAfterReceiving() < 0) {
                socket.shutdownOutput();
            }
        } catch (SocketException e) {
            writingFailed = true;
        }
    }

    private void read() throws IOException, InterruptedException {
        if (plan.readsLate()) {
            writer.join();
        }
        byte[] buffer = new byte[READ_SIZE];
        try {
            InputStream in = socket.getInputStream();
            while (true) {
                if (plan.resetAfterReceiving() >= 0 && received >= plan.resetAfterReceiving()) {
                    reset();
                    return;
                }
                int count = in.read(buffer);
                if (count < 0) {
                    endSeen = true;
                    return;
                }
                long mismatch = expected.mismatch(buffer, count, received);
                if (mismatch >= 0) {
                    throw new AssertionError("byte " + mismatch + " is not the one that was sent");
                }
                received += count;
            }
        } catch (SocketException e) {
            resetSeen = true;
        }
    }

    private void reset() throws IOException {
        resetByMe = true;
        TestPipe.reset(socket);
    }

    /** Waits until both directions have come to their end, and closes. */
    void join() throws IOException, InterruptedException {
        writer.join();
        reader.join();
        socket.close();
        if (wrong != null) {
            throw new AssertionError("a peer failed", wrong);
        }
    }

    Plan plan() {
        return plan;
    }

    /** Bytes that its kernel took, all of them. */
    long sent() {
        return sent;
    }

    /** Bytes of which its kernel may have taken a part. */
    long attempted() {
        return attempted;
    }

    long received() {
        return received;
    }

    /** Whether it broke the connection off itself, as planned. */
    boolean hasReset() {
        return resetByMe;
    }

    /** Whether it was told that the other's stream was whole. (Where writing was told of a reset, reading is not.) */
    boolean sawEnd() {
        return endSeen && !writingFailed;
    }

    /** Whether it was told that the connection was broken off, by reading or by writing. */
    boolean sawReset() {
        return resetSeen || writingFailed;
    }

    @Override
    public String toString() {
        return "sent " + sent + " of " + plan.bytes() + " (" + attempted + " tried), received " + received
                + (resetByMe ? ", reset" : "") + (endSeen ? ", saw the end" : "") + (sawReset() ? ", saw a reset" : "")
                + (plan.readsLate() ? ", read late" : "") + ", chunk " + plan.chunk() + ", planned reset after "
                + plan.resetAfterSending() + "/" + plan.resetAfterReceiving();
    }
}
