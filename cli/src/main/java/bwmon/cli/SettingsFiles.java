package bwmon.cli;

import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import bwmon.cli.ProgramException.Kind;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigIncludeContext;
import com.typesafe.config.ConfigIncluder;
import com.typesafe.config.ConfigIncluderClasspath;
import com.typesafe.config.ConfigIncluderFile;
import com.typesafe.config.ConfigIncluderURL;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigResolveOptions;
import com.typesafe.config.ConfigResolver;
import com.typesafe.config.ConfigSyntax;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import org.jspecify.annotations.Nullable;

/** Reads the HOCON files of one configuration, and remembers in what order. For one configuration. */
final class SettingsFiles {
    /** So many bytes may a file have: some tens of thousands of lines. */
    static final int MAX_FILE_BYTES = 1 << 20;
    /** So many files may a configuration have; the library itself refuses more than 50 includes within each other. */
    static final int MAX_FILES = 1000;
    private static final int MAX_MESSAGE = 500;
    private static final String OVERRIDE = "CONFIG_FORCE_";

    private final Map<String, String> environment;
    /** The names of all files, in the order in which their reading began. */
    private final List<String> names = new ArrayList<>();
    private final List<ConfigObject> layers = new ArrayList<>();

    /**
     * Reads nothing yet.
     *
     * @param environment what substitutions that the files themselves cannot fill are looked up in
     */
    SettingsFiles(Map<String, String> environment) {
        this.environment = environment;
    }

    /**
     * Adds a file, which wins over those before it.
     *
     * @throws ProgramException if it is missing, unreadable, too large or no HOCON
     */
    void add(Path file) throws ProgramException {
        if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
            throw new ProgramException(Kind.CONFIGURATION, file + ": "
                    + (Files.isDirectory(file)
                            ? "is a directory; expected a configuration file"
                            : Files.isRegularFile(file)
                                    ? "may not be read"
                                    : Files.exists(file) ? "is no regular file" : "no such file"));
        }
        try {
            // Absolute, because relative includes are looked up beside the file only then.
            File absolute = file.toFile().getAbsoluteFile();
            enter(absolute.getPath());
            layers.add(ConfigFactory.parseFile(absolute,
                    ConfigParseOptions.defaults().setSyntax(ConfigSyntax.CONF).setIncluder(new Includer(null))).root());
        } catch (ConfigException e) {
            throw broken(file, e);
        } catch (StackOverflowError e) {
            throw new ProgramException(Kind.CONFIGURATION, file + ": braces or brackets stand too deep in each other",
                    e);
        }
    }

    /** Adds the files {@code *.conf} of a directory in the order of their names; one that is not there has none. */
    void addDirectory(Path directory) throws ProgramException {
        if (!Files.isDirectory(directory)) {
            return;
        }
        var found = new ArrayList<Path>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, "*.conf")) {
            entries.forEach(found::add);
        } catch (IOException e) {
            throw new ProgramException(Kind.CONFIGURATION, directory + ": cannot be read: " + e.getMessage(), e);
        }
        Collections.sort(found);
        for (Path file : found) {
            add(file);
        }
    }

    private void enter(String file) {
        if (names.size() >= MAX_FILES) {
            throw new ConfigException.Generic("more than " + MAX_FILES + " files are read, included ones with them");
        }
        long size = new File(file).length();
        if (size > MAX_FILE_BYTES) {
            throw new ConfigException.Generic(
                    file + " has " + size + " bytes: expected at most " + MAX_FILE_BYTES);
        }
        names.add(file);
    }

    /**
     * All files together.
     *
     * @param withOverrides whether variables {@code CONFIG_FORCE_...} win over the files
     * @throws ProgramException if a substitution is not to be had, or a variable names no key
     */
    ConfigObject resolve(Path first, boolean withOverrides) throws ProgramException {
        Config all = withOverrides ? overrides() : ConfigFactory.empty();
        for (int i = layers.size() - 1; i >= 0; i--) {
            Config layer = layers.get(i).toConfig();
            // Of two that are empty the first would be the origin, and that of the overrides is no file.
            all = all.isEmpty() ? layer : all.withFallback(layer);
        }
        try {
            if (SettingsSize.of(all.root()) > SettingsSize.MAX) {
                throw new ProgramException(Kind.CONFIGURATION, first + ": its substitutions make more than "
                        + SettingsSize.MAX + " characters of it: look for keys that have others in them several times");
            }
            return all.resolve(ConfigResolveOptions.defaults().setUseSystemEnvironment(false)
                    .appendResolver(new Variables(environment))).root();
        } catch (ConfigException e) {
            throw broken(first, e);
        } catch (StackOverflowError e) {
            throw new ProgramException(Kind.CONFIGURATION, first + ": substitutions stand too deep in each other", e);
        }
    }

    /** The files before anything of them was merged with another file that is not included. */
    List<ConfigObject> layers() {
        return List.copyOf(layers);
    }

    /** The names of all files, in the order in which their reading began. */
    List<String> names() {
        return List.copyOf(names);
    }

    /** As Typesafe Config has them: {@code _} is a dot, {@code __} a hyphen, {@code ___} an underscore. */
    private Config overrides() throws ProgramException {
        Config overrides = ConfigFactory.empty();
        for (Map.Entry<String, String> entry : new TreeMap<>(environment).entrySet()) {
            if (!entry.getKey().startsWith(OVERRIDE)) {
                continue;
            }
            String origin = "environment variable " + entry.getKey();
            String path = entry.getKey().substring(OVERRIDE.length()).replace("___", "\0").replace("__", "-")
                    .replace('_', '.').replace('\0', '_');
            ConfigValue value = ConfigValueFactory.fromAnyRef(entry.getValue(), origin);
            String[] keys = path.split("\\.", -1);
            for (int i = keys.length - 1; i >= 0; i--) {
                if (keys[i].isEmpty()) {
                    throw new ProgramException(Kind.CONFIGURATION, origin
                            + ": names no key: expected keys with _ between them, __ for a hyphen and ___ for an underscore");
                }
                value = ConfigFactory.empty(origin).root().withValue(keys[i], value);
            }
            overrides = ((ConfigObject) value).toConfig().withFallback(overrides);
        }
        return overrides;
    }

    private static ProgramException broken(Path file, ConfigException e) {
        ConfigOrigin origin = e.origin();
        String message = String.valueOf(e.getMessage());
        if (origin != null && message.startsWith(origin.description() + ": ")) {
            message = message.substring(origin.description().length() + 2);
        }
        if (message.startsWith("include keyword is not followed by")) {
            message += "; a key of that name has to stand in quotes: \"include\" = ...";
        }
        // An include that is missing has a name, but no place.
        if (message.length() > MAX_MESSAGE) {
            // The library puts whole objects in: nobody reads that, and there may be secrets in them.
            message = message.substring(0, MAX_MESSAGE) + "...";
        }
        boolean placed = origin != null && origin.filename() != null;
        return new ProgramException(Kind.CONFIGURATION, (placed ? "" : file + ": ") + place(origin) + message, e);
    }

    /** File and line, with a colon and a space behind. */
    static String place(@Nullable ConfigOrigin origin) {
        if (origin == null) {
            return "";
        }
        String file = origin.filename() != null ? origin.filename() : origin.description();
        return file + (origin.lineNumber() > 0 ? ":" + origin.lineNumber() : "") + ": ";
    }

    /** Fills substitutions from the environment. */
    private record Variables(Map<String, String> environment) implements ConfigResolver {
        @Override
        public @Nullable ConfigValue lookup(String path) {
            String value = environment.get(path);
            return value == null ? null : ConfigValueFactory.fromAnyRef(value, "environment variable " + path);
        }

        @Override
        public ConfigResolver withFallback(ConfigResolver fallback) {
            return this;
        }
    }

    /** Notes what is included, and includes nothing but files. */
    private final class Includer
            implements
                ConfigIncluder,
                ConfigIncluderFile,
                ConfigIncluderURL,
                ConfigIncluderClasspath {
        /** The library's own. */
        private final @Nullable ConfigIncluder reader;

        Includer(@Nullable ConfigIncluder reader) {
            this.reader = reader;
        }

        @Override
        public ConfigIncluder withFallback(ConfigIncluder fallback) {
            return reader == null ? new Includer(fallback) : this;
        }

        private ConfigIncluder reader() {
            if (reader == null) {
                throw new ConfigException.BugOrBroken("no includer to fall back to");
            }
            return reader;
        }

        @Override
        public ConfigObject include(ConfigIncludeContext context, String what) {
            if (what.matches("[a-z]+:.*")) {
                throw refused(what);
            }
            for (String ending : List.of("", ".conf", ".json", ".properties")) {
                var candidate = context.relativeTo(what + ending);
                String file = candidate == null ? null : candidate.origin().filename();
                if (file != null && new File(file).isFile()) {
                    enter(file);
                }
            }
            return reader().include(context, what);
        }

        @Override
        public ConfigObject includeFile(ConfigIncludeContext context, File what) {
            if (what.isFile()) {
                enter(what.getPath());
            }
            return reader() instanceof ConfigIncluderFile files
                    ? files.includeFile(context, what)
                    : reader().include(context, what.getPath());
        }

        @Override
        public ConfigObject includeURL(ConfigIncludeContext context, URL what) {
            throw refused(what.toString());
        }

        @Override
        public ConfigObject includeResources(ConfigIncludeContext context, String what) {
            throw refused("classpath(" + what + ")");
        }

        private static ConfigException refused(String what) {
            return new ConfigException.Generic("include of '" + what + "': only files are included");
        }
    }
}
