package bwmon.monitor.console;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicBoolean;

import bwmon.cli.Key;
import bwmon.cli.Terminal;
import bwmon.monitor.console.Listing.Amount;
import bwmon.traffic.Usage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static bwmon.monitor.console.Samples.LOCAL;
import static bwmon.monitor.console.Samples.WEB;
import static bwmon.monitor.console.Samples.model;
import static bwmon.monitor.console.Samples.next;
import static bwmon.monitor.console.Samples.process;
import static bwmon.monitor.console.Samples.usage;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class LiveViewTest {
    private final List<List<String>> frames = new ArrayList<>();
    private final AtomicBoolean quit = new AtomicBoolean();
    private final AtomicBoolean read = new AtomicBoolean(true);
    private final Model model = model();
    private LiveView view = view(12);

    private LiveView view(int rows) {
        return new LiveView(LiveFrameTest.frame(false, OptionalInt.empty()), LiveFrameTest.RATES,
                Terminal.ofWindow(80, rows), () -> quit.set(true), quit::get);
    }

    @BeforeEach
    void draw() {
        view.drawOn(lines -> {
            frames.add(lines);
            return read.get();
        });
    }

    private String last() {
        return String.join("\n", frames.getLast());
    }

    private Picture interval(int kilobytes) {
        return next(model, usage(process(7, "wget"), WEB, 1000L * kilobytes, 0),
                usage(process(8, "nc"), LOCAL, 1000, 2000));
    }

    @Test
    void somethingIsDrawnBeforeThereAreFigures() {
        assertTrue(last().contains("waiting for the first figures"), last());
    }

    @Test
    void eachKeyRedrawsAtOnce() {
        view.show(interval(10));
        assertEquals(2, frames.size());
        view.press(Key.of('t'));
        view.press(Key.of('g'));
        assertEquals(4, frames.size());
        assertTrue(last().contains("totals by command"), last());
    }

    @Test
    void whilePausedThePictureStaysAndIsStillRegrouped() {
        view.show(interval(10));
        view.press(Key.of('p'));
        view.show(interval(50));
        assertTrue(last().contains("PAUSED") && last().contains("10.0 kB/s"), last());
        assertFalse(last().contains("50.0 kB/s"), last());
        view.press(Key.of('G'));
        assertTrue(last().contains("by port") && last().contains("10.0 kB/s"), last());
        view.press(Key.of(' '));
        assertTrue(last().contains("50.0 kB/s"), last());
        assertFalse(last().contains("PAUSED"), last());
    }

    @Test
    void theLastPartialIntervalIsJoinedToTheOneBefore() {
        view.show(interval(10));
        view.press(Key.of('q'));
        assertTrue(quit.get());
        view.show(interval(30));
        // 40 kB in two seconds.
        assertTrue(last().contains("rates over 2.0 s") && last().contains("20.0 kB/s"), last());
    }

    @Test
    void rowsAreScrolledAsFarAsThereAreSome() {
        var usages = new Usage[30];
        for (int i = 0; i < usages.length; i++) {
            usages[i] = usage(process(i + 1, "p" + i), WEB, 1000L * (30 - i), 0);
        }
        view.show(next(model, usages));
        assertTrue(last().contains(" p0\n") && last().contains(" others"), last());
        view.press(Key.Named.DOWN);
        assertTrue(last().contains(" p1\n") && !last().contains(" p0\n") && last().contains(", 1 above"), last());
        view.press(Key.Named.PAGE_DOWN);
        view.press(Key.Named.PAGE_UP);
        view.press(Key.Named.UP);
        assertTrue(last().contains(" p0\n"), last());
        view.press(Key.Named.END);
        assertTrue(last().contains(" p29\n"), last());
        view.press(Key.Named.DOWN);
        view.press(Key.Named.UP);
        assertFalse(last().contains(" p29\n"), "the end was not passed: " + last());
        view.press(Key.Named.HOME);
        assertTrue(last().contains(" p0\n"), last());
        view.press(Key.Named.END);
        view.press(Key.of('g'));
        assertTrue(last().contains(" p0\n"), "another grouping begins at its top: " + last());
    }

    @Test
    void connectionsAreAskedForWhenTheyAreShown() {
        assertFalse(view.wantsConnections());
        view.press(Key.of('c'));
        assertTrue(view.wantsConnections());
        view.press(Key.of('c'));
        assertFalse(view.wantsConnections());
    }

    @Test
    void aTerminalThatIsGoneEndsTheView() {
        assertTrue(view.show(interval(1)));
        read.set(false);
        assertFalse(view.show(interval(1)));
    }

    @Test
    void aLookIsThatOfTheOptions() {
        assertEquals(LiveFrameTest.RATES,
                Look.of(new Layout(Grouping.PROCESS, null, Amount.LAST, OptionalInt.empty(), null),
                        false, false));
    }
}
