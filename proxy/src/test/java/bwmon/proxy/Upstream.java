package bwmon.proxy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

import bwmon.proxy.relay.Target;

/** A server on loopback, with a thread for each connection. What its handlers throw is thrown again when it closes. */
final class Upstream implements AutoCloseable {
    private final ServerSocket listener;
    private final Queue<Socket> sockets = new ConcurrentLinkedQueue<>();
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

    /** What a server does with a connection; the socket is closed afterwards. */
    @FunctionalInterface
    interface Handler {
        void handle(Socket socket) throws IOException;
    }

    private Upstream(ServerSocket listener, Handler handler) {
        this.listener = listener;
        Thread.ofVirtual().name("upstream").start(() -> accept(handler));
    }

    /** A server on a free port of 127.0.0.1. */
    static Upstream on127(Handler handler) {
        return on("127.0.0.1", handler);
    }

    /** A server on a free port of that address. */
    static Upstream on(String address, Handler handler) {
        try {
            var listener = new ServerSocket();
            listener.bind(new InetSocketAddress(InetAddress.getByName(address), 0), 4096);
            return new Upstream(listener, handler);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A server that sends back what it gets, until it gets the end, and then ends too. */
    static Upstream echo() {
        return on127(socket -> socket.getInputStream().transferTo(socket.getOutputStream()));
    }

    private void accept(Handler handler) {
        while (!listener.isClosed()) {
            try {
                Socket socket = listener.accept();
                sockets.add(socket);
                Thread.ofVirtual().name("upstream-connection").start(() -> handle(handler, socket));
            } catch (SocketException e) {
                if (!listener.isClosed()) {
                    failures.add(e);
                }
            } catch (IOException e) {
                failures.add(e);
            }
        }
    }

    private void handle(Handler handler, Socket socket) {
        try (socket) {
            handler.handle(socket);
        } catch (SocketException e) {
            // Its peer broke off: what that means, the tests ask the peer and the pipe.
        } catch (IOException | RuntimeException | Error e) {
            failures.add(e);
        } finally {
            sockets.remove(socket);
        }
    }

    int port() {
        return listener.getLocalPort();
    }

    Target target() {
        return new Target.Tcp(listener.getInetAddress().getHostAddress(), port());
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : sockets) {
            socket.close();
        }
        if (!failures.isEmpty()) {
            throw new AssertionError("the upstream failed", failures.peek());
        }
    }
}
