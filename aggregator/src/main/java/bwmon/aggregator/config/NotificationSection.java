package bwmon.aggregator.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import bwmon.aggregator.alert.Condition;
import bwmon.aggregator.alert.Delivery;
import bwmon.aggregator.alert.Notification;
import bwmon.aggregator.alert.Subject;
import bwmon.aggregator.usage.Amount;
import bwmon.cli.ProgramException;
import bwmon.cli.Rule;
import bwmon.cli.Settings;
import org.jspecify.annotations.Nullable;

/** Reads the sections below {@code notifications}. */
final class NotificationSection {
    private static final Duration MAX_TIME_LIMIT = Duration.ofHours(1);
    private static final Duration MIN_REPEAT = Duration.ofSeconds(1);
    private static final List<String> KEYS = List.of("above", "application", "average-over", "clear-below", "command",
            "compare-early", "direction", "each", "everything", "no-traffic-for", "period", "process", "repeat-every",
            "reset-day", "system-log", "tell-resolved", "time-limit", "webhook");
    private static final String SUBJECTS = "expected one of application = NAME, process = RULE, each = \"REGEX\""
            + " and everything = true";

    private NotificationSection() {}

    /**
     * Reads all.
     *
     * @param known what may be watched; null for any name
     */
    static List<Notification> readAll(Settings file, @Nullable Set<String> known) throws ProgramException {
        var notifications = new ArrayList<Notification>();
        for (Map.Entry<String, Settings> entry : file.sections("notifications").entrySet()) {
            notifications.add(read(entry.getKey(), entry.getValue(), known));
        }
        return notifications;
    }

    private static Notification read(String label, Settings section, @Nullable Set<String> known)
            throws ProgramException {
        Text.check(section, label);
        section.only(KEYS);
        Subject subject = subject(section, known);
        Optional<Amount> direction = section.parsed("direction", NotificationSection::direction);
        Condition condition = ConditionSection.read(section);
        if (direction.isEmpty() && condition instanceof Condition.Rate) {
            throw section.error("direction", "is missing: expected rx (received), tx (transmitted) or total (both)");
        }
        Duration repeatEvery = section.duration("repeat-every").orElse(Duration.ZERO);
        if (!repeatEvery.isZero() && repeatEvery.compareTo(MIN_REPEAT) < 0) {
            throw section.error("repeat-every", "expected 1 second or more, or 0 for never");
        }
        boolean tellsResolved = section.bool("tell-resolved").orElse(true);
        Delivery delivery = delivery(section);
        return new Notification(label, subject, direction.orElse(Amount.TOTAL), condition, repeatEvery, tellsResolved,
                delivery);
    }

    private static Subject subject(Settings section, @Nullable Set<String> known) throws ProgramException {
        var subjects = new ArrayList<Subject>();
        Optional<String> application = section.text("application");
        if (application.isPresent()) {
            String name = application.get();
            Text.check(section, name);
            if (known != null && !known.contains(name)) {
                throw section.error("application", "'" + name + "' is neither an application nor a pipe; known: "
                        + (known.isEmpty() ? "none" : String.join(", ", known))
                        + " (with auto-group also names of executables, units or containers)");
            }
            subjects.add(new Subject.OfApplication(name));
        }
        List<Settings> rules = section.objects("process", "command");
        if (rules.size() > 1) {
            throw section.error("process", "expected one rule, not " + rules.size());
        }
        for (Settings rule : rules) {
            subjects.add(new Subject.EachOwner(RuleSection.owners(rule).owner()));
        }
        section.parsed("each", Rule::pattern).map(Subject.EachApplication::new).ifPresent(subjects::add);
        if (section.bool("everything").orElse(false)) {
            subjects.add(new Subject.Everything());
        }
        if (subjects.size() != 1) {
            throw section.error((subjects.isEmpty() ? "watches nothing: " : "watches several things: ") + SUBJECTS);
        }
        return subjects.getFirst();
    }

    private static Amount direction(String text) {
        for (Amount amount : Amount.values()) {
            if (amount.label().equals(text)) {
                return amount;
            }
        }
        throw new IllegalArgumentException("'" + text
                + "' is no direction: expected rx (received), tx (transmitted) or total (both)");
    }

    private static Delivery delivery(Settings section) throws ProgramException {
        List<String> command = command(section);
        if (!command.isEmpty() && !CommandWords.namesProgram(command.getFirst())) {
            throw section.error("command", "the first word has to name a program, not '" + command.getFirst() + "'");
        }
        Duration timeLimit = section.duration("time-limit").orElse(Delivery.DEFAULT_TIME_LIMIT);
        if (!timeLimit.isPositive() || timeLimit.compareTo(MAX_TIME_LIMIT) > 0) {
            throw section.error("time-limit", "expected more than 0 and up to 1 hour");
        }
        return new Delivery(command, timeLimit, section.parsed("webhook", NotificationSection::webhook).orElse(null),
                section.bool("system-log").orElse(false));
    }

    private static List<String> command(Settings section) throws ProgramException {
        var words = new ArrayList<String>();
        List<Settings> elements = section.objects("command", "word");
        for (Settings element : elements) {
            Optional<String> asIs = element.parsed("as-is", CommandWords::asIs);
            if (asIs.isPresent()) {
                words.add(asIs.get());
            } else {
                element.requiredText("word");
                String word = element.parsed("word", CommandWords::check).orElseThrow();
                if (elements.size() == 1 && word.contains(" ")) {
                    throw section.error("command", "no shell splits '" + word
                            + "' into words: expected a list of words,"
                            + " such as [\"/usr/bin/logger\", \"{rate}\"], or [{ as-is = \"/path with blanks\" }]");
                }
                words.add(word);
            }
            element.end();
        }
        return words;
    }

    private static URI webhook(String text) {
        String expected = "'" + text + "' is no address of a web page: expected one such as https://example.org/hook";
        try {
            URI uri = new URI(text);
            boolean http = "http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme());
            if (http && uri.getHost() != null && uri.getPort() <= 65_535) {
                return uri;
            }
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(expected + " (" + e.getReason() + ")", e);
        }
        throw new IllegalArgumentException(expected);
    }
}
