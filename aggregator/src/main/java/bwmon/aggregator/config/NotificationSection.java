package bwmon.aggregator.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

import bwmon.aggregator.alert.Condition;
import bwmon.aggregator.alert.Delivery;
import bwmon.aggregator.alert.Notification;
import bwmon.aggregator.alert.Subject;
import bwmon.aggregator.alert.Threshold;
import bwmon.aggregator.delivery.CommandRunner;
import bwmon.aggregator.rate.WindowAverage;
import bwmon.aggregator.usage.Amount;
import bwmon.cli.ProgramException;
import bwmon.cli.Settings;
import org.jspecify.annotations.Nullable;

/** Reads the sections below {@code notifications}. */
final class NotificationSection {
    /** As bwmon 1.x. */
    private static final Duration DEFAULT_WINDOW = Duration.ofSeconds(1);
    private static final Duration MAX_TIME_LIMIT = Duration.ofHours(1);
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{([a-z-]+)}");

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
        String application = section.requiredText("application");
        Text.check(section, application);
        if (known != null && !known.contains(application)) {
            throw section.error("application", "'" + application + "' is neither an application nor a pipe; known: "
                    + (known.isEmpty() ? "none" : String.join(", ", known))
                    + " (with auto-group = true also names of executables)");
        }
        section.requiredText("direction");
        Amount direction = section.parsed("direction", NotificationSection::direction).orElseThrow();
        section.requiredText("above");
        long above = section.rate("above").orElseThrow();
        long clearBelow = section.rate("clear-below").orElse(above);
        if (clearBelow > above) {
            throw section.error("clear-below", "is more than above: it would clear while it fires");
        }
        Duration window = section.duration("average-over").orElse(DEFAULT_WINDOW);
        if (window.compareTo(WindowAverage.MIN_WINDOW) < 0 || window.compareTo(WindowAverage.MAX_WINDOW) > 0) {
            throw section.error("average-over", "expected 1 second to 24 hours");
        }
        Duration timeLimit = section.duration("time-limit").orElse(Delivery.DEFAULT_TIME_LIMIT);
        if (!timeLimit.isPositive() || timeLimit.compareTo(MAX_TIME_LIMIT) > 0) {
            throw section.error("time-limit", "expected more than 0 and up to 1 hour");
        }
        List<String> command = command(section);
        section.end();
        return new Notification(label, new Subject.OfApplication(application), direction,
                new Condition.Rate(new Threshold(above, clearBelow), window, false), Duration.ZERO, true,
                new Delivery(command, timeLimit, null, false));
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

    private static List<String> command(Settings section) throws ProgramException {
        List<String> words = section.texts("command");
        if (words.size() == 1 && words.getFirst().contains(" ")) {
            throw section.error("command", "no shell splits '" + words.getFirst()
                    + "' into words: expected a list of words, such as [\"/usr/bin/logger\", \"{rate}\"]");
        }
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            var placeholder = PLACEHOLDER.matcher(word);
            boolean isPlaceholder = placeholder.matches();
            if (isPlaceholder && !CommandRunner.PLACEHOLDERS.contains(placeholder.group(1))) {
                throw section.error("command", "'" + word + "' is no placeholder; known: {"
                        + String.join("}, {", CommandRunner.PLACEHOLDERS) + "}");
            }
            if (i == 0 && (isPlaceholder || word.isBlank())) {
                throw section.error("command", "the first word has to name a program");
            }
            if (word.indexOf('\0') >= 0) {
                throw section.error("command", "a word cannot hold a NUL character");
            }
        }
        return words;
    }
}
