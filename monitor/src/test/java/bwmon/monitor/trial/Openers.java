package bwmon.monitor.trial;

import java.util.List;

import bwmon.monitor.MonitorOptions;
import bwmon.monitor.SockDiagSource;
import bwmon.traffic.TrafficSource;

/** The one place that knows which monitor is tried. */
final class Openers {
    private Openers() {}

    static TrafficSource open(MonitorOptions options) throws Exception {
        return SockDiagSource.open(options.procRoot(), options.ticker(), options.lookback());
    }

    static List<String> notices(TrafficSource source) {
        return source instanceof SockDiagSource monitor ? monitor.notices() : List.of();
    }
}
