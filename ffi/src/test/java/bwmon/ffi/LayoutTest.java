package bwmon.ffi;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** Sizes, offsets and constants, exactly as the C compiler sees them in termios.h, poll.h and sys/un.h. */
class LayoutTest {
    private static final String PROGRAM = """
            #include <stdio.h>
            #include <stddef.h>
            #include <termios.h>
            #include <poll.h>
            #include <sys/socket.h>
            #include <sys/un.h>
            #define O(s, f) printf(#s "." #f " %zu\\n", offsetof(struct s, f))
            #define S(s) printf(#s " %zu\\n", sizeof(struct s))
            #define N(c) printf(#c " %d\\n", (int) (c))
            int main(void) {
                S(termios); O(termios, c_lflag); O(termios, c_cc);
                N(sizeof(tcflag_t)); N(ICANON); N(ECHO); N(VTIME); N(VMIN); N(TCSANOW);
                S(pollfd); O(pollfd, events); O(pollfd, revents); N(sizeof(nfds_t)); N(POLLIN);
                S(sockaddr_un); O(sockaddr_un, sun_path); N(AF_UNIX); N(SOCK_DGRAM); N(SOCK_CLOEXEC);
                N(MSG_DONTWAIT); N(MSG_NOSIGNAL);
                return 0;
            }
            """;

    @Test
    void offsetsAreTheCompilers(@TempDir Path folder) throws IOException {
        Path source = Files.writeString(folder.resolve("layout.c"), PROGRAM);
        Path program = folder.resolve("layout");
        String compiled;
        try {
            compiled = output(List.of("cc", "-o", program.toString(), source.toString()));
        } catch (IOException e) {
            Assumptions.abort("no C compiler: " + e.getMessage());
            return;
        }
        assertEquals("", compiled);
        assertEquals("""
                termios %d
                termios.c_lflag %d
                termios.c_cc %d
                sizeof(tcflag_t) 4
                ICANON %d
                ECHO %d
                VTIME %d
                VMIN %d
                TCSANOW %d
                pollfd %d
                pollfd.events %d
                pollfd.revents %d
                sizeof(nfds_t) 8
                POLLIN %d
                sockaddr_un %d
                sockaddr_un.sun_path %d
                AF_UNIX %d
                SOCK_DGRAM %d
                SOCK_CLOEXEC %d
                MSG_DONTWAIT %d
                MSG_NOSIGNAL %d
                """.formatted(Termios.SIZE, Termios.LFLAG, Termios.CC, Termios.ICANON, Termios.ECHO, Termios.VTIME,
                Termios.VMIN, Termios.TCSANOW, Libc.POLLFD_BYTES, Libc.POLLFD_EVENTS,
                Libc.POLLFD_EVENTS + Short.BYTES, Libc.POLLIN, UnixDatagram.SUN_PATH + UnixDatagram.UNIX_PATH_MAX,
                UnixDatagram.SUN_PATH, UnixDatagram.AF_UNIX, UnixDatagram.SOCK_DGRAM, UnixDatagram.SOCK_CLOEXEC,
                UnixDatagram.MSG_DONTWAIT, UnixDatagram.MSG_NOSIGNAL),
                output(List.of(program.toString())));
    }

    private static String output(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
}
