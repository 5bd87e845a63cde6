package bwmon.monitor.trial;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

import bwmon.monitor.Monitor;
import bwmon.monitor.MonitorOptions;
import bwmon.monitor.MonitorOptions.Kind;
import bwmon.traffic.Direction;
import bwmon.traffic.Report;
import bwmon.traffic.Ticker;
import bwmon.traffic.Usage;

/**
 * A monitor in a program of its own, which can be killed, stopped or run by somebody else. Takes the kind and the run
 * directory; says each notice, then {@code open}; for each line of standard input gives a report; closes at its end.
 */
final class MonitorChild {
    private MonitorChild() {}

    /** The program. */
    public static void main(String[] args) throws Exception {
        var options = new MonitorOptions(Kind.valueOf(args[0]), Path.of("/proc"), Path.of(args[1]), Ticker.SYSTEM,
                true);
        PrintStream out = System.out;
        try (Monitor monitor = Openers.open(options);
                var words = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            monitor.notices().forEach(notice -> out.println("notice\t" + notice));
            out.println("open");
            while (words.readLine() != null) {
                Report report = monitor.collect();
                for (Usage usage : report.usages()) {
                    out.println("charge\t" + Charge.of(usage).line());
                }
                out.println("report\t" + report.segmentation().bytes(Direction.RX).orElse(0) + "\t"
                        + report.segmentation().bytes(Direction.TX).orElse(0) + "\t" + report.lostEvents());
            }
        }
    }
}
