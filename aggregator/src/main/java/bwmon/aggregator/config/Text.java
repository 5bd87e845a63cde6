package bwmon.aggregator.config;

import bwmon.cli.ProgramException;
import bwmon.cli.Settings;
import bwmon.cli.Terminal;

/** Texts that go on screens, into the environment and into the arguments of commands. */
final class Text {
    /** Also keeps a notification's JSON object within what a pipe holds. */
    static final int MAX_NAME = 255;

    static final String EXPECTED = "expected a name of 1 to " + MAX_NAME + " printable characters";

    private Text() {}

    /** Refuses a name that is empty, too long, or not printable on one line. */
    static void check(Settings section, String name) throws ProgramException {
        if (!isName(name)) {
            throw section.error(EXPECTED);
        }
    }

    static boolean isName(String name) {
        return !name.isBlank() && name.length() <= MAX_NAME && Terminal.printable(name).equals(name);
    }
}
