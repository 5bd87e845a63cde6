package bwmon.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;
import bwmon.traffic.Owner;

/** Whether it adds up, in the columns of the rows above; in small windows in fewer lines. */
public final class LiveBalance {
    private final Account account;
    private final Grid grid;
    private final Scale scale;
    private final Paint paint;

    /** The balance of that account, in the columns of that grid. */
    public LiveBalance(Account account, Grid grid, Scale scale, Paint paint) {
        this.account = account;
        this.grid = grid;
        this.scale = scale;
        this.paint = paint;
    }

    /**
     * The lines of the balance.
     *
     * @param max how many at most, 1 or more
     */
    public List<String> lines(int max) {
        List<String> lines = all(true);
        if (lines.size() > max) {
            lines = all(false);
        }
        return lines.size() > max ? List.of(one()) : lines;
    }

    private List<String> all(boolean eachCause) {
        var lines = new ArrayList<String>();
        lines.add(grid.line("", "", account.balance().named(), "named"));
        Map<Owner.Cause, ByteCounts> unattributed = account.balance().unattributed();
        if (eachCause) {
            unattributed.forEach(
                    (cause, counts) -> lines.add(grid.line("", "", counts, "unattributed: " + cause.label())));
        } else if (!unattributed.isEmpty()) {
            lines.add(grid.line("", "", account.unattributed(), "unattributed: "
                    + String.join(", ", unattributed.keySet().stream().map(Owner.Cause::label).toList())));
        }
        if (!account.excluded().isNothing()) {
            lines.add(grid.line("", "", account.excluded(), "left out by the filters"));
        }
        if (!account.duplicate().isNothing()) {
            lines.add(grid.line("", "", account.duplicate(), "left out: other ends of own pipes"));
        }
        if (!account.balance().elsewhere().isNothing()) {
            lines.add(grid.line("", "", account.balance().elsewhere(), "of these in other network namespaces"));
        }
        if (!account.balance().interfaces().isEmpty()) {
            lines.add(grid.line("", "", account.interfaces(),
                    "interfaces: " + String.join(", ", account.balance().interfaces().keySet())));
            lines.add(difference());
        }
        if (account.balance().lostEvents() > 0) {
            lines.add(paint.yellow(grid.remark(lost())));
        }
        return lines;
    }

    private String lost() {
        return account.balance().lostEvents() + " events lost";
    }

    private String difference() {
        OptionalLong rx = account.difference(Direction.RX);
        OptionalLong tx = account.difference(Direction.TX);
        ByteCounts segmentation = account.balance().segmentation();
        String line = grid.line(rx, tx, segmentation.isNothing()
                ? "difference"
                : "difference, segmentation "
                        + both(segmentation.bytes(Direction.RX), segmentation.bytes(Direction.TX)));
        return isLarge(Direction.RX) || isLarge(Direction.TX) ? paint.yellow(line) : line;
    }

    /** Whether more than a hundredth has no account, and segmentation does not explain it. */
    private boolean isLarge(Direction direction) {
        OptionalLong difference = account.difference(direction);
        if (difference.isEmpty()) {
            return false;
        }
        // What is charged for segmentation may be missing from the interfaces, so that the difference is below 0.
        long unexplained = difference.getAsLong() < 0
                ? -difference.getAsLong() - account.balance().segmentation().bytes(direction).orElse(0)
                : difference.getAsLong();
        return unexplained > account.interfaces().bytes(direction).orElse(0) / 100;
    }

    private String both(OptionalLong rx, OptionalLong tx) {
        return scale.bytes(rx) + " / " + scale.bytes(tx);
    }

    /** Everything in one line, as far as it is wide. */
    private String one() {
        var text = new StringBuilder("named");
        if (account.balance().lostEvents() > 0) {
            text.append(", ").append(lost());
        }
        if (!account.balance().unattributed().isEmpty()) {
            ByteCounts counts = account.unattributed();
            text.append(", unattributed ").append(both(counts.bytes(Direction.RX), counts.bytes(Direction.TX)));
        }
        if (!account.balance().interfaces().isEmpty()) {
            text.append(", difference ")
                    .append(both(account.difference(Direction.RX), account.difference(Direction.TX)));
        }
        return grid.line("", "", account.balance().named(), text.toString());
    }
}
