package bwmon.aggregator;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import bwmon.aggregator.usage.Application;
import bwmon.aggregator.usage.Charge;
import bwmon.aggregator.usage.Grouping;
import bwmon.aggregator.usage.Picture;
import bwmon.aggregator.usage.Snapshot;
import bwmon.traffic.Balance;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Flow;
import bwmon.traffic.Owner;
import bwmon.traffic.Protocol;
import bwmon.traffic.Usage;

/** Values that tests of several rooms need. */
public final class Samples {
    /** 10:00:01 in UTC. */
    public static final Instant AT = Instant.parse("2026-11-21T10:00:01Z");
    public static final Duration SECOND = Duration.ofSeconds(1);

    /** Every owner for itself. */
    public static final Grouping ITSELF = (owner, flow) -> new Application(owner.command(), Application.Basis.ITSELF);

    private Samples() {}

    /** A process whose name is its executable's. */
    public static Owner.Process process(int pid, String command) {
        String word = command.split(" ", 2)[0];
        String name = word.substring(word.lastIndexOf('/') + 1);
        return new Owner.Process(new Owner.ProcessId(pid, 100L + pid), name, command, "root", "/", null, null);
    }

    /** An IPv4 endpoint such as {@code 192.0.2.1:80}. */
    public static Endpoint endpoint(String text) {
        String[] parts = text.split("[.:]", 5);
        var address = new byte[4];
        for (int i = 0; i < 4; i++) {
            address[i] = (byte) Integer.parseInt(parts[i]);
        }
        return Endpoint.of(address, Integer.parseInt(parts[4]));
    }

    public static Flow tcp(String local, String remote) {
        return new Flow(Protocol.TCP, endpoint(local), endpoint(remote));
    }

    public static ByteCounts payload(long rx, long tx) {
        return ByteCounts.ofPayload(rx, tx);
    }

    public static Charge charge(Owner owner, long rx, long tx) {
        return charge(owner, ITSELF.group(owner, null), rx, tx);
    }

    public static Charge charge(Owner owner, Application application, long rx, long tx) {
        return new Charge("sock_diag", owner, application, SECOND, payload(rx, tx));
    }

    /** A snapshot of one second that ends at that monotonic second; every owner stands for itself. */
    public static Snapshot snapshot(long second, Charge... charges) {
        return snapshot(second, List.of(charges), List.of());
    }

    public static Snapshot snapshot(long second, List<Charge> charges, List<Snapshot.SourceFailure> failures) {
        var usages = new ArrayList<Usage>();
        charges.forEach(charge -> usages.add(new Usage(charge.owner(), null, charge.counts())));
        return new Snapshot(AT.plusSeconds(second - 1), second * 1_000_000_000L, SECOND, charges,
                Balance.of(Map.of(), usages, ByteCounts.ZERO, 0), Snapshot.LeftOut.NOTHING, failures, List.of());
    }

    /** What views show of a snapshot without alerts. */
    public static Picture picture(Snapshot snapshot) {
        return new Picture(snapshot, List.of(), List.of());
    }
}
