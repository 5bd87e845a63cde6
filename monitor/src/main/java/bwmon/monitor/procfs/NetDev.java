package bwmon.monitor.procfs;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import bwmon.traffic.ByteCounts;

/** /proc/net/dev, proc_net(5): what each network interface counted since it was made. */
final class NetDev {
    /** Received: bytes, packets and six others; then transmitted: bytes, packets and six others. */
    private static final int RX_BYTES = 0;
    private static final int RX_PACKETS = 1;
    private static final int TX_BYTES = 8;
    private static final int TX_PACKETS = 9;

    private static final Pattern COUNT = Pattern.compile("[0-9]{1,18}");

    private NetDev() {}

    /** Reads the file's content: counts by the interface's name; a line of another form is skipped. */
    static Map<String, ByteCounts> parse(byte[] content) {
        var interfaces = new LinkedHashMap<String, ByteCounts>();
        for (String line : new String(content, StandardCharsets.UTF_8).split("\n", -1)) {
            // Two lines of headings have no colon after their first word; a name may have one (an alias).
            int colon = line.lastIndexOf(':');
            if (colon < 0) {
                continue;
            }
            String[] numbers = line.substring(colon + 1).strip().split(" +", -1);
            if (numbers.length >= 16 && Stream.of(numbers).allMatch(number -> COUNT.matcher(number).matches())) {
                interfaces.put(line.substring(0, colon).strip(),
                        ByteCounts.ofIp(Long.parseLong(numbers[RX_BYTES]), Long.parseLong(numbers[TX_BYTES]),
                                Long.parseLong(numbers[RX_PACKETS]), Long.parseLong(numbers[TX_PACKETS])));
            }
        }
        return interfaces;
    }
}
