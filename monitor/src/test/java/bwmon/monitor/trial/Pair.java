package bwmon.monitor.trial;

import java.util.Locale;

/**
 * A client and a server of the program ways.c, and who sends.
 *
 * @param clientSends the direction
 * @param sending the sender's way
 * @param receiving the receiver's way
 * @param protocol tcp, udp or mptcp
 * @param address the server's, as the client says it
 * @param bytes to be sent
 * @param bytesReceived to be received
 * @param options of both
 * @param ofServer options of the server alone
 * @param ofClient options of the client alone
 */
record Pair(boolean clientSends, String sending, String receiving, String protocol, String address, long bytes,
        long bytesReceived, String options, String ofServer, String ofClient) {

    /** The client sends, the server receives. */
    static Pair of(String sending, String receiving, String protocol, String address, long bytes) {
        return new Pair(true, sending, receiving, protocol, address, bytes, bytes, "", "", "");
    }

    /** The server sends. */
    Pair down() {
        return new Pair(false, sending, receiving, protocol, address, bytes, bytesReceived, options, ofServer,
                ofClient);
    }

    /** With options of both. */
    Pair with(String words) {
        return new Pair(clientSends, sending, receiving, protocol, address, bytes, bytesReceived,
                options + " " + words, ofServer, ofClient);
    }

    /** With options of the server. */
    Pair atServer(String words) {
        return new Pair(clientSends, sending, receiving, protocol, address, bytes, bytesReceived, options, words,
                ofClient);
    }

    /** With options of the client. */
    Pair atClient(String words) {
        return new Pair(clientSends, sending, receiving, protocol, address, bytes, bytesReceived, options, ofServer,
                words);
    }

    /** The receiver gets so many. */
    Pair receiving(long count) {
        return new Pair(clientSends, sending, receiving, protocol, address, bytes, count, options, ofServer, ofClient);
    }

    private String end(boolean sends) {
        return sends ? "send " + sending : "receive " + receiving;
    }

    /** Words for the server, which listens at all addresses. */
    String server() {
        String bound = address.contains(":") ? "::" : "0.0.0.0";
        return String.format(Locale.ROOT, "listen %s %s %s 0 %d %s %s", end(!clientSends), protocol, bound,
                clientSends ? bytesReceived : bytes, options, ofServer);
    }

    /** Words for the client. */
    String client(int port) {
        return String.format(Locale.ROOT, "connect %s %s %s %d %d %s %s", end(clientSends), protocol, address, port,
                clientSends ? bytes : bytesReceived, options, ofClient);
    }

    @Override
    public String toString() {
        return protocol + " " + address + (clientSends ? " up " : " down ") + sending + " to " + receiving + options
                + (ofServer + ofClient).indent(1).stripTrailing();
    }
}
