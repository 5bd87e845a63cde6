package bwmon.aggregator.console;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import bwmon.aggregator.usage.Alert;
import bwmon.aggregator.usage.Amount;
import bwmon.aggregator.usage.Application;
import bwmon.aggregator.usage.Application.Basis;
import bwmon.aggregator.usage.Charge;
import bwmon.aggregator.usage.Layer;
import bwmon.aggregator.usage.Picture;
import bwmon.aggregator.usage.Snapshot;
import bwmon.cli.Account;
import bwmon.cli.IntervalLoop;
import bwmon.cli.Signals;
import bwmon.cli.StandardOutput;
import bwmon.cli.Terminal;
import bwmon.cli.Tmux;
import bwmon.cli.ViewThread;
import bwmon.traffic.Balance;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Owner;
import bwmon.traffic.Ticker;
import bwmon.traffic.Usage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static bwmon.aggregator.Samples.process;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The live view on a real terminal, with made-up pictures and names that do their worst to it. */
@Timeout(180)
class LiveViewIT {
    @TempDir
    private Path folder = Path.of("");
    private Tmux terminal;

    @BeforeEach
    void openTerminal() throws IOException {
        terminal = new Tmux(folder, 80, 24);
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        Path program = Files.writeString(folder.resolve("demo"), "#!/bin/sh\nexec " + java
                + " -XX:TieredStopAtLevel=1 -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED -cp '"
                + System.getProperty("java.class.path") + "' '" + Demo.class.getName() + "' " + folder + "/pid\n");
        assertTrue(program.toFile().setExecutable(true));
        terminal.enter("PATH=" + folder + ":$PATH; stty -a > " + folder + "/before; clear");
        terminal.await("modes", screen -> Files.exists(folder.resolve("before")));
        terminal.awaitPrompt();
    }

    @AfterEach
    void closeTerminal() throws IOException {
        terminal.close();
    }

    private void assertPutBack() throws IOException {
        terminal.enter("clear; stty -a > " + folder + "/after; echo put back");
        terminal.await("put back\n");
        assertEquals(Files.readString(folder.resolve("before")), Files.readString(folder.resolve("after")));
        assertEquals("0 1 1", terminal.ask("#{alternate_on} #{cursor_flag} #{wrap_flag}"));
    }

    @Test
    void keysOpenApplicationsAndTheLastPictureStays() throws IOException {
        terminal.enter("LC_ALL=C.UTF-8 demo");
        terminal.await("ALERT backup-too-fast: backup tx");
        terminal.await("▇");
        terminal.press("Down", "Enter");
        terminal.await(">- ");
        terminal.press("a", "t");
        String screen = terminal.await("totals by application");
        assertTrue(screen.contains("4711 root restic") && screen.contains("812 root nginx"), screen);
        terminal.press("p");
        terminal.await("PAUSED");
        terminal.press("p", "?");
        terminal.await("runaggregator: keys");
        terminal.press("Escape");
        terminal.await("totals by application");
        terminal.press("q");
        screen = terminal.awaitPrompt();
        assertTrue(screen.contains("named") && screen.contains("backup"), "the last picture stays: " + screen);
        assertPutBack();
    }

    @Test
    void hostileNamesAreHarmlessInEveryWindow() throws IOException {
        String title = terminal.ask("#{pane_title}");
        terminal.enter("LC_ALL=C demo");
        String screen = terminal.await("?]0;owned??[2J");
        assertFalse(screen.contains("█"), "no blocks where the locale has none: " + screen);
        for (int[] size : List.of(new int[]{40, 10}, new int[]{20, 6}, new int[]{20, 1}, new int[]{200, 60},
                new int[]{80, 24})) {
            terminal.run("resize-window", "-x", Integer.toString(size[0]), "-y", Integer.toString(size[1]));
            terminal.await(size[0] + " columns", s -> s.lines().noneMatch(line -> line.length() > size[0])
                    && s.contains(size[0] < 32 ? ":" : "runaggregator ") && (size[1] < 2 || s.contains("ALE")));
        }
        terminal.press("q");
        terminal.awaitPrompt();
        assertEquals(title, terminal.ask("#{pane_title}"));
        assertPutBack();
    }

    @Test
    void whatIsWrittenToStandardErrorLeavesThePictureWhole() throws IOException {
        terminal.enter("MESSAGES=yes demo");
        String screen = terminal.await("message 9 ");
        assertTrue(screen.startsWith("runaggregator ") && screen.stripTrailing().lines().count() <= 24, screen);
        assertEquals(1, screen.lines().filter(line -> line.contains("APPLICATION")).count(), screen);
        assertEquals(1, screen.lines().filter(line -> line.contains("ALERT")).count(), screen);
        terminal.press("q");
        screen = terminal.awaitPrompt();
        assertTrue(screen.contains("\nmessage 8 is longer") && screen.contains("\nmessage 9 is longer"), screen);
        assertPutBack();
    }

    @Test
    void theTerminalIsGivenBackWhileStoppedAndWhenKilled() throws IOException {
        terminal.enter("demo");
        terminal.await("named");
        terminal.press("C-z");
        terminal.await("Stopped");
        assertPutBack();
        terminal.enter("fg");
        terminal.await("ALERT");
        new ProcessBuilder("kill", Files.readString(folder.resolve("pid")).strip()).start();
        assertTrue(terminal.awaitPrompt().contains("named"));
        assertPutBack();
    }

    /** Shows an interval five times a second; q ends it. */
    static final class Demo {
        private static final Application BACKUP = new Application("backup", Basis.RULE);
        private static final Application WEB = new Application("web", Basis.RULE);

        private Demo() {}

        public static void main(String[] args) throws Exception {
            Terminal terminal = Terminal.ofStandardOutput();
            var out = new StandardOutput().stream();
            var loop = new IntervalLoop(Ticker.SYSTEM, Duration.ofMillis(200));
            var frame = new LiveFrame(ZoneOffset.UTC, terminal.hasColour(), Terminal.isUtf8(), Layer.IP,
                    () -> "made-up, 1 pipe");
            try (var live = new LiveView(frame, new Model(Layer.IP), terminal, loop::stop, loop::isStopping)) {
                Signals.onStop(_ -> loop.stop(), live::close);
                Signals.onReload(loop::stop);
                Files.writeString(Path.of(args[0]), ProcessHandle.current().pid() + "\n");
                live.open(out, System.err);
                var views = new ViewThread<>(live, Picture::then, System.err, loop::stop);
                var number = new int[1];
                loop.run(() -> {
                    if (System.getenv("MESSAGES") != null && number[0] < 10) {
                        System.err.println("message " + number[0] + " is longer than the terminal is wide, "
                                + "so that it would take two lines of the picture, and the rest would move");
                    }
                    views.show(picture(number[0]++), List.of());
                    return !loop.isStopping();
                });
                views.finish(Duration.ofSeconds(10));
            }
        }

        /** The time is made up, too: five seconds an interval, so that there are some minutes soon. */
        private static Picture picture(int number) {
            Duration interval = Duration.ofSeconds(5);
            var charges = new ArrayList<Charge>();
            double wave = 1.1 + Math.sin(number / 5.0);
            charges.add(charge(process(4711, "restic backup --files-from /etc/backup/list /srv"), BACKUP,
                    (long) (200_000 * wave), (long) (31_000_000 * wave)));
            charges.add(charge(process(812, "nginx: worker process"), WEB, 400_000, (long) (12_000_000 / wave)));
            charges.add(charge(process(813, "nginx: worker process"), WEB, 300_000, 2_000_000));
            charges.add(charge(new Owner.Pipe("ssh", "pipe-2222:example.org:22"),
                    new Application("ssh", Basis.ITSELF), 5_000, number % 7 == 0 ? 90_000 : 0));
            String hostile = "evil \033]0;owned\007\033[2J\033[31m 日本語 \u202ereversed\nline";
            charges.add(charge(process(666, hostile), new Application(hostile, Basis.ITSELF), 150_000, 2_500));
            for (int i = 0; i < 30; i++) {
                if ((number + i) % 4 == 0) {
                    charges.add(charge(process(2000 + i, "worker-" + i + " --some-option"),
                            new Application("worker-" + i + " --some-option", Basis.ITSELF), 500L * i, 100L * i));
                }
            }
            charges.add(charge(new Owner.Unattributed(Owner.Cause.EXITED),
                    new Application("unattributed: exited", Basis.ITSELF), 1200, 900));
            List<Usage> usages = charges.stream().map(c -> new Usage(c.owner(), null, c.counts())).toList();
            var duplicate = ip(20_000, 20_000);
            Balance named = Balance.of(Map.of(), usages, ByteCounts.ZERO, 0);
            ByteCounts carried = named.named().plus(new Account(named, duplicate).unattributed()).plus(duplicate);
            var balance = new Balance(Map.of("eth0", carried), named.named(), named.unattributed(), 0);
            Instant now = Instant.now();
            var snapshot = new Snapshot(now, number * interval.toNanos(), interval, charges, balance,
                    new Snapshot.LeftOut(ByteCounts.ZERO, duplicate), List.of(),
                    List.of("made-up figures: nothing of this is so"));
            var alert = new Alert("backup-too-fast", "backup", Alert.Measure.RATE, Amount.TX, Layer.IP,
                    Alert.State.FIRING, 6_200_000, 5_000_000, Duration.ofSeconds(60), now.minusSeconds(130), now);
            return new Picture(snapshot, List.of(alert), List.of());
        }

        private static Charge charge(Owner owner, Application application, long rx, long tx) {
            return new Charge("made-up", owner, application, Duration.ofSeconds(5), ip(rx, tx));
        }

        private static ByteCounts ip(long rx, long tx) {
            return ByteCounts.ofIp(rx, tx, rx / 1000, tx / 1000).withPayload(rx * 95 / 100, tx * 95 / 100);
        }
    }
}
