package bwmon.proxy.socket;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

import bwmon.ffi.ErrnoException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

class KernelPipesTest {
    private static final int PLENTY = 10_000;
    /** What the pool states as its bounds: in use at once, and kept. */
    private static final int MOST = 128;
    private static final int SPARE = 16;

    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);
    private final DescriptorBudget budget = new DescriptorBudget(PLENTY);
    private final KernelPipes pipes = new KernelPipes(budget, now::get);

    private static long openPipes() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.filter(link -> {
                try {
                    return Files.readSymbolicLink(link).toString().startsWith("pipe:");
                } catch (IOException e) {
                    return false;
                }
            }).count() / 2;
        }
    }

    private static KernelPipe some(@Nullable KernelPipe pipe) {
        assertNotNull(pipe);
        return pipe;
    }

    @Test
    void soManyAreOpenAtMostAndSoManyAreKept() throws IOException {
        long before = openPipes();
        List<KernelPipe> taken = new ArrayList<>();
        for (KernelPipe pipe = pipes.take(); pipe != null; pipe = pipes.take()) {
            taken.add(pipe);
        }
        assertEquals(MOST, taken.size());
        assertEquals(MOST, openPipes() - before);
        assertTrue(taken.stream().allMatch(pipe -> pipe.capacity() >= 1 << 16));

        taken.forEach(pipes::giveBack);
        assertEquals(SPARE, openPipes() - before);
        assertNotNull(pipes.take(), "what was given back counts no more");

        pipes.close();
        assertEquals(1, openPipes() - before, "that which was not given back");
    }

    @Test
    void theLastOneGivenBackIsTheNextAndNeverOneThatHoldsSomething() throws IOException {
        KernelPipe first = some(pipes.take());
        pipes.giveBack(first);
        assertSame(first, pipes.take());
        long before = openPipes();
        ByteBuf bytes = Unpooled.directBuffer(10).writeZero(10);
        try (var pair = SocketPair.open()) {
            pair.client().write(bytes, 0, 10);
            await().until(() -> first.fill(pair.server().intValue(), 10) == 10);
        } finally {
            bytes.release();
        }
        pipes.giveBack(first);
        assertEquals(before - 1, openPipes(), "a pipe with somebody's bytes was kept");
        KernelPipe second = some(pipes.take());
        assertNotSame(first, second);
        assertEquals(0, second.held());
        pipes.giveBack(second);
        pipes.close();
    }

    @Test
    void descriptorsAreLeftToConnections() {
        var four = new DescriptorBudget(4);
        var few = new KernelPipes(four, now::get);
        KernelPipe first = some(few.take());
        KernelPipe second = some(few.take());
        assertNull(few.take(), "half is for connections");
        assertTrue(four.take());
        assertTrue(four.take());
        few.giveBack(first);
        few.giveBack(second);
        few.close();
        assertTrue(four.take(), "what pipes had came back");
        assertTrue(four.take(), "what pipes had came back");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theKernelIsSparedWhereItGaveNoneOrTooSmallAOne(boolean fails) throws IOException {
        var asked = new AtomicLong();
        var isShort = new AtomicBoolean(true);
        var two = new DescriptorBudget(2);
        var pool = new KernelPipes(two, now::get, capacity -> {
            asked.incrementAndGet();
            if (!isShort.get()) {
                return KernelPipe.open(capacity);
            }
            if (fails) {
                throw new ErrnoException("pipe2", SystemErrors.EMFILE);
            }
            // What is left to an ordinary user who has too many (pipe-user-pages-soft, pipe(7)).
            return KernelPipe.open(8192);
        });
        long before = openPipes();
        assertNull(pool.take());
        now.addAndGet(TimeUnit.SECONDS.toNanos(1) - 1);
        isShort.set(false);
        assertNull(pool.take());
        assertEquals(1, asked.get());
        assertEquals(before, openPipes(), "what is too small is closed");
        now.incrementAndGet();
        pool.giveBack(some(pool.take()));
        assertEquals(2, asked.get());
        pool.close();
        assertTrue(two.take(), "a failure takes nothing");
        assertTrue(two.take(), "a failure takes nothing");
    }
}
