package bwmon.monitor.console;

import java.util.ArrayList;
import java.util.List;

import bwmon.cli.Account;
import bwmon.cli.Terminal;
import bwmon.traffic.Balance;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;

/** The balance as lines for a person: interfaces = named + unattributed + left out - those of other network
 * namespaces + difference. */
public final class BalanceLines {

    private BalanceLines() {}

    /** The lines of the interval, or of all since the start, as the figures are. */
    public static List<String> of(Picture picture, Figures figures) {
        Account account = figures.amount() == Listing.Amount.LAST ? picture.account() : picture.since();
        Balance balance = account.balance();
        var lines = new ArrayList<String>();
        add(lines, figures, balance.named(), "all with a name");
        balance.unattributed()
                .forEach((cause, counts) -> add(lines, figures, counts, "unattributed: " + cause.label()));
        if (!account.leftOut().isNothing()) {
            add(lines, figures, account.leftOut(), "left out, as the options ask");
        }
        if (!balance.elsewhere().isNothing()) {
            add(lines, figures, balance.elsewhere(), "of these in other network namespaces");
        }
        if (!balance.interfaces().isEmpty()) {
            balance.interfaces().forEach((name, counts) -> {
                if (!counts.isNothing()) {
                    add(lines, figures, counts, "interface " + Terminal.printable(name));
                }
            });
            add(lines, figures, account.interfaces(), "all interfaces");
            lines.add(figures.both(account.difference(Direction.RX), account.difference(Direction.TX))
                    + " == difference: interfaces less what was charged");
        }
        if (!balance.segmentation().isNothing()) {
            add(lines, figures, balance.segmentation(), "charged for segmentation, which interfaces may not count");
        }
        if (balance.lostEvents() > 0) {
            lines.add(balance.lostEvents() + " events lost");
        }
        if (picture.failure() != null) {
            lines.add(picture.source() + " could not tell: " + Terminal.printable(picture.failure()));
        }
        return lines;
    }

    private static void add(List<String> lines, Figures figures, ByteCounts counts, String label) {
        lines.add(figures.both(counts) + " == " + label);
    }
}
