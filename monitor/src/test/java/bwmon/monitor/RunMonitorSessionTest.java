package bwmon.monitor;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

import bwmon.cli.IntervalLoop;
import bwmon.cli.ProgramException;
import bwmon.cli.View;
import bwmon.monitor.console.Grouping;
import bwmon.monitor.console.Model;
import bwmon.monitor.console.Picture;
import bwmon.monitor.console.Selection;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;
import bwmon.traffic.Owner;
import bwmon.traffic.Report;
import bwmon.traffic.SocketStates;
import bwmon.traffic.Ticker;
import bwmon.traffic.Usage;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class RunMonitorSessionTest {
    private static final Owner CURL = new Owner.Process(new Owner.ProcessId(1, 1), "curl", "curl", null, null, null,
            null);
    private static final SocketStates SOCKETS = new SocketStates(List.of(), Map.of("LISTEN", 1));

    private final ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
    private final IntervalLoop loop = new IntervalLoop(Ticker.SYSTEM, Duration.ofMillis(10));
    private final List<Picture> shown = new CopyOnWriteArrayList<>();
    private final List<Integer> failing = new ArrayList<>();
    private boolean socketsFail;
    private int collects;
    private int stopAt = Integer.MAX_VALUE;
    private final List<Integer> untold = new ArrayList<>();
    private int asked;
    private int goneAt = Integer.MAX_VALUE;
    private boolean closed;

    /** Reports one byte more each time; fails where it is told to. */
    private final class Fake implements Monitor {
        @Override
        public String name() {
            return "fake";
        }

        @Override
        public Report collect() throws IOException {
            collects++;
            if (collects == stopAt) {
                loop.stop();
            }
            if (failing.contains(collects)) {
                throw new IOException("no answer");
            }
            return new Report("fake", Duration.ofMillis(10),
                    List.of(new Usage(CURL, null, ByteCounts.ofIp(collects, 0, 1, 0))));
        }

        @Override
        public boolean tellsIpBytes() {
            return true;
        }

        @Override
        public List<Usage> before() {
            return List.of(new Usage(CURL, null, ByteCounts.ofIp(100, 0, 1, 0)));
        }

        @Override
        public List<String> notices() {
            return List.of("was switched on", "is not seen");
        }

        @Override
        public SocketStates sockets() throws IOException {
            if (socketsFail) {
                throw new IOException("no sockets");
            }
            return SOCKETS;
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    private void run(boolean once, boolean lookback, boolean showsBefore, boolean sockets, View<Picture> view)
            throws ProgramException {
        var model = new Model(EnumSet.of(Grouping.PROCESS), Selection.everything(), _ -> true);
        new RunMonitorSession(_ -> new Fake(), MonitorOptions.of(Ticker.SYSTEM), lookback, model, view,
                () -> sockets, () -> namespace(), loop, Clock.systemUTC(),
                new PrintStream(errBytes, true, StandardCharsets.UTF_8))
                .run(once, showsBefore);
    }

    private Optional<String> namespace() throws IOException {
        asked++;
        if (untold.contains(asked)) {
            throw new IOException("no stat");
        }
        return asked < goneAt ? Optional.empty() : Optional.of("removed, and what to do");
    }

    private List<Long> totals() {
        return shown.stream().map(p -> p.total(Grouping.PROCESS).bytes(Direction.RX).orElseThrow()).toList();
    }

    private String err() {
        return errBytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void onceIsOneIntervalWithWhatMovedBefore() throws ProgramException {
        run(true, true, false, true, shown::add);

        assertEquals(List.of(101L), totals());
        assertEquals(SOCKETS, shown.getFirst().sockets());
        assertEquals(1, collects);
        assertEquals("runmonitor: was switched on\nrunmonitor: is not seen\n", err());
        assertTrue(closed);
    }

    @Test
    void whatMovedBeforeIsThereAtOnce() throws ProgramException {
        run(true, true, true, false, shown::add);

        assertEquals(List.of(100L, 101L), totals());
        assertTrue(shown.getFirst().isBefore());
        assertEquals(null, shown.getLast().sockets());
    }

    @Test
    void aStopGivesThePartialIntervalAtTheEnd() throws ProgramException {
        stopAt = 3;
        run(false, false, true, false, shown::add);

        assertEquals(4, collects);
        assertEquals(1L + 2 + 3 + 4, totals().getLast());
        assertFalse(shown.stream().anyMatch(Picture::isBefore));
    }

    @Test
    void aFailureIsSaidOnceAndItGoesOn() throws ProgramException {
        failing.addAll(List.of(2, 3));
        stopAt = 4;
        run(false, false, true, false, shown::add);

        assertEquals("runmonitor: fake could not tell, is asked again: no answer\nrunmonitor: fake tells again\n",
                err().replaceFirst("(runmonitor: (was|is)[^\n]*\n){2}", ""));
        assertEquals(1L + 4 + 5, totals().getLast());
    }

    @Test
    void whatMovedIsShownAlsoWhereTheSocketsAreNotTold() throws ProgramException {
        socketsFail = true;
        stopAt = 2;
        run(false, false, true, true, shown::add);

        assertEquals(1L + 2 + 3, totals().getLast());
        assertEquals("runmonitor: fake could not tell of its sockets: no sockets\n",
                err().replaceFirst("(runmonitor: (was|is)[^\n]*\n){2}", ""));
    }

    @Test
    void aFailureAtTheEndIsOneOfTheProgram() {
        failing.add(1);
        var e = assertThrows(ProgramException.class, () -> run(true, false, true, false, shown::add));

        assertEquals(1, e.kind().exitCode());
        assertEquals("what moved at the end is not known: no answer", e.getMessage());
        assertEquals("no answer", shown.getFirst().failure());
        assertTrue(closed);
    }

    @Test
    void aNamespaceThatIsGoneEndsItAfterALastReport() {
        goneAt = 3;
        var e = assertThrows(ProgramException.class, () -> run(false, false, true, false, shown::add));

        assertEquals(69, e.kind().exitCode());
        assertEquals("removed, and what to do", e.getMessage());
        assertEquals(List.of(3, 3), List.of(asked, collects));
        assertEquals(1L + 2 + 3, totals().getLast());
        assertTrue(closed);
    }

    @Test
    void whatMovedUnseenIsSaidAlsoWhereTheNamespaceIsGone() {
        goneAt = 1;
        failing.add(1);
        var e = assertThrows(ProgramException.class, () -> run(false, false, true, false, shown::add));

        assertEquals(69, e.kind().exitCode());
        assertEquals("removed, and what to do\nwhat moved at the end is not known: no answer", e.getMessage());
    }

    @Test
    void aNamespaceThatCannotBeAskedForIsSaidOnceAndItGoesOn() throws ProgramException {
        untold.addAll(List.of(1, 2));
        stopAt = 3;
        run(false, false, true, false, shown::add);

        assertEquals(4, asked);
        assertEquals("runmonitor: whether the network namespace is still there cannot be told: no stat\n",
                err().replaceFirst("(runmonitor: (was|is)[^\n]*\n){2}", ""));
    }

    @Test
    void aReaderThatIsGoneEndsIt() throws ProgramException {
        run(false, false, true, false, _ -> false);

        assertTrue(collects >= 1);
        assertTrue(closed);
    }
}
