package bwmon.monitor.console;

import java.net.Inet6Address;

import bwmon.cli.Terminal;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Flow;

/** Subjects as one harmless line of text: control characters replaced, command lines cut. */
public final class Labels {
    /** So many characters of a command line are shown, as bwmon 1.x. */
    static final int MAX_COMMAND = 60;
    private static final String CUT = "...";

    private final Names names;

    /** Labels with those names of remote hosts. */
    public Labels(Names names) {
        this.names = names;
    }

    /** The subject's text. */
    public String of(Subject subject) {
        return switch (subject) {
            case Subject.Connection(var owner, var flow) -> of(flow) + " " + of(new Subject.Charged(owner));
            case Subject.Remote(var address) -> names.of(address).map(Terminal::printable).orElseGet(subject::label);
            case Subject.Charged _,Subject.Command _,Subject.Rest _ -> cut(Terminal.printable(subject.label()));
            default -> Terminal.printable(subject.label());
        };
    }

    /** Both ends of a flow. */
    public String of(Flow flow) {
        return flow.protocol().label() + " " + flow.local() + " -> " + remote(flow.remote());
    }

    /** An endpoint, by its name if it has one. */
    public String remote(Endpoint remote) {
        return names.of(remote.address()).map(name -> Terminal.printable(name) + ":" + remote.port())
                .orElseGet(() -> remote.isWildcard() && remote.port() == 0
                        ? remote.address() instanceof Inet6Address ? "[::]:*" : "0.0.0.0:*"
                        : remote.toString());
    }

    /** Cut so that the mark fits in, too. */
    static String cut(String command) {
        if (command.codePointCount(0, command.length()) <= MAX_COMMAND) {
            return command;
        }
        return command.substring(0, command.offsetByCodePoints(0, MAX_COMMAND - CUT.length())) + CUT;
    }
}
