package bwmon.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

import bwmon.cli.ProgramException.Kind;
import bwmon.traffic.ByteQuantity;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigSyntax;
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
    private final Set<String> asked = new TreeSet<>();

    private Settings(ConfigObject object, String path) {
        this.object = object;
        this.path = path;
    }

    /**
     * Reads a HOCON file with its includes and substitutions.
     *
     * @throws ProgramException if it is missing, unreadable or no HOCON
     */
    public static Settings load(Path file) throws ProgramException {
        if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
            throw new ProgramException(Kind.CONFIGURATION, file + ": "
                    + (Files.isDirectory(file)
                            ? "is a directory; expected a configuration file"
                            : Files.exists(file) ? "may not be read" : "no such file"));
        }
        try {
            // Absolute, because relative includes are looked up beside the file only then.
            Config config = ConfigFactory
                    .parseFile(file.toFile().getAbsoluteFile(),
                            ConfigParseOptions.defaults().setSyntax(ConfigSyntax.CONF))
                    .resolve();
            return new Settings(config.root(), "");
        } catch (ConfigException e) {
            throw broken(file, e);
        }
    }

    private static ProgramException broken(Path file, ConfigException e) {
        ConfigOrigin origin = e.origin();
        String message = String.valueOf(e.getMessage());
        if (origin != null && message.startsWith(origin.description() + ": ")) {
            message = message.substring(origin.description().length() + 2);
        }
        // An include that is missing has a name, but no place.
        boolean placed = origin != null && origin.filename() != null;
        return new ProgramException(Kind.CONFIGURATION, (placed ? "" : file + ": ") + place(origin) + message, e);
    }

    private static String place(@Nullable ConfigOrigin origin) {
        if (origin == null) {
            return "";
        }
        String file = origin.filename() != null ? origin.filename() : origin.description();
        return file + (origin.lineNumber() > 0 ? ":" + origin.lineNumber() : "") + ": ";
    }

    /** An error about a key of this object, naming the place of its value. */
    public ProgramException error(String key, String message) {
        ConfigValue value = object.get(key);
        return new ProgramException(Kind.CONFIGURATION,
                place(value == null ? object.origin() : value.origin()) + path + key + ": " + message);
    }

    /** An error about this object as a whole. */
    public ProgramException error(String message) {
        String name = path.isEmpty() ? "" : path.substring(0, path.length() - 1) + ": ";
        return new ProgramException(Kind.CONFIGURATION, place(object.origin()) + name + message);
    }

    private Optional<ConfigValue> value(String key) {
        asked.add(key);
        ConfigValue value = object.get(key);
        return value == null || value.valueType() == ConfigValueType.NULL ? Optional.empty() : Optional.of(value);
    }

    /**
     * The names of this object's keys in the order of the file's lines, several of one line in alphabetical order. Keys of
     * included files come by the name of the file.
     */
    public List<String> keys() {
        // ConfigObject forgets the order of the file; only lines remember it.
        var keys = new ArrayList<>(object.keySet());
        keys.sort((a, b) -> {
            ConfigOrigin left = at(a);
            ConfigOrigin right = at(b);
            int byFile = String.valueOf(left.filename()).compareTo(String.valueOf(right.filename()));
            int byLine = byFile != 0 ? byFile : Integer.compare(left.lineNumber(), right.lineNumber());
            return byLine != 0 ? byLine : a.compareTo(b);
        });
        return keys;
    }

    private ConfigOrigin at(String key) {
        ConfigValue value = object.get(key);
        return value == null ? object.origin() : value.origin();
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
        Optional<ConfigValue> value = value(key);
        if (value.isEmpty()) {
            return List.of();
        }
        if (!(value.get() instanceof ConfigList list)) {
            return List.of(scalar(key, value.get()));
        }
        var texts = new ArrayList<String>();
        for (ConfigValue element : list) {
            texts.add(scalar(key, element));
        }
        return List.copyOf(texts);
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
        return Optional.of(new Settings(section, path + key + "."));
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
