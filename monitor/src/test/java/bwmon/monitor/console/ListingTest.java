package bwmon.monitor.console;

import java.util.List;
import java.util.OptionalInt;

import bwmon.cli.Order;
import bwmon.monitor.console.Listing.Amount;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Usage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static bwmon.monitor.console.Samples.WEB;
import static bwmon.monitor.console.Samples.model;
import static bwmon.monitor.console.Samples.next;
import static bwmon.monitor.console.Samples.process;
import static bwmon.monitor.console.Samples.text;
import static bwmon.monitor.console.Samples.usage;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ListingTest {
    private static Picture picture() {
        Model model = model();
        next(model, usage(process(1, "a"), WEB, 100, 0));
        return next(model, usage(process(2, "b"), WEB, 30, 5), usage(process(3, "c"), WEB, 10, 50),
                new Usage(process(4, "d"), WEB, ByteCounts.ofPayload(20, 20)));
    }

    private static List<String> labels(Listing listing) {
        return listing.rows().stream().map(row -> row.subject().label()).toList();
    }

    @ParameterizedTest
    @CsvSource({"RX, LAST, b d c", "TX, LAST, c d b", "TOTAL, LAST, c d b", "NAME, LAST, b c d", "RX, TOTAL, a b d c",
            "NAME, TOTAL, a b c d"})
    void whatMovedIsSorted(Order order, Amount amount, String expected) {
        Listing listing = Listing.of(picture(), Grouping.PROCESS, amount, order, OptionalInt.empty());

        assertEquals(expected, String.join(" ", labels(listing)));
        assertEquals(0, listing.others());
    }

    @Test
    void theRestIsSummedUp() {
        Listing listing = Listing.of(picture(), Grouping.PROCESS, Amount.TOTAL, Order.RX, OptionalInt.of(3));

        assertEquals(List.of("a", "b", "d"), labels(listing));
        assertEquals(1, listing.others());
        assertEquals("10/50", text(listing.sumOfOthers()));
        Listing shorter = listing.cut(Amount.TOTAL, 1);
        assertEquals(3, shorter.others());
        assertEquals("-/-", text(shorter.sumOfOthers()), "one of them is not known");
        assertTrue(listing.cut(Amount.TOTAL, 0).rows().isEmpty());
    }
}
