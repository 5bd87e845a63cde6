package bwmon.monitor.trial;

import java.util.Locale;

import bwmon.traffic.Direction;
import bwmon.traffic.Owner;
import bwmon.traffic.Usage;

/**
 * What one usage of a report says, in a form that also passes between processes.
 *
 * @param kind of the owner
 * @param pid 0 where the owner is no process
 * @param command of a process; the name of any other owner
 * @param localPort 0 where the usage has no flow
 * @param flow for messages
 * @param rxBytes IP bytes, -1 where they are absent
 * @param txBytes likewise
 * @param rxPayload payload, -1 where it is absent
 * @param txPayload likewise
 */
record Charge(String kind, int pid, String command, int localPort, String flow, long rxBytes, long txBytes,
        long rxPayload, long txPayload) {

    static Charge of(Usage usage) {
        Owner owner = usage.owner();
        return new Charge(owner.kind(), owner instanceof Owner.Process process ? process.id().pid() : 0,
                owner.command().replaceAll("\\s", " "), usage.flow() == null ? 0 : usage.flow().local().port(),
                usage.flow() == null ? "" : usage.flow().toString(), usage.counts().bytes(Direction.RX).orElse(-1),
                usage.counts().bytes(Direction.TX).orElse(-1), usage.counts().payload(Direction.RX).orElse(-1),
                usage.counts().payload(Direction.TX).orElse(-1));
    }

    /** What {@link #line} gave. */
    static Charge parse(String line) {
        String[] words = line.split("\t", -1);
        return new Charge(words[0], Integer.parseInt(words[1]), words[2], Integer.parseInt(words[3]), words[4],
                Long.parseLong(words[5]), Long.parseLong(words[6]), Long.parseLong(words[7]),
                Long.parseLong(words[8]));
    }

    String line() {
        return String.format(Locale.ROOT, "%s\t%d\t%s\t%d\t%s\t%d\t%d\t%d\t%d", kind, pid, command, localPort, flow,
                rxBytes, txBytes, rxPayload, txPayload);
    }

    /** The address of the local end; empty where the usage has no flow. */
    String localAddress() {
        String[] words = flow.split(" ", -1);
        return words.length < 2 ? "" : words[1].substring(0, words[1].lastIndexOf(':')).replaceAll("[\\[\\]]", "");
    }

    boolean isUnattributed() {
        return kind.equals("unattributed");
    }

    long bytes(Direction direction) {
        return direction == Direction.RX ? rxBytes : txBytes;
    }

    long payload(Direction direction) {
        return direction == Direction.RX ? rxPayload : txPayload;
    }
}
