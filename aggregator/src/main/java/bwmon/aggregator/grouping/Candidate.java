package bwmon.aggregator.grouping;

import java.util.List;
import java.util.function.Function;

import bwmon.aggregator.usage.Application;
import bwmon.traffic.Flow;

/**
 * What is left of a rule once its part over owners is known to hold: those of an owner's flows that belong to an application.
 *
 * @param rules all of them have to hold; one or more
 * @param application to which the flow then belongs
 */
record Candidate(List<FlowRule> rules, Application application) {
    boolean matches(Flow flow, Function<Flow, TrafficClass> classOf) {
        for (FlowRule rule : rules) {
            if (!rule.matches(flow, classOf)) {
                return false;
            }
        }
        return true;
    }
}
