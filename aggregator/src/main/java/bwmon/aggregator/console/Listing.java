package bwmon.aggregator.console;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

import bwmon.aggregator.usage.Application;
import bwmon.traffic.Owner;
import org.jspecify.annotations.Nullable;

/** The rows of a board as a look has them: applications in order, below each that is open its owners. */
final class Listing {
    private static final Comparator<Board.Group> GROUPS_BY_NAME = Comparator
            .comparing((Board.Group group) -> group.application().name())
            .thenComparing(group -> group.application().basis());
    private static final Comparator<Board.Member> MEMBERS_BY_NAME = Comparator
            .comparing((Board.Member member) -> member.owner().command())
            .thenComparingInt(member -> pid(member.owner()))
            .thenComparing(member -> member.owner().toString());

    private Listing() {}

    /**
     * A row.
     *
     * @param member null in the row of an application
     */
    record Line(Board.Group group, Board.@Nullable Member member) {
        Key key() {
            return new Key(group.application(), member == null ? null : member.key());
        }

        Board.Moved moved() {
            return member == null ? group.moved() : member.moved();
        }
    }

    /** What stays the same of a row from interval to interval. */
    record Key(Application application, @Nullable Object owner) {}

    /** The rows. Of rates, those that moved something in the last minutes: a row that comes and goes cannot be read. */
    static List<Line> of(Board board, Look look) {
        var lines = new ArrayList<Line>();
        List<Board.Group> groups = board.groups().stream().filter(group -> isShown(group.moved(), look))
                .sorted(look.order().comparator((Board.Group group) -> group.moved().counts(look.isTotal()),
                        look.order()
                                .comparator(group -> group.moved().total(), GROUPS_BY_NAME)))
                .toList();
        for (Board.Group group : look.isReversed() ? groups.reversed() : groups) {
            lines.add(new Line(group, null));
            if (look.opens(group.application())) {
                members(group, look).forEach(member -> lines.add(new Line(group, member)));
            }
        }
        return lines;
    }

    private static List<Board.Member> members(Board.Group group, Look look) {
        List<Board.Member> members = group.members().stream().filter(member -> isShown(member.moved(), look))
                .sorted(look.order().comparator((Board.Member member) -> member.moved().counts(look.isTotal()), look
                        .order().comparator(member -> member.moved().total(), MEMBERS_BY_NAME)))
                .toList();
        return look.isReversed() ? members.reversed() : members;
    }

    private static boolean isShown(Board.Moved moved, Look look) {
        return look.isTotal() ? !moved.total().isNothing() : !moved.last().isNothing() || !moved.recent().isBlank();
    }

    private static int pid(Owner owner) {
        return owner instanceof Owner.Process process ? process.id().pid() : 0;
    }
}
