package bwmon.aggregator;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import bwmon.aggregator.usage.Application;
import bwmon.aggregator.usage.Charge;
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

    private Samples() {}

    /** A process whose name is its executable's. */
    public static Owner.Process process(int pid, String command) {
        String word = command.split(" ", 2)[0];
        String name = word.substring(word.lastIndexOf('/') + 1);
        return new Owner.Process(new Owner.ProcessId(pid, 100L + pid), name, command, "root", "/", null);
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
        return new Charge("sock_diag", owner, SECOND, payload(rx, tx));
    }

    /** A snapshot of one second that ends at that monotonic second; every owner stands for itself. */
    public static Snapshot snapshot(long second, Charge... charges) {
        var applications = new HashMap<Owner, Application>();
        for (Charge charge : charges) {
            applications.put(charge.owner(), new Application(charge.owner().command(), Application.Basis.ITSELF));
        }
        return snapshot(second, applications, List.of(charges), List.of());
    }

    public static Snapshot snapshot(long second, Map<Owner, Application> applications, List<Charge> charges,
            List<Snapshot.SourceFailure> failures) {
        var usages = new ArrayList<Usage>();
        charges.forEach(charge -> usages.add(new Usage(charge.owner(), null, charge.counts())));
        return new Snapshot(AT.plusSeconds(second - 1), second * 1_000_000_000L, SECOND, charges, applications,
                Balance.of(Map.of(), usages, ByteCounts.ZERO, 0), Snapshot.LeftOut.NOTHING, failures, List.of());
    }
}
