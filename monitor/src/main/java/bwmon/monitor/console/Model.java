package bwmon.monitor.console;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

import bwmon.cli.Account;
import bwmon.traffic.Balance;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Owner;
import bwmon.traffic.Report;
import bwmon.traffic.SocketStates;
import bwmon.traffic.Usage;
import org.jspecify.annotations.Nullable;

/**
 * Makes each interval's report into a picture, and keeps the totals. Pure but for the question whether a process lives.
 * For one thread at a time.
 */
public final class Model {
    /**
     * So many owners have rows of their own, some 300 bytes each: more than a host's processes, and what has ended is kept for
     * a while.
     */
    public static final int MAX_OWNERS = 16_384;
    /** So many flows, or remote addresses, have rows of their own. */
    public static final int MAX_FLOWS = 16_384;

    private final Selection selection;
    private final Map<Grouping, RowTable> tables = new EnumMap<>(Grouping.class);
    private Account since = Account.NOTHING;

    /**
     * A model that has seen nothing.
     *
     * @param groupings which rows pictures are to have; each costs time and memory by itself
     * @param selection what to leave out
     * @param lives whether a process is there still; asked on the thread that hands reports in, and only where rows become
     *     too many
     */
    public Model(Set<Grouping> groupings, Selection selection, Predicate<Owner.ProcessId> lives) {
        this(groupings, selection, lives, MAX_OWNERS, MAX_FLOWS);
    }

    Model(Set<Grouping> groupings, Selection selection, Predicate<Owner.ProcessId> lives, int maxOwners, int maxFlows) {
        this.selection = selection;
        for (Grouping grouping : groupings) {
            int max = switch (grouping) {
                case PROCESS, COMMAND, USER, CGROUP -> maxOwners;
                case REMOTE, CONNECTION, PROTOCOL, PORT -> maxFlows;
            };
            tables.put(grouping, new RowTable(grouping, max, lives));
        }
    }

    /**
     * What had moved before the start, as far as the source knows. It counts for totals, and neither for an interval nor for
     * the balance.
     */
    public Picture before(String source, List<Usage> usages, Instant at) {
        book(shown(usages), true);
        return picture(at, Duration.ZERO, true, source, Account.NOTHING, null, null);
    }

    /**
     * One interval.
     *
     * @param sockets the sockets at its end, if they are to be shown
     * @throws ArithmeticException if a sum overflows 63 bits
     */
    public Picture next(Report report, Instant at, @Nullable SocketStates sockets) {
        List<Usage> shown = shown(report.usages());
        ByteCounts leftOut = ByteCounts.ZERO;
        if (shown.size() < report.usages().size()) {
            for (Usage usage : report.usages()) {
                if (!selection.shows(usage)) {
                    leftOut = leftOut.plus(usage.counts());
                }
            }
        }
        book(shown, false);
        var account = new Account(
                Balance.of(report.interfaces(), shown, report.segmentation(), report.elsewhere(), report.lostEvents()),
                leftOut);
        since = since.then(account);
        return picture(at, report.interval(), false, report.source(), account, sockets, null);
    }

    /** An interval in which the source could not tell: its bytes come with the next report. */
    public Picture failed(String source, String message, Instant at) {
        book(List.of(), false);
        return picture(at, Duration.ZERO, false, source, Account.NOTHING, null, message);
    }

    private List<Usage> shown(List<Usage> usages) {
        var shown = new ArrayList<Usage>(usages.size());
        for (Usage usage : usages) {
            if (selection.shows(usage)) {
                shown.add(usage);
            }
        }
        return shown;
    }

    private void book(List<Usage> usages, boolean isBefore) {
        tables.values().forEach(table -> table.next(usages, isBefore));
    }

    private Picture picture(Instant at, Duration interval, boolean isBefore, String source, Account account,
            @Nullable SocketStates sockets, @Nullable String failure) {
        var rows = new EnumMap<Grouping, List<Row>>(Grouping.class);
        tables.forEach((grouping, table) -> rows.put(grouping, table.rows()));
        return new Picture(at, interval, isBefore, source, rows, account, since, selected(sockets), failure);
    }

    private @Nullable SocketStates selected(@Nullable SocketStates sockets) {
        return sockets == null
                ? null
                : new SocketStates(
                        sockets.sockets().stream().filter(s -> selection.shows(s.owner(), s.flow())).toList(),
                        sockets.tcpStates());
    }
}
