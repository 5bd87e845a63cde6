package bwmon.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

import org.jspecify.annotations.Nullable;

/**
 * Standard output that remembers why writing failed. A reader that has gone is an ordinary end ({@code | head}); a full
 * disk is a failure, and {@link PrintStream#checkError} does not tell one from the other.
 */
public final class StandardOutput {
    private static final Path DESCRIPTOR = Path.of("/proc/self/fd/1");

    private final Remembering bytes;
    private final PrintStream stream;

    /** The standard output of this process. */
    public StandardOutput() {
        this(new FileOutputStream(FileDescriptor.out));
    }

    StandardOutput(OutputStream out) {
        bytes = new Remembering(out);
        stream = new PrintStream(bytes, false, StandardCharsets.UTF_8);
    }

    /** What is printed to. */
    public PrintStream stream() {
        return stream;
    }

    /**
     * Ends the program with a failure if what was printed could not be kept, as opposed to: was not wanted any more.
     *
     * @throws ProgramException naming what the system said
     */
    public void check() throws ProgramException {
        IOException error = bytes.error;
        if (error != null && isFile(DESCRIPTOR)) {
            throw new ProgramException(ProgramException.Kind.FAILURE,
                    "standard output: " + error.getMessage() + ": nothing was printed after that", error);
        }
    }

    /** Pipes and sockets have no path, and a terminal that is gone has hung up. */
    static boolean isFile(Path descriptor) {
        try {
            String target = Files.readSymbolicLink(descriptor).toString();
            return target.startsWith("/") && !Terminal.isTerminal(target);
        } catch (IOException e) {
            return false;
        }
    }

    private static final class Remembering extends FilterOutputStream {
        private volatile @Nullable IOException error;

        Remembering(OutputStream out) {
            super(out);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            try {
                out.write(bytes, offset, length);
            } catch (IOException e) {
                error = e;
                throw e;
            }
        }
    }
}
