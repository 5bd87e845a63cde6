package bwmon.aggregator.alert;

import java.util.List;

import bwmon.cli.Rule;
import com.google.re2j.Pattern;

/** What a notification watches. */
public sealed interface Subject {

    /** All that moved, together: named or not, grouped or not. */
    record Everything() implements Subject {}

    /**
     * An application of that name: of the configuration, or else one that came to its name in another way (an executable,
     * a unit, a container, a pipe).
     */
    record OfApplication(String name) implements Subject {}

    /** Each process, or other owner, that matches all these rules; each by itself. */
    record EachOwner(List<Rule> rules) implements Subject {
        public EachOwner {
            rules = List.copyOf(rules);
        }
    }

    /**
     * Each application whose name has a match of the expression, each by itself; one that stands for itself is searched by
     * its command line. This is bwmon 1.x's {@code process_filter}.
     */
    record EachApplication(Pattern pattern) implements Subject {}
}
