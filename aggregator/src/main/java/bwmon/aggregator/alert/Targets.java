package bwmon.aggregator.alert;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import bwmon.aggregator.usage.Application;
import bwmon.aggregator.usage.Application.Basis;
import bwmon.cli.OwnerCache;
import bwmon.cli.Rule;
import bwmon.traffic.Owner;
import com.google.re2j.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which notifications an owner in an application concerns. Found once for each that is seen, and remembered as long as the
 * {@link OwnerCache} has room.
 */
final class Targets {
    /** So many characters of a name are kept and told; command lines can be megabytes long. */
    static final int MAX_NAME = 1024;
    private static final Target[] NONE = {};

    private final List<Lookout> lookouts;
    private final Set<String> applications;
    private final OwnerCache<Known> cache;

    /**
     * What is watched by itself.
     *
     * @param identity what tells it from the others
     * @param name what it is called
     */
    private record Identity(String identity, String name) {
        /** The only one of a notification. */
        static final Identity ONLY = new Identity(Lookout.ONLY, "");

        /** A process is the same with another command line, and another one with the same. */
        Identity(Owner owner) {
            this(owner instanceof Owner.Process process
                    ? "process:" + process.id().pid() + ":" + process.id().startTicks()
                    : owner.kind() + ":" + bounded(owner.command()), cut(owner.command()));
        }

        Identity(Application application) {
            this(application.basis() + ":" + bounded(application.name()), cut(application.name()));
        }

        /** An executable's name is whatever a process says in its command line, and that may be long. */
        private static String bounded(String name) {
            return name.length() <= MAX_NAME ? name : cut(name) + "#" + name.hashCode();
        }
    }

    /** The targets of one owner: a list, mostly of one, with an entry for each application it has charges in. */
    private static final class Known {
        private @Nullable Application application;
        private Target[] targets = NONE;
        private @Nullable Known next;
    }

    /**
     * The targets within lookouts.
     *
     * @param lookouts those that watch everything are left out here: it does not depend on the owner
     * @param applications names of the configuration's applications
     */
    Targets(List<Lookout> lookouts, Set<String> applications) {
        this.lookouts = lookouts.stream()
                .filter(lookout -> !(lookout.notification().subject() instanceof Subject.Everything)).toList();
        this.applications = Set.copyOf(applications);
        this.cache = new OwnerCache<>(OwnerCache.MAX_OWNERS, _ -> new Known());
    }

    /** Where the owner's bytes in the application go. */
    Target[] of(Owner owner, Application application) {
        Known known = cache.get(owner);
        while (known.application != null) {
            if (known.application.equals(application)) {
                return known.targets;
            }
            if (known.next == null) {
                known.next = new Known();
            }
            known = known.next;
        }
        known.application = application;
        known.targets = find(owner, application);
        return known.targets;
    }

    private Target[] find(Owner owner, Application application) {
        var targets = new ArrayList<Target>();
        var itself = new Identity(owner);
        var group = new Identity(application);
        for (Lookout lookout : lookouts) {
            Identity found = switch (lookout.notification().subject()) {
                case Subject.Everything _ -> null;
                case Subject.OfApplication(String name) -> isNamed(name, owner, application) ? Identity.ONLY : null;
                case Subject.EachOwner(List<Rule> rules) -> isOne(owner) && matches(rules, owner) ? itself : null;
                case Subject.EachApplication(Pattern pattern) when application.isGroup() ->
                    isFound(pattern, application.name()) ? group : null;
                case Subject.EachApplication(Pattern pattern) ->
                    isOne(owner) && isFound(pattern, owner.command()) ? itself : null;
            };
            if (found != null) {
                targets.add(new Target(lookout, found.identity, found.name));
            }
        }
        return targets.isEmpty() ? NONE : targets.toArray(NONE);
    }

    private boolean isNamed(String name, Owner owner, Application application) {
        if (applications.contains(name)) {
            return application.basis() == Basis.RULE && application.name().equals(name);
        }
        // One of too many to be shown has a name all the same.
        return application.basis() == Basis.OTHERS
                ? owner.command().equals(name) || owner.name().equals(name)
                : application.name().equals(name);
    }

    /** Whether the owner is somebody. */
    private static boolean isOne(Owner owner) {
        return !(owner instanceof Owner.Unattributed || owner instanceof Owner.Others);
    }

    private static boolean matches(List<Rule> rules, Owner owner) {
        for (Rule rule : rules) {
            if (!rule.matches(owner)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isFound(Pattern pattern, String text) {
        return pattern.matcher(text.length() <= Rule.MAX_SEARCHED ? text : text.substring(0, Rule.MAX_SEARCHED))
                .find();
    }

    private static String cut(String name) {
        if (name.length() <= MAX_NAME) {
            return name;
        }
        // Not through the middle of a character.
        return name.substring(0, Character.isHighSurrogate(name.charAt(MAX_NAME - 1)) ? MAX_NAME - 1 : MAX_NAME);
    }
}
