package bwmon.cli;

import org.jspecify.annotations.Nullable;

/** Ends a program with a message for a person, naming cause and remedy, and an exit code; never with a stack trace. */
public final class ProgramException extends Exception {
    private static final long serialVersionUID = 1;

    /** Why a program ends early; the codes follow sysexits.h. */
    public enum Kind {
        /** Failed while running. */
        FAILURE(1),
        /** The command line is wrong. */
        USAGE(2),
        /** Something that is needed is missing (EX_UNAVAILABLE). */
        MISSING(69),
        /** Not permitted; the message names the capability and the way to get it (EX_NOPERM). */
        NOT_PERMITTED(77),
        /** A configuration file is wrong; the message begins with file:line (EX_CONFIG). */
        CONFIGURATION(78);

        private final int exitCode;

        Kind(int exitCode) {
            this.exitCode = exitCode;
        }

        /** The program's exit code. */
        public int exitCode() {
            return exitCode;
        }
    }

    private final Kind kind;

    /**
     * An error without a cause worth showing.
     *
     * @param message one or more lines, without the program's name and without a full stop
     */
    public ProgramException(Kind kind, String message) {
        this(kind, message, null);
    }

    /** An error whose message already says what the cause says. */
    public ProgramException(Kind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    /** Why the program ends. */
    public Kind kind() {
        return kind;
    }
}
