package bwmon.aggregator.console;

import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

import bwmon.aggregator.usage.Charge;
import bwmon.aggregator.usage.Layer;
import bwmon.aggregator.usage.Picture;
import bwmon.cli.Key;
import bwmon.cli.Terminal;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static bwmon.aggregator.Samples.charge;
import static bwmon.aggregator.Samples.picture;
import static bwmon.aggregator.Samples.process;
import static bwmon.aggregator.Samples.snapshot;
import static bwmon.aggregator.console.LiveFrameTest.BACKUP;
import static bwmon.aggregator.console.LiveFrameTest.WEB;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class LiveViewTest {
    private static final Key ENTER = Key.of('\r');

    private final List<List<String>> frames = new ArrayList<>();
    private final AtomicBoolean quit = new AtomicBoolean();
    private final AtomicBoolean read = new AtomicBoolean(true);
    private final LiveView view = new LiveView(
            new LiveFrame(ZoneOffset.UTC, false, true, Layer.PAYLOAD, () -> "sock_diag"), new Model(Layer.PAYLOAD),
            Terminal.ofWindow(80, 14), () -> quit.set(true), quit::get);
    private long second;

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
        return picture(snapshot(++second, charge(process(7, "nginx"), WEB, 1000L * kilobytes, 0),
                charge(process(8, "php"), WEB, 100, 0), charge(process(9, "restic"), BACKUP, 20_000, 2000)));
    }

    private Picture many(int count) {
        var charges = new Charge[count];
        for (int i = 0; i < count; i++) {
            charges[i] = charge(process(i + 1, "p" + i), 1000L * (count - i), 0);
        }
        return picture(snapshot(++second, charges));
    }

    private void press(Key... keys) {
        for (Key key : keys) {
            view.press(key);
        }
    }

    @Test
    void somethingIsDrawnBeforeThereAreFigures() {
        assertTrue(last().contains("waiting for the first figures"), last());
        press(Key.Named.DOWN, ENTER, Key.Named.UP, Key.Named.END, Key.of('a'), Key.of('s'));
        assertTrue(last().contains("waiting for the first figures"), last());
    }

    @Test
    void applicationsOpenAndClose() {
        view.show(interval(50));
        assertFalse(last().contains("nginx"), last());
        press(Key.Named.DOWN, ENTER);
        assertTrue(last().contains(">- web") && last().contains("     7 root nginx"), last());
        press(Key.Named.DOWN, Key.Named.DOWN);
        assertTrue(last().contains(">    8 root php"), last());
        press(Key.Named.LEFT);
        assertTrue(last().contains(">+ web"), last());
        press(Key.Named.RIGHT);
        assertTrue(last().contains(">- web"), last());
        press(ENTER, Key.of('a'));
        assertTrue(last().contains("9 root restic") && last().contains("7 root nginx"), last());
        press(Key.of('a'));
        assertFalse(last().contains("restic") || last().contains("nginx"), last());
    }

    @Test
    void theSelectionStaysWithItsRow() {
        view.show(interval(50));
        press(Key.Named.DOWN);
        assertTrue(last().contains(">+ web"), last());
        view.show(interval(1));
        assertTrue(last().indexOf("backup") < last().indexOf(">+ web"), last());
        press(Key.Named.UP);
        assertTrue(last().contains(">+ backup"), last());
        press(Key.Named.ESCAPE);
        assertFalse(last().contains(">"), last());
    }

    @Test
    void rowsAreScrolledAsFarAsThereAreSome() {
        view.show(many(30));
        assertTrue(last().contains(" + p0\n") && last().contains(" others"), last());
        press(Key.Named.PAGE_DOWN, Key.Named.PAGE_DOWN);
        assertFalse(last().contains(" + p0\n"), last());
        press(Key.Named.END, Key.Named.DOWN);
        assertTrue(last().contains(">+ p29\n"), last());
        press(Key.Named.UP);
        assertTrue(last().contains(">+ p28\n") && last().contains(" + p29\n"), last());
        press(Key.Named.HOME);
        assertTrue(last().contains(" + p0\n"), last());
    }

    @Test
    void whilePausedThePictureStaysAndNothingIsLost() {
        view.show(interval(40));
        press(Key.of('p'));
        view.show(interval(70));
        assertTrue(last().contains("PAUSED") && last().contains("40.1 kB/s"), last());
        press(Key.of('t'));
        assertTrue(last().contains("40.1 kB "), last());
        press(Key.of(' '));
        assertFalse(last().contains("PAUSED"), last());
        assertTrue(last().contains("110 kB "), last());
    }

    @Test
    void theLastPartialIntervalIsJoinedToTheOneBefore() {
        view.show(interval(10));
        press(Key.of('q'));
        assertTrue(quit.get());
        view.show(interval(30));
        // 40.2 kB in two seconds.
        assertTrue(last().contains("rates over 2.0 s") && last().contains("20.1 kB/s"), last());
    }

    @Test
    void aKeyLeavesTheHelpWithoutBeingTakenForMore() {
        view.show(interval(10));
        press(Key.of('h'));
        assertTrue(last().startsWith("runaggregator: keys"), last());
        press(Key.Named.ESCAPE);
        assertTrue(last().contains("web"), last());
    }

    @Test
    void aTerminalThatIsGoneEndsTheView() {
        assertTrue(view.show(interval(1)));
        read.set(false);
        assertFalse(view.show(interval(1)));
        assertEquals(3, frames.size());
    }
}
