package bwmon.cli;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

import bwmon.cli.ProgramException.Kind;
import bwmon.traffic.ByteQuantity;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import org.jspecify.annotations.Nullable;

/**
 * An object of a HOCON file, read key by key. Whatever is wrong with a value ends in a {@link ProgramException} that
 * begins with file and line; so does, at {@link #end}, a key that nobody asked for.
 */
public final class Settings {
    private final ConfigObject object;
    private final String path;
    private final SettingsOrder order;
    private final Set<String> asked = new TreeSet<>();

    private Settings(ConfigObject object, String path, SettingsOrder order) {
        this.object = object;
        this.path = path;
        this.order = order;
    }

    /**
     * Reads a HOCON file with its includes and substitutions.
     *
     * @throws ProgramException if it is missing, unreadable, too large or no HOCON
     */
    public static Settings load(Path file) throws ProgramException {
        var files = new SettingsFiles(System.getenv());
        files.add(file);
        return new Settings(files.resolve(file, false), "", new SettingsOrder(files.layers(), files.names()));
    }

    /**
     * Reads a HOCON file, then {@code conf.d/*.conf} beside it in the order of their names, each with its includes.
     * Objects are merged, other values win over those read before. Variables {@code CONFIG_FORCE_a_b__c} win over all
     * files for the key {@code a.b-c}.
     *
     * @param environment where those variables are looked for, and what substitutions name that the files do not have
     * @throws ProgramException if one is missing, unreadable, too large or no HOCON, or a variable names no key
     */
    public static Settings loadAll(Path file, Map<String, String> environment) throws ProgramException {
        var files = new SettingsFiles(environment);
        files.add(file);
        files.addDirectory(file.toAbsolutePath().resolveSibling("conf.d"));
        return new Settings(files.resolve(file, true), "", new SettingsOrder(files.layers(), files.names()));
    }

    private String place(ConfigValue value) {
        return SettingsFiles.place(order.origin(value));
    }

    /** An error about a key of this object, naming the place of its value. */
    public ProgramException error(String key, String message) {
        return error(object.get(key), key, message);
    }

    private ProgramException error(@Nullable ConfigValue at, String key, String message) {
        return new ProgramException(Kind.CONFIGURATION, place(at == null ? object : at) + path + key + ": " + message);
    }

    /** An error about this object as a whole. */
    public ProgramException error(String message) {
        String name = path.isEmpty() ? "" : path.substring(0, path.length() - 1) + ": ";
        return new ProgramException(Kind.CONFIGURATION, place(object) + name + message);
    }

    /** Whether the key has a value. */
    public boolean has(String key) {
        return value(key).isPresent();
    }

    private Optional<ConfigValue> value(String key) {
        asked.add(key);
        ConfigValue value = object.get(key);
        return value == null || value.valueType() == ConfigValueType.NULL ? Optional.empty() : Optional.of(value);
    }

    /**
     * The names of this object's keys in the order in which they are read: files in the order in which their reading
     * begins, an included file behind the whole file that includes it, within a file by line and within a line from left to
     * right, but by name in lines of more than 10,000 characters.
     * A key that several files have stands where the first of them has it; but one that a file and its includes share, where
     * the first line stands that was not overridden. Keys of the environment come last.
     */
    public List<String> keys() {
        return order.sort(object);
    }

    /** A text; numbers and booleans are taken as they are written. */
    public Optional<String> text(String key) throws ProgramException {
        Optional<ConfigValue> value = value(key);
        return value.isPresent() ? Optional.of(scalar(key, value.get())) : Optional.empty();
    }

    private String scalar(String key, ConfigValue value) throws ProgramException {
        return switch (value.valueType()) {
            // Not unwrapped(), which makes 1.1 of 1.10.
            case STRING, NUMBER, BOOLEAN -> value.atKey("text").getString("text");
            case OBJECT, LIST, NULL -> throw error(key, "expected a text, not " + noun(value.valueType()));
        };
    }

    private static String noun(ConfigValueType type) {
        return switch (type) {
            case OBJECT -> "an object";
            case LIST -> "a list";
            case NULL -> "null";
            case STRING -> "a text";
            case NUMBER -> "a number";
            case BOOLEAN -> "a boolean";
        };
    }

    /** A text that has to be there. */
    public String requiredText(String key) throws ProgramException {
        Optional<String> text = text(key);
        if (text.isEmpty()) {
            throw error(key, "is missing");
        }
        return text.get();
    }

    /**
     * A value read by a parser that says in its {@link IllegalArgumentException} what it expected.
     */
    public <T> Optional<T> parsed(String key, Function<String, T> parser) throws ProgramException {
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

    /** A rate in bytes a second, such as {@code 10MB/s}. */
    public Optional<Long> rate(String key) throws ProgramException {
        return parsed(key, ByteQuantity::parseRate);
    }

    /** A whole number within bounds, both included. */
    public Optional<Integer> integer(String key, int min, int max) throws ProgramException {
        return parsed(key, text -> Numbers.integer(text, min, max));
    }

    /** A length of time: HOCON's durations ({@code 500ms}, {@code 1m}), a number alone is seconds. */
    public Optional<Duration> duration(String key) throws ProgramException {
        return parsed(key, Numbers::duration);
    }

    /** True or false. */
    public Optional<Boolean> bool(String key) throws ProgramException {
        return parsed(key, text -> switch (text) {
            case "true", "yes", "on" -> true;
            case "false", "no", "off" -> false;
            default -> throw new IllegalArgumentException("'" + text + "' is neither true nor false");
        });
    }

    /** A list of texts; a single text is a list of one; an absent list is empty. */
    public List<String> texts(String key) throws ProgramException {
        return list(key, text -> text);
    }

    /**
     * A list of values, each read by a parser that says in its {@link IllegalArgumentException} what it expected; a single
     * value is a list of one; an absent list is empty.
     */
    public <T> List<T> list(String key, Function<String, T> parser) throws ProgramException {
        Optional<ConfigValue> value = value(key);
        if (value.isEmpty()) {
            return List.of();
        }
        boolean isList = value.get() instanceof ConfigList;
        List<ConfigValue> elements = value.get() instanceof ConfigList list ? list : List.of(value.get());
        var parsed = new ArrayList<T>();
        for (ConfigValue element : elements) {
            String text = scalar(key, element);
            try {
                parsed.add(parser.apply(text));
            } catch (IllegalArgumentException e) {
                throw error(element, isList ? key + "[" + parsed.size() + "]" : key, String.valueOf(e.getMessage()));
            }
        }
        return List.copyOf(parsed);
    }

    /** An object within this one. */
    public Optional<Settings> section(String key) throws ProgramException {
        Optional<ConfigValue> value = value(key);
        if (value.isEmpty()) {
            return Optional.empty();
        }
        if (!(value.get() instanceof ConfigObject section)) {
            throw error(key, "expected an object in braces, not " + noun(value.get().valueType()));
        }
        return Optional.of(new Settings(section, path + key + ".", order.within(key)));
    }

    /**
     * A list of objects, in which a text alone stands for an object with that one key; a single element is a list of
     * one; an absent list is empty.
     *
     * @param shorthand the key that a text alone is the value of
     */
    public List<Settings> objects(String key, String shorthand) throws ProgramException {
        Optional<ConfigValue> value = value(key);
        if (value.isEmpty()) {
            return List.of();
        }
        List<ConfigValue> elements = value.get() instanceof ConfigList list ? list : List.of(value.get());
        var objects = new ArrayList<Settings>();
        var inList = new SettingsOrder(List.of(), order.files());
        for (ConfigValue element : elements) {
            String place = path + key + "[" + objects.size() + "].";
            if (element instanceof ConfigObject object) {
                objects.add(new Settings(object, place, inList));
            } else {
                objects.add(new Settings(element.atKey(shorthand).root(), place, inList));
            }
        }
        return List.copyOf(objects);
    }

    /** The objects within an object, by name in the file's order; an absent object has none. */
    public Map<String, Settings> sections(String key) throws ProgramException {
        var sections = new LinkedHashMap<String, Settings>();
        Optional<Settings> parent = section(key);
        if (parent.isPresent()) {
            for (String name : parent.get().keys()) {
                Optional<Settings> section = parent.get().section(name);
                if (section.isPresent()) {
                    sections.put(name, section.get());
                }
            }
        }
        return sections;
    }

    /**
     * Refuses keys that are none of these, before what they were to be is found missing.
     *
     * @throws ProgramException naming the first such key and the known ones
     */
    public void only(Collection<String> keys) throws ProgramException {
        asked.addAll(keys);
        end();
    }

    /**
     * Refuses what is left: keys that were never asked for are most often misspelt.
     *
     * @throws ProgramException naming the first such key and the known ones
     */
    public void end() throws ProgramException {
        for (String key : keys()) {
            if (!asked.contains(key)) {
                throw error(key, "is not known here; known: " + String.join(", ", asked));
            }
        }
    }
}
