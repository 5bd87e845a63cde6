package bwmon.aggregator.console;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

import bwmon.aggregator.usage.Application;
import bwmon.aggregator.usage.Charge;
import bwmon.aggregator.usage.Layer;
import bwmon.aggregator.usage.Snapshot;
import bwmon.traffic.Balance;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Owner;
import org.junit.jupiter.api.Test;

import static bwmon.aggregator.Samples.AT;
import static bwmon.aggregator.Samples.SECOND;
import static bwmon.aggregator.Samples.charge;
import static bwmon.aggregator.Samples.payload;
import static bwmon.aggregator.Samples.picture;
import static bwmon.aggregator.Samples.process;
import static bwmon.aggregator.Samples.snapshot;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class PlainViewTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PlainView view = new PlainView(new PrintStream(bytes, false, StandardCharsets.UTF_8), Layer.PAYLOAD);

    private String show(Snapshot... snapshots) {
        for (Snapshot snapshot : snapshots) {
            assertTrue(view.show(picture(snapshot)));
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void linesAreThoseOfBwmon1AndWhatMovedMostComesFirst() {
        assertEquals("""
                      0.00 KiB /    4096.00 KiB -- scp
                   1000.00 KiB /      10.50 KiB -- curl -s x
                      0.50 KiB /       0.51 KiB -- b
                """, show(snapshot(1, charge(process(1, "curl -s x"), 1_024_000, 10_752),
                charge(process(2, "scp"), 0, 4_194_304), charge(process(3, "a"), 512, 512),
                charge(process(4, "b"), 512, 520))));
    }

    @Test
    void ownersOfOneApplicationAreOneLine() {
        Owner one = process(1, "nginx: worker");
        Owner other = process(2, "nginx: master");
        var web = new Application("web", Application.Basis.RULE);

        assertEquals("      2.00 KiB /       4.00 KiB -- web\n",
                show(snapshot(1, charge(one, web, 1024, 2048), charge(other, web, 1024, 2048))));
    }

    @Test
    void anEmptyIntervalSaysSoAndBlocksAreApart() {
        assertEquals("# no traffic in this interval\n\n      2.00 KiB /       0.00 KiB -- a\n",
                show(snapshot(1, charge(process(1, "a"), 10, 10)), snapshot(2, charge(process(1, "a"), 2048, 0))));
    }

    @Test
    void whereASourceFailedTheSilenceIsNotTakenForTraffic() {
        assertEquals("# no traffic in this interval that could be seen\n# sock_diag could not tell: gone\n",
                show(snapshot(1, List.of(),
                        List.of(new Snapshot.SourceFailure("sock_diag", "gone", 1)))));
    }

    @Test
    void whatBwmon1DidNotTellIsOnLinesOfAnotherKind() {
        var nobody = new Owner.Unattributed(Owner.Cause.EXITED);
        var charges = List.of(charge(process(1, "a"), 4096, 0), charge(nobody, 2048, 10));
        var snapshot = new Snapshot(AT, 1, SECOND, charges,
                new Balance(Map.of(), payload(4096, 0), Map.of(Owner.Cause.EXITED, payload(2048, 10)), 3),
                new Snapshot.LeftOut(payload(1024, 0), payload(0, 1024)),
                List.of(new Snapshot.SourceFailure("conn\033track", "gone\n", 1)), List.of());
        assertEquals("""
                      4.00 KiB /       0.00 KiB -- a
                #       2.00 KiB /       0.01 KiB == unattributed: exited
                #       1.00 KiB /       0.00 KiB == left out by the filters
                #       0.00 KiB /       1.00 KiB == left out: other ends of own pipes
                # 3 events lost
                # conn?track could not tell: gone?
                """, show(snapshot));
    }

    @Test
    void whatIsNotKnownIsNotZero() {
        assertEquals("         ? KiB /          ? KiB -- ping\n", show(snapshot(1,
                new Charge("conntrack", process(1, "ping"), new Application("ping", Application.Basis.ITSELF), SECOND,
                        ByteCounts.ofIp(84, 84, 1, 1)))));
    }

    @Test
    void aHostileCommandLineIsOneHarmlessLine() {
        String found = show(snapshot(1, charge(
                process(1, "x\033]0;owned\007\033[2J\n  9.99 KiB / 9.99 KiB -- root\r\u009b1m\u202e\u2066"), 4096, 0)));

        assertEquals("      4.00 KiB /       0.00 KiB -- x?]0;owned??[2J?  9.99 KiB / 9.99 KiB -- root??1m??\n", found);
    }

    @Test
    void aReaderThatIsGoneEndsTheView() {
        var closed = new PrintStream(new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("Broken pipe");
            }
        });

        assertFalse(new PlainView(closed, Layer.PAYLOAD).show(picture(snapshot(1))));
    }
}
