package bwmon.aggregator.usage;

/**
 * Owners that are looked at together.
 *
 * @param name its name in the configuration; of the executable, unit or container; or of the owner itself
 * @param basis how it came to its name; equal names of different bases are different applications
 */
public record Application(String name, Basis basis) {
    /** Where those owners are counted that stand for themselves and are too many to be told apart. */
    public static final Application OTHERS = new Application("others", Basis.OTHERS);

    /** What put an owner into an application. */
    public enum Basis {
        /** A rule of the configuration. */
        RULE,
        /** The name of the executable. */
        EXECUTABLE,
        /** The systemd unit. */
        UNIT,
        /** The container. */
        CONTAINER,
        /** Nothing: the owner stands for itself. */
        ITSELF,
        /** Nothing, and there are too many such owners. */
        OTHERS
    }

    /** Whether anything grouped the owner, be it alone in its group. */
    public boolean isGroup() {
        return basis != Basis.ITSELF && basis != Basis.OTHERS;
    }
}
