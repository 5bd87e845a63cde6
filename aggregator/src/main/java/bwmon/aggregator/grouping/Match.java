package bwmon.aggregator.grouping;

import java.util.List;

import bwmon.cli.Rule;
import bwmon.traffic.Owner;

/**
 * What a rule of the configuration asks for; all of it has to be so.
 *
 * @param owner of the owner
 * @param flow of where the bytes went or came from; a flow that is not known is nowhere
 */
public record Match(List<Rule> owner, List<FlowRule> flow) {
    public Match {
        owner = List.copyOf(owner);
        flow = List.copyOf(flow);
        if (owner.isEmpty() && flow.isEmpty()) {
            throw new IllegalArgumentException("a rule that asks for nothing would match everything");
        }
    }

    /** A rule over owners alone. */
    public static Match of(Rule rule) {
        return new Match(List.of(rule), List.of());
    }

    /** Whether the owner is one that the rule may apply to; nobody is. */
    boolean mayMatch(Owner who) {
        if (who instanceof Owner.Unattributed) {
            return false;
        }
        for (Rule rule : owner) {
            if (!rule.matches(who)) {
                return false;
            }
        }
        return true;
    }
}
