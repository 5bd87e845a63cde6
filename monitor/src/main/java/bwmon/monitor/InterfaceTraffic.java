package bwmon.monitor;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;

/** What the interfaces' own counters gained between two looks. */
final class InterfaceTraffic {

    private InterfaceTraffic() {}

    /** Where the counters come from. */
    @FunctionalInterface
    interface Reader {
        /** Each interface's counts since it was made, by name. */
        Map<String, ByteCounts> read() throws IOException;
    }

    /** The gain of each interface that is there now. One that was made since, also under an old name, gained all it has. */
    static Map<String, ByteCounts> between(Map<String, ByteCounts> before, Map<String, ByteCounts> now) {
        var gains = new HashMap<String, ByteCounts>();
        now.forEach((name, counts) -> {
            ByteCounts earlier = before.get(name);
            gains.put(name, earlier == null || fell(earlier, counts) ? counts : counts.minus(earlier));
        });
        return gains;
    }

    private static boolean fell(ByteCounts earlier, ByteCounts now) {
        for (Direction direction : Direction.values()) {
            if (now.bytes(direction).orElse(0) < earlier.bytes(direction).orElse(0)
                    || now.packets(direction).orElse(0) < earlier.packets(direction).orElse(0)) {
                return true;
            }
        }
        return false;
    }
}
