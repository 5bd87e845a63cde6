package bwmon.monitor.conntrack;

import java.util.HashSet;
import java.util.List;

import bwmon.monitor.trial.NetworkNamespace;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The real table, in a namespace of our own. */
@Timeout(120)
class ConntrackTableIT {
    private static final int ENTRIES = 100_000;

    @Test
    void aHundredThousandConnectionsAreReadWholeAndAgain() throws Exception {
        try (var namespace = NetworkNamespace.open()) {
            namespace.exec("sysctl", "-qw", "net.netfilter.nf_conntrack_acct=1",
                    "net.netfilter.nf_conntrack_timestamp=1");
            namespace.call(() -> {
                ConnectionMaker.fill(ENTRIES);
                try (var table = ConntrackTable.open()) {
                    isWhole(table.dump());
                    isWhole(table.dump());
                }
                return null;
            });
        }
    }

    private static void isWhole(List<Connection> dump) {
        var different = new HashSet<Connection.Key>();
        for (Connection connection : dump) {
            different.add(connection.key());
            assertTrue(connection.isCounted());
            assertEquals(TcpState.ESTABLISHED, connection.tcpState());
        }
        assertEquals(ENTRIES, different.size());
    }
}
