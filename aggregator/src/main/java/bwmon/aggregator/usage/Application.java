package bwmon.aggregator.usage;

/**
 * Owners that are looked at together.
 *
 * @param name its name in the configuration, of the executable, or of the owner itself
 * @param basis how it came to its name; equal names of different bases are different applications
 */
public record Application(String name, Basis basis) {

    /** What put an owner into an application. */
    public enum Basis {
        /** A rule of the configuration. */
        RULE,
        /** The name of the executable. */
        EXECUTABLE,
        /** Nothing: the owner stands for itself. */
        ITSELF
    }

    /** Whether anything grouped the owner, be it alone in its group. */
    public boolean isGroup() {
        return basis != Basis.ITSELF;
    }
}
