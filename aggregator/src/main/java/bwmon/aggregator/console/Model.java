package bwmon.aggregator.console;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import bwmon.aggregator.usage.Amount;
import bwmon.aggregator.usage.Application;
import bwmon.aggregator.usage.Charge;
import bwmon.aggregator.usage.Layer;
import bwmon.aggregator.usage.Picture;
import bwmon.aggregator.usage.Snapshot;
import bwmon.cli.Account;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Owner;

/**
 * Keeps what each application, and each owner within it, moved in the last interval, since the start, and in the last
 * minutes. Bounded: where there are too many, those that move nothing and moved least are folded into others, so that no
 * sum is ever lost. Bytes without a named owner are in the balance alone, unless a rule puts them into an application.
 * For one thread at a time.
 */
public final class Model {
    /** So many applications are told apart. */
    public static final int MAX_APPLICATIONS = 1024;
    /** So many owners are told apart, in all applications together. */
    public static final int MAX_OWNERS = 4096;

    private static final Owner OTHERS = new Owner.Others();

    private final Layer layer;
    private final int maxApplications;
    private final int maxOwners;
    private final Map<Application, Group> groups = new LinkedHashMap<>();
    private Account account = Account.NOTHING;
    private Account since = Account.NOTHING;
    private Duration interval = Duration.ZERO;
    private int owners;

    /** Figures of one owner or of an application. */
    private static final class Tally {
        private ByteCounts last = ByteCounts.ZERO;
        private ByteCounts total = ByteCounts.ZERO;
        private final RecentBytes recent = new RecentBytes();

        void add(Charge charge, long endNanos, Layer layer) {
            last = last.plus(charge.counts());
            total = total.plus(charge.counts());
            recent.add(endNanos, charge.interval().toNanos(), Amount.TOTAL.of(charge.counts(), layer));
        }

        void add(Tally other) {
            last = last.plus(other.last);
            total = total.plus(other.total);
            recent.add(other.recent);
        }

        Board.Moved until(long nanos) {
            return new Board.Moved(last, total, recent.until(nanos));
        }
    }

    private static final class Group {
        private final Application application;
        private final Tally tally = new Tally();
        private final Map<Object, Member> members = new LinkedHashMap<>();

        Group(Application application) {
            this.application = application;
        }
    }

    private static final class Member {
        private Owner owner;
        private final Tally tally = new Tally();

        Member(Owner owner) {
            this.owner = owner;
        }
    }

    /**
     * A model that has seen nothing.
     *
     * @param layer the bytes that the last minutes are shown of
     */
    public Model(Layer layer) {
        this(layer, MAX_APPLICATIONS, MAX_OWNERS);
    }

    Model(Layer layer, int maxApplications, int maxOwners) {
        this.layer = layer;
        this.maxApplications = maxApplications;
        this.maxOwners = maxOwners;
    }

    /** The bytes that are shown first. */
    Layer layer() {
        return layer;
    }

    /**
     * One interval.
     *
     * @param joined whether it is shown as one with the interval before
     * @throws ArithmeticException if a sum overflows 63 bits
     */
    Board next(Picture picture, boolean joined) {
        Snapshot snapshot = picture.snapshot();
        var moved = new Account(snapshot.balance(), snapshot.leftOut().excluded(), snapshot.leftOut().duplicate());
        since = since.then(moved);
        account = joined ? account.then(moved) : moved;
        if (!joined) {
            groups.values().forEach(group -> {
                group.tally.last = ByteCounts.ZERO;
                group.members.values().forEach(member -> member.tally.last = ByteCounts.ZERO);
            });
        }
        Duration longest = snapshot.interval();
        for (Charge charge : snapshot.charges()) {
            if (charge.isNobodys()) {
                continue;
            }
            longest = charge.interval().compareTo(longest) > 0 ? charge.interval() : longest;
            book(charge, snapshot.nanos());
        }
        interval = joined ? interval.plus(longest) : longest;
        foldApplications();
        foldOwners();
        return board(picture);
    }

    private void book(Charge charge, long nanos) {
        Group group = groups.computeIfAbsent(charge.application(), Group::new);
        group.tally.add(charge, nanos, layer);
        Member member = member(group, charge.owner());
        member.owner = charge.owner();
        member.tally.add(charge, nanos, layer);
    }

    private Member member(Group group, Owner owner) {
        return group.members.computeIfAbsent(Board.Member.key(owner), _ -> {
            owners++;
            return new Member(owner);
        });
    }

    /** By a quarter, so that this is not done over again at each interval. Those of the configuration go last. */
    private void foldApplications() {
        if (groups.size() <= maxApplications) {
            return;
        }
        List<Group> leastFirst = groups.values().stream()
                .filter(group -> !group.application.equals(Application.OTHERS))
                .sorted(Comparator.comparing((Group group) -> group.application.basis() == Application.Basis.RULE)
                        .thenComparing(group -> group.tally, leastFirst()))
                .limit(groups.size() - maxApplications + maxApplications / 4L).toList();
        Group others = groups.computeIfAbsent(Application.OTHERS, Group::new);
        for (Group group : leastFirst) {
            groups.remove(group.application);
            others.tally.add(group.tally);
            owners -= group.members.size();
            group.members.values().forEach(member -> member(others, OTHERS).tally.add(member.tally));
        }
    }

    private record Place(Group group, Object key, Member member) {}

    private void foldOwners() {
        if (owners <= maxOwners) {
            return;
        }
        var places = new ArrayList<Place>();
        groups.values().forEach(group -> group.members.forEach((key, member) -> {
            if (!key.equals(OTHERS)) {
                places.add(new Place(group, key, member));
            }
        }));
        places.sort(Comparator.comparing(place -> place.member.tally, leastFirst()));
        for (Place place : places.subList(0, Math.min(places.size(), owners - maxOwners + maxOwners / 4))) {
            place.group.members.remove(place.key);
            owners--;
            member(place.group, OTHERS).tally.add(place.member.tally);
        }
    }

    private Comparator<Tally> leastFirst() {
        return Comparator.comparingDouble((Tally tally) -> bytes(tally.last))
                .thenComparingDouble(tally -> bytes(tally.total));
    }

    /** What is unknown in one layer may be known in the other, which is the best guess. */
    private double bytes(ByteCounts counts) {
        Layer other = layer == Layer.IP ? Layer.PAYLOAD : Layer.IP;
        return Amount.TOTAL.of(counts, layer).orElse(Amount.TOTAL.of(counts, other).orElse(0));
    }

    private Board board(Picture picture) {
        Snapshot snapshot = picture.snapshot();
        var rows = new ArrayList<Board.Group>(groups.size());
        for (Group group : groups.values()) {
            List<Board.Member> members = group.members.values().stream()
                    .map(member -> new Board.Member(member.owner, member.tally.until(snapshot.nanos()))).toList();
            rows.add(new Board.Group(group.application, group.tally.until(snapshot.nanos()), members));
        }
        return new Board(snapshot.at(), interval, rows, account, since, picture.inForce(), snapshot.failures(),
                snapshot.notices());
    }
}
