package bwmon.aggregator.grouping;

import java.util.List;

import bwmon.aggregator.usage.Application;
import bwmon.aggregator.usage.Application.Basis;
import bwmon.aggregator.usage.Grouping;
import bwmon.cli.OwnerCache;
import bwmon.traffic.Flow;
import bwmon.traffic.Owner;
import org.jspecify.annotations.Nullable;

/**
 * Puts owners into applications: the first application with a matching rule; else, where that is asked for, the name of
 * the executable; else the owner stands for itself, a process under its command line. Not safe for more than one
 * thread.
 */
public final class Grouper implements Grouping {
    private final List<ApplicationRules> applications;
    private final AutoGroup autoGroup;
    private final OwnerCache<Application> cache;

    /**
     * A grouper.
     *
     * @param applications in the order in which they are tried
     * @param autoGroup by what processes are grouped that no rule matches
     */
    public Grouper(List<ApplicationRules> applications, AutoGroup autoGroup) {
        this(applications, autoGroup, OwnerCache.MAX_OWNERS);
    }

    Grouper(List<ApplicationRules> applications, AutoGroup autoGroup, int maxOwners) {
        this.applications = List.copyOf(applications);
        this.autoGroup = autoGroup;
        this.cache = new OwnerCache<>(maxOwners, this::find);
    }

    @Override
    public Application group(Owner owner, @Nullable Flow flow) {
        return cache.get(owner);
    }

    private Application find(Owner owner) {
        for (ApplicationRules application : applications) {
            for (Match rule : application.rules()) {
                if (rule.mayMatch(owner) && rule.matches(null)) {
                    return new Application(application.name(), Basis.RULE);
                }
            }
        }
        return switch (owner) {
            case Owner.Process process when autoGroup == AutoGroup.EXECUTABLE ->
                new Application(executable(process.command()), Basis.EXECUTABLE);
            case Owner.Process process -> new Application(process.command(), Basis.ITSELF);
            case Owner.Unattributed nobody -> new Application("unattributed: " + nobody.name(), Basis.ITSELF);
            case Owner.Pipe pipe -> new Application(pipe.name(), Basis.ITSELF);
            case Owner.Host _,Owner.QueueClass _,Owner.Others _ -> new Application(owner.name(), Basis.ITSELF);
        };
    }

    /**
     * The name of a command line's executable: the last part of the first word's path, as bwmon 1.x has it, without the
     * marks that programs put there: {@code -} before a login shell, {@code :} after a title ("nginx: worker").
     */
    static String executable(String command) {
        String word = command.strip();
        int blank = word.indexOf(' ');
        if (blank > 0) {
            word = word.substring(0, blank);
        }
        String name = word.substring(word.lastIndexOf('/') + 1);
        String bare = name.startsWith("-") ? name.substring(1) : name;
        bare = bare.endsWith(":") ? bare.substring(0, bare.length() - 1) : bare;
        return bare.isEmpty() ? word : bare;
    }
}
