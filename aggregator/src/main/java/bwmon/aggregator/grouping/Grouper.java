package bwmon.aggregator.grouping;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;

import bwmon.aggregator.usage.Application;
import bwmon.aggregator.usage.Application.Basis;
import bwmon.aggregator.usage.Grouping;
import bwmon.cli.OwnerCache;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Flow;
import bwmon.traffic.Owner;
import org.jspecify.annotations.Nullable;

/**
 * Puts owners into applications: the first application with a matching rule; else, where that is asked for, the process's
 * executable, unit or container; else the owner stands for itself, a process under its command line. What is unattributed
 * is in no application, whatever its flow: the balance wants its cause. Not safe for more than one thread.
 *
 * <p>Rules over owners are tried once for all processes that are described alike, and again when the description of one
 * changes (a title, execve(2)); it is remembered within the bounds of {@link OwnerCache}. Of a flow only those rules are
 * tried whose part over owners holds, and that come before the first that holds for every flow of the owner.
 */
public final class Grouper implements Grouping {
    /** So many different lists of candidates are shared between owners; then they are collected anew. */
    private static final int MAX_SHARED = 1024;

    private final List<ApplicationRules> applications;
    private final List<Application> named;
    private final Predicate<Endpoint> isOwn;
    private final Names names;
    private final OwnerCache<Decision> decisions;
    private final Map<List<Candidate>, List<Candidate>> shared = new HashMap<>();
    private final Function<Flow, TrafficClass> classOf = this::classOf;
    /** Of the flow that is being grouped, once a rule has asked for it: so it is worked out once, and never an old one. */
    private @Nullable TrafficClass currentClass;

    /**
     * What is known of an owner.
     *
     * @param candidates to be tried with each flow, in order; most often none
     * @param otherwise where everything else belongs
     */
    private record Decision(List<Candidate> candidates, Application otherwise) {}

    /**
     * A grouper that does not know which addresses are this host's: of flows between two of them it takes for loopback only
     * what goes to loopback addresses, and from an address to itself.
     *
     * @param applications in the order in which they are tried
     * @param autoGroup by what processes are grouped that no rule matches
     */
    public Grouper(List<ApplicationRules> applications, AutoGroup autoGroup) {
        this(applications, autoGroup, _ -> false);
    }

    /**
     * A grouper.
     *
     * @param applications in the order in which they are tried
     * @param autoGroup by what processes are grouped that no rule matches
     * @param isOwn whether an address is one of this host's, now; asked only for rules over classes of traffic
     */
    public Grouper(List<ApplicationRules> applications, AutoGroup autoGroup, Predicate<Endpoint> isOwn) {
        this(applications, autoGroup, isOwn, OwnerCache.MAX_OWNERS);
    }

    Grouper(List<ApplicationRules> applications, AutoGroup autoGroup, Predicate<Endpoint> isOwn, int maxOwners) {
        this.applications = List.copyOf(applications);
        this.named = this.applications.stream().map(a -> new Application(a.name(), Basis.RULE)).toList();
        this.isOwn = isOwn;
        this.names = new Names(autoGroup);
        this.decisions = new OwnerCache<>(maxOwners, this::decide);
    }

    @Override
    public Application group(Owner owner, @Nullable Flow flow) {
        Decision decision = decisions.get(Description.of(owner));
        if (flow != null) {
            currentClass = null;
            List<Candidate> candidates = decision.candidates;
            for (int i = 0; i < candidates.size(); i++) {
                Candidate candidate = candidates.get(i);
                if (candidate.matches(flow, classOf)) {
                    return candidate.application();
                }
            }
        }
        return decision.otherwise;
    }

    private TrafficClass classOf(Flow current) {
        TrafficClass known = currentClass;
        if (known == null) {
            known = TrafficClass.of(current, isOwn);
            currentClass = known;
        }
        return known;
    }

    private Decision decide(Owner owner) {
        var candidates = new ArrayList<Candidate>();
        if (!(owner instanceof Owner.Unattributed)) {
            for (int i = 0; i < named.size(); i++) {
                Application application = named.get(i);
                for (Match rule : applications.get(i).rules()) {
                    if (rule.mayMatch(owner)) {
                        if (rule.flow().isEmpty()) {
                            return decision(candidates, application);
                        }
                        candidates.add(new Candidate(rule.flow(), application));
                    }
                }
            }
        }
        return decision(candidates, names.of(owner));
    }

    private Decision decision(List<Candidate> candidates, Application otherwise) {
        // The last ones may only say the same as what holds without them.
        while (!candidates.isEmpty() && candidates.getLast().application().equals(otherwise)) {
            candidates.removeLast();
        }
        if (shared.size() >= MAX_SHARED) {
            shared.clear();
        }
        return new Decision(shared.computeIfAbsent(List.copyOf(candidates), list -> list), otherwise);
    }
}
