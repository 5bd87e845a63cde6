package bwmon.aggregator;

import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;

/**
 * A client in a process of its own: sends so many bytes, reads so many, says so, and keeps the connection until the end of
 * its standard input, so that it can be seen for as long as a test wants.
 */
final class Fetch {
    private Fetch() {}

    /** {@code PORT BYTES-TO-SEND BYTES-TO-READ}; the first four bytes sent are how many there are. */
    public static void main(String[] args) throws IOException {
        int send = Integer.parseInt(args[1]);
        try (var socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), Integer.parseInt(args[0]));
                var out = new DataOutputStream(socket.getOutputStream())) {
            out.writeInt(send);
            out.write(new byte[send - Integer.BYTES]);
            System.out.println(socket.getInputStream().readNBytes(Integer.parseInt(args[2])).length);
            while (System.in.read() >= 0) {
                // Whatever is said, only the end counts.
            }
        }
    }
}
