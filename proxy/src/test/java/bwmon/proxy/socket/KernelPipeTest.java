package bwmon.proxy.socket;

import java.io.IOException;

import bwmon.ffi.Errno;
import bwmon.ffi.ErrnoException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

@Timeout(30)
class KernelPipeTest {
    private static final int CAPACITY = 1 << 18;

    @Test
    void whatIsMovedInComesOutInOrder() throws IOException {
        KernelPipe pipe = KernelPipe.open(CAPACITY);
        ByteBuf sent = Unpooled.directBuffer(1000);
        ByteBuf got = Unpooled.directBuffer(1000);
        for (int i = 0; i < 1000; i++) {
            sent.writeByte(i);
        }
        try (var in = SocketPair.open(); var out = SocketPair.open()) {
            assertEquals(-Errno.EAGAIN, pipe.fill(in.server().intValue(), 1000));
            assertEquals(0, pipe.held());
            assertEquals(1000, in.client().write(sent, 0, 1000));
            await().until(() -> pipe.fill(in.server().intValue(), 600) == 600);
            assertEquals(600, pipe.held());
            assertEquals(600, pipe.drain(out.client().intValue()));
            assertEquals(0, pipe.held());
            assertEquals(400, pipe.fill(in.server().intValue(), CAPACITY));
            assertEquals(400, pipe.drain(out.client().intValue()));
            await().until(() -> {
                int count = out.server().recvAddress(got.memoryAddress(), got.writerIndex(), 1000);
                got.writerIndex(got.writerIndex() + Math.max(count, 0));
                return got.writerIndex() == 1000;
            });
            assertEquals(sent, got);
            in.client().endOutput();
            await().until(() -> pipe.fill(in.server().intValue(), 1000) == 0);
        } finally {
            pipe.close();
            sent.release();
            got.release();
        }
    }

    @Test
    void aSocketThatTakesNoMoreIsAnErrorAndOneThatIsFullIsNone() throws IOException {
        KernelPipe pipe = KernelPipe.open(CAPACITY);
        ByteBuf bytes = Unpooled.directBuffer(CAPACITY).writeZero(CAPACITY);
        try (var in = SocketPair.open(); var out = SocketPair.open()) {
            // Until neither the socket nor its peer takes any more.
            await().until(() -> out.client().write(bytes, 0, CAPACITY) == 0);
            in.client().write(bytes, 0, 100);
            await().until(() -> pipe.fill(in.server().intValue(), 100) == 100);
            assertEquals(0, pipe.drain(out.client().intValue()));
            assertEquals(100, pipe.held());
            out.server().reset();
            var error = assertThrows(ErrnoException.class, () -> {
                while (pipe.held() > 0) {
                    pipe.drain(out.client().intValue());
                }
            });
            assertTrue(error.errno() == SystemErrors.ECONNRESET || error.errno() == SystemErrors.EPIPE,
                    error::toString);
            assertEquals(100, pipe.held());
        } finally {
            pipe.close();
            bytes.release();
        }
    }
}
