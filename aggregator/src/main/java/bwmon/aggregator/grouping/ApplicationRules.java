package bwmon.aggregator.grouping;

import java.util.List;

/**
 * What makes an owner part of an application: any one of the rules.
 *
 * @param name the application's name
 * @param rules one or more
 */
public record ApplicationRules(String name, List<Match> rules) {
    public ApplicationRules {
        rules = List.copyOf(rules);
    }
}
