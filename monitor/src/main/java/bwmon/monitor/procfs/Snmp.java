package bwmon.monitor.procfs;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** /proc/net/snmp and /proc/net/snmp6 (proc_net(5), RFC 2011, RFC 2465): counters of a network namespace. */
final class Snmp {
    private Snmp() {}

    /**
     * Packets passed on for others: {@code ForwDatagrams} of the lines {@code Ip:}, of which the first has the names and the second
     * the numbers, or the line {@code Ip6OutForwDatagrams}.
     *
     * @return 0 if the content has neither, or another form
     */
    static long forwardedPackets(byte[] content) {
        List<String> names = List.of();
        for (String line : new String(content, StandardCharsets.ISO_8859_1).split("\n", -1)) {
            List<String> words = List.of(line.strip().split("\\s+", -1));
            switch (words.getFirst()) {
                case "Ip6OutForwDatagrams" -> {
                    return words.size() == 2 ? count(words.get(1)) : 0;
                }
                case "Ip:" -> {
                    int at = names.indexOf("ForwDatagrams");
                    if (at > 0) {
                        return at < words.size() ? count(words.get(at)) : 0;
                    }
                    names = words;
                }
                default -> {
                    // Of other protocols.
                }
            }
        }
        return 0;
    }

    private static long count(String number) {
        return number.matches("[0-9]{1,18}") ? Long.parseLong(number) : 0;
    }
}
