package bwmon.monitor.trial;

import java.io.IOException;
import java.util.List;
import java.util.Map;

import bwmon.monitor.Monitor;
import bwmon.monitor.MonitorOptions;
import bwmon.monitor.SockDiagSource;
import bwmon.traffic.Report;
import bwmon.traffic.SocketStates;

/** The one place that knows which monitor is tried. */
final class Openers {
    private Openers() {}

    static Monitor open(MonitorOptions options) throws Exception {
        SockDiagSource source = SockDiagSource.open(options.procRoot(), options.ticker(), options.lookback());
        return new Monitor() {
            @Override
            public List<String> notices() {
                return source.notices();
            }

            @Override
            public SocketStates sockets() {
                return new SocketStates(List.of(), Map.of());
            }

            @Override
            public String name() {
                return source.name();
            }

            @Override
            public Report collect() throws IOException {
                return source.collect();
            }

            @Override
            public void close() {
                source.close();
            }
        };
    }
}
