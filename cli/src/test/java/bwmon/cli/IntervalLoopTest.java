package bwmon.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import bwmon.cli.ProgramException.Kind;
import bwmon.traffic.Ticker;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * The loop waits by real time for what is left of an interval by its ticker, and these tests wait for nothing: asked how
 * late it is before a call, the ticker says that the call's time has come.
 */
@Timeout(60)
class IntervalLoopTest {
    private static final long SECOND = 1_000_000_000;

    /** Says the prepared times one after the other, and the last one for ever. */
    private static final class Script {
        private final long[] nanos;
        private int next;

        Script(long... nanos) {
            this.nanos = nanos;
        }

        long nanos() {
            return nanos[Math.min(next++, nanos.length - 1)];
        }
    }

    /** A clock that stands still until a loop asks how long to wait, and then is there. */
    private static final class Jump {
        private final long interval;
        private long now;
        private boolean waiting;

        Jump(long start, long interval) {
            this.now = start;
            this.interval = interval;
        }

        long nanos() {
            if (waiting) {
                now += interval;
            }
            waiting = !waiting;
            return now;
        }
    }

    @AfterEach
    void noInterruptIsLeftBehind() {
        Thread.interrupted();
    }

    private static IntervalLoop everySecond(Ticker ticker) {
        return new IntervalLoop(ticker, Duration.ofSeconds(1));
    }

    @Test
    void anIntervalIsLongerThanZero() {
        for (Duration wrong : List.of(Duration.ZERO, Duration.ofNanos(-1))) {
            assertThrows(IllegalArgumentException.class, () -> new IntervalLoop(() -> 0, wrong));
        }
    }

    @Test
    void theFirstIntervalMayHaveALengthOfItsOwn() throws ProgramException {
        // Waits until 300 ms, and is late by nothing; then until 1.3 s, and finds that it is 1.3 s already.
        var script = new Script(0, SECOND * 3 / 10, SECOND * 3 / 10, SECOND * 13 / 10, SECOND * 13 / 10);
        var calls = new ArrayList<Integer>();
        new IntervalLoop(script::nanos, Duration.ofMillis(300), Duration.ofSeconds(1)).run(() -> {
            calls.add(1);
            return calls.size() < 2;
        });
        assertEquals(2, calls.size());
        assertThrows(IllegalArgumentException.class,
                () -> new IntervalLoop(() -> 0, Duration.ZERO, Duration.ofSeconds(1)));
    }

    @Test
    void aTaskThatHasEnoughIsNotCalledAgain() throws ProgramException {
        var calls = new ArrayList<Integer>();
        everySecond(new Jump(0, SECOND)::nanos).run(() -> {
            calls.add(1);
            return calls.size() < 3;
        });
        assertEquals(3, calls.size());
    }

    @Test
    void aStopIsFollowedByOneLastCallForThePartialInterval() throws ProgramException {
        var calls = new ArrayList<Boolean>();
        IntervalLoop loop = everySecond(new Jump(0, SECOND)::nanos);
        loop.run(() -> {
            calls.add(loop.isStopping());
            if (calls.size() == 2) {
                loop.stop();
            }
            return true;
        });
        assertEquals(List.of(false, false, true), calls);
    }

    @Test
    void aStopBeforeTheStartStillReportsOnce() throws ProgramException {
        // A clock that never moves: without the stop the loop would wait a whole hour.
        var loop = new IntervalLoop(() -> 0, Duration.ofHours(1));
        loop.stop();
        loop.stop();
        var calls = new ArrayList<Integer>();
        loop.run(() -> calls.add(1));
        assertEquals(1, calls.size());
        assertTrue(loop.isStopping());
    }

    @Test
    void aStopFromAnotherThreadEndsAWait() throws Exception {
        var loop = new IntervalLoop(() -> 0, Duration.ofHours(1));
        var calls = new ArrayList<Integer>();
        Thread stopper = Thread.ofPlatform().start(loop::stop);
        loop.run(() -> calls.add(1));
        stopper.join();
        assertEquals(1, calls.size());
    }

    @Test
    void anInterruptEndsTheLoopLikeAStopAndIsKept() throws ProgramException {
        var loop = new IntervalLoop(() -> 0, Duration.ofHours(1));
        var calls = new ArrayList<Integer>();
        Thread.currentThread().interrupt();
        loop.run(() -> calls.add(1));
        assertEquals(1, calls.size());
        assertTrue(Thread.currentThread().isInterrupted());
    }

    @Test
    void aLateCallDoesNotDelayTheNextOnes() throws ProgramException {
        // Asked: start, before the 1st wait, after the 1st task (0.4 s late), before the 2nd wait: 2.0 s is due, not 2.4 s.
        var script = new Script(0, SECOND, SECOND + 400_000_000, 2 * SECOND);
        var calls = new ArrayList<Integer>();
        everySecond(script::nanos).run(() -> {
            calls.add(1);
            return calls.size() < 2;
        });
        assertEquals(2, calls.size());
        assertEquals(4, script.next, "the second call was due at 2 s by the plan");
    }

    @Test
    void missedCallsAreNotMadeUpFor() throws ProgramException {
        // The first task ends 10.5 s after the start; the next call is due at 11 s, and there is one of it.
        var script = new Script(0, SECOND, 10 * SECOND + SECOND / 2, 11 * SECOND, 11 * SECOND, 12 * SECOND);
        var calls = new ArrayList<Integer>();
        everySecond(script::nanos).run(() -> {
            calls.add(script.next);
            return calls.size() < 3;
        });
        assertEquals(List.of(2, 4, 6), calls);
    }

    @Test
    void aClockThatPassesTheLargestNumberIsNoTrouble() throws ProgramException {
        var calls = new ArrayList<Integer>();
        everySecond(new Jump(Long.MAX_VALUE - SECOND / 2, SECOND)::nanos).run(() -> {
            calls.add(1);
            return calls.size() < 3;
        });
        assertEquals(3, calls.size());
    }

    @Test
    void whatTheTaskThrowsEndsTheLoop() {
        var e = new ProgramException(Kind.FAILURE, "no more");
        IntervalLoop loop = everySecond(new Jump(0, SECOND)::nanos);
        assertSame(e, assertThrows(ProgramException.class, () -> loop.run(() -> {
            throw e;
        })));
        assertFalse(loop.isStopping());
    }
}
