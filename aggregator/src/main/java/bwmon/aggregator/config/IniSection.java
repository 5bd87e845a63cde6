package bwmon.aggregator.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

import bwmon.cli.ProgramException;
import bwmon.cli.ProgramException.Kind;

/** A section of an {@link IniFile}, read key by key. */
final class IniSection {
    /** MAX_INTERPOLATION_DEPTH of Python's ConfigParser. */
    private static final int MAX_DEPTH = 10;
    /** So long may a value become by what is put into it. */
    private static final int MAX_VALUE = 1 << 16;

    private final String place;
    private final String name;
    private final Map<String, Entry> defaults;
    private final Map<String, Entry> own = new LinkedHashMap<>();
    private final Set<String> asked = new TreeSet<>();

    /**
     * A value as it is written.
     *
     * @param place file and line, with a colon and a blank behind
     */
    record Entry(String place, String value) {
        Entry continued(String line) {
            return new Entry(place, value + "\n" + line);
        }
    }

    IniSection(String place, String name, Map<String, Entry> defaults) {
        this.place = place;
        this.name = name;
        this.defaults = defaults;
    }

    String name() {
        return name;
    }

    /** The entries of the section itself, to be filled. */
    Map<String, Entry> own() {
        return own;
    }

    /** The keys: those of DEFAULT first, as in Python. */
    List<String> keys() {
        var keys = new LinkedHashMap<>(defaults);
        keys.putAll(own);
        return new ArrayList<>(keys.keySet());
    }

    /** Whether the section or DEFAULT has the key, be it empty. */
    boolean has(String key) {
        return own.containsKey(key) || defaults.containsKey(key);
    }

    private Optional<Entry> entry(String key) {
        asked.add(key);
        Entry entry = own.get(key);
        return Optional.ofNullable(entry == null ? defaults.get(key) : entry);
    }

    /** An error about the section. */
    ProgramException error(String message) {
        return new ProgramException(Kind.CONFIGURATION, at(message));
    }

    /** A message about the section, with its place before it. */
    String at(String message) {
        return place + "[" + name + "]: " + message;
    }

    /** An error about a key. */
    ProgramException error(String key, String message) {
        String at = entry(key).map(Entry::place).orElse(place);
        return new ProgramException(Kind.CONFIGURATION, at + "[" + name + "] " + key + ": " + message);
    }

    /** A text; an empty one is none. */
    Optional<String> text(String key) throws ProgramException {
        Optional<Entry> entry = entry(key);
        if (entry.isEmpty()) {
            return Optional.empty();
        }
        String value = entry.get().value();
        for (int depth = 0; value.contains("%(") && depth < MAX_DEPTH; depth++) {
            value = interpolate(key, value);
        }
        if (value.contains("%(")) {
            throw error(key, "has %(...)s within each other more than " + MAX_DEPTH + " deep");
        }
        return value.isEmpty() ? Optional.empty() : Optional.of(value);
    }

    /** Replaces each %(key)s once. */
    private String interpolate(String key, String value) throws ProgramException {
        var text = new StringBuilder();
        int at = 0;
        for (int percent = value.indexOf('%'); percent >= 0; percent = value.indexOf('%', at)) {
            text.append(value, at, percent);
            if (value.startsWith("%%", percent)) {
                text.append('%');
                at = percent + 2;
                continue;
            }
            int end = value.indexOf(")s", percent);
            if (!value.startsWith("%(", percent) || end < 0) {
                throw error(key, "expected %(key)s or %% where a % stands, as the value has %(");
            }
            String other = value.substring(percent + 2, end).toLowerCase(Locale.ROOT);
            Entry entry = own.getOrDefault(other, defaults.get(other));
            if (entry == null && !other.equals("__name__")) {
                throw error(key, "'%(" + other + ")s' stands for a key that is neither in [" + name + "] nor in ["
                        + IniFile.DEFAULT + "]");
            }
            text.append(entry == null ? name : entry.value());
            at = end + 2;
            if (text.length() > MAX_VALUE) {
                throw error(key, "becomes longer than " + MAX_VALUE + " characters by %(...)s");
            }
        }
        return text.append(value, at, value.length()).toString();
    }

    /** A value read by a parser that says in its {@link IllegalArgumentException} what it expected. */
    <T> Optional<T> parsed(String key, Function<String, T> parser) throws ProgramException {
        Optional<String> text = text(key);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(parser.apply(text.get()));
        } catch (IllegalArgumentException e) {
            throw error(key, String.valueOf(e.getMessage()));
        }
    }

    /** A value that has to be there. */
    <T> T required(String key, Function<String, T> parser, String expected) throws ProgramException {
        Optional<T> value = parsed(key, parser);
        if (value.isEmpty()) {
            throw error(key, "is missing or empty: expected " + expected);
        }
        return value.get();
    }

    /** Keys of the section itself that nobody asked for, each with its place. bwmon 1.x took no notice of them. */
    List<String> unknown() {
        return own.entrySet().stream().filter(entry -> !asked.contains(entry.getKey()))
                .map(entry -> entry.getValue().place() + "[" + name + "] " + entry.getKey()
                        + ": is not known here, and is left out; known: " + String.join(", ", asked))
                .toList();
    }
}
