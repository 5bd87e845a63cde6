package bwmon.aggregator.delivery;

/** A way by which people are told. */
public enum Way {
    /** A command is run. */
    COMMAND("command"),
    /** The JSON object is posted. */
    WEBHOOK("webhook"),
    /** The line goes to journald or syslog. */
    SYSTEM_LOG("system log");

    private final String label;

    Way(String label) {
        this.label = label;
    }

    /** The name in the log. */
    public String label() {
        return label;
    }
}
