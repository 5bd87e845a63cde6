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
        for (Lookout lookout : lookouts) {
            Target target = switch (lookout.notification().subject()) {
                case Subject.Everything _ -> null;
                case Subject.OfApplication(String name) ->
                    isNamed(name, owner, application) ? new Target(lookout, Lookout.ONLY, name) : null;
                case Subject.EachOwner(List<Rule> rules) ->
                    isOne(owner) && matches(rules, owner) ? itself(lookout, owner) : null;
                case Subject.EachApplication(Pattern pattern) -> each(lookout, pattern, owner, application);
            };
            if (target != null) {
                targets.add(target);
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

    private static @Nullable Target each(Lookout lookout, Pattern pattern, Owner owner, Application application) {
        if (application.isGroup()) {
            return isFound(pattern, application.name())
                    ? new Target(lookout, application.basis() + ":" + application.name(), cut(application.name()))
                    : null;
        }
        return isOne(owner) && isFound(pattern, owner.command()) ? itself(lookout, owner) : null;
    }

    private static boolean isFound(Pattern pattern, String text) {
        return pattern.matcher(text.length() <= Rule.MAX_SEARCHED ? text : text.substring(0, Rule.MAX_SEARCHED))
                .find();
    }

    private static Target itself(Lookout lookout, Owner owner) {
        // A process is the same with another command line, and another one with the same.
        String identity = owner instanceof Owner.Process process
                ? "process:" + process.id().pid() + ":" + process.id().startTicks()
                : owner.kind() + ":" + owner.command();
        return new Target(lookout, identity, cut(owner.command()));
    }

    private static String cut(String name) {
        if (name.length() <= MAX_NAME) {
            return name;
        }
        // Not through the middle of a character.
        return name.substring(0, Character.isHighSurrogate(name.charAt(MAX_NAME - 1)) ? MAX_NAME - 1 : MAX_NAME);
    }
}
