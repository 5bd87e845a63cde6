package bwmon.proxy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;

/** What the kernel holds for one end of an IPv4 connection over loopback (/proc/net/tcp, proc_pid_net(5)). */
record TcpQueues(long unacknowledged, long unread) {
    private static final java.util.regex.Pattern LINE = java.util.regex.Pattern.compile(
            "(?m)^ *[0-9]+: [0-9A-F]{8}:([0-9A-F]{4}) [0-9A-F]{8}:([0-9A-F]{4}) [0-9A-F]{2} ([0-9A-F]{8}):([0-9A-F]{8}) ");

    /** The end whose own port and whose peer's are these. */
    static TcpQueues of(int localPort, int remotePort) throws IOException {
        Matcher line = LINE.matcher(Files.readString(Path.of("/proc/net/tcp")));
        while (line.find()) {
            if (Integer.parseInt(line.group(1), 16) == localPort && Integer.parseInt(line.group(2), 16) == remotePort) {
                return new TcpQueues(Long.parseLong(line.group(3), 16), Long.parseLong(line.group(4), 16));
            }
        }
        throw new AssertionError("no connection from " + localPort + " to " + remotePort);
    }
}
