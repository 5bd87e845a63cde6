package bwmon.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import org.jspecify.annotations.Nullable;

/**
 * The order of an object's keys, which HOCON's objects forget and only the lines that values came from remember.
 *
 * @param layers what each file that is not included says of the object, in the order in which they are read
 * @param files the names of all files, in the order in which their reading began
 */
record SettingsOrder(List<ConfigObject> layers, List<String> files) {
    /** Longer lines are not searched: programs write them. */
    private static final int MAX_LINE = 10_000;

    private record Place(int layer, int file, int line, int column) implements Comparable<Place> {
        private static final Place LAST = new Place(Integer.MAX_VALUE, 0, 0, 0);

        Place at(int column) {
            return new Place(layer, file, line, column);
        }

        @Override
        public int compareTo(Place other) {
            return Comparator.comparingInt(Place::layer).thenComparingInt(Place::file).thenComparingInt(Place::line)
                    .thenComparingInt(Place::column).compare(this, other);
        }
    }

    /** The order of an object within. */
    SettingsOrder within(String key) {
        var inner = new ArrayList<ConfigObject>();
        for (ConfigObject layer : layers) {
            if (value(layer, key) instanceof ConfigObject object) {
                inner.add(object);
            }
        }
        return new SettingsOrder(inner, files);
    }

    private static @Nullable ConfigValue value(ConfigObject layer, String key) {
        try {
            return layer.get(key);
        } catch (ConfigException.NotResolved e) {
            // A substitution makes the object: nobody knows its keys before all files are there.
            return null;
        }
    }

    /** The keys in order; those that no file has come last, by name. */
    List<String> sort(ConfigObject object) {
        Map<String, Place> places = new HashMap<>();
        object.forEach((key, value) -> places.put(key, place(key, value)));
        Set<Place> seen = new HashSet<>();
        Set<Place> shared = places.values().stream().filter(place -> !seen.add(place)).collect(Collectors.toSet());
        Map<Place, String> lines = new HashMap<>();
        shared.forEach(place -> lines.put(place, line(place)));
        places.replaceAll((key, place) -> shared.contains(place)
                ? place.at(column(lines.getOrDefault(place, ""), key))
                : place);
        var keys = new ArrayList<>(object.keySet());
        keys.sort(Comparator.comparing((String key) -> places.getOrDefault(key, Place.LAST))
                .thenComparing(Comparator.naturalOrder()));
        return keys;
    }

    private String line(Place place) {
        if (place.equals(Place.LAST)) {
            return "";
        }
        try (Stream<String> lines = Files.lines(Path.of(files.get(place.file())))) {
            String line = lines.skip(place.line() - 1L).findFirst().orElse("");
            return line.length() <= MAX_LINE ? line : "";
        } catch (IOException | UncheckedIOException e) {
            // The file was read a moment ago; by name is an order too.
            return "";
        }
    }

    /** Where a key stands in its line, which the library does not know; 0 if that is not found. */
    private static int column(String line, String key) {
        String name = Pattern.quote(key) + "|" + Pattern.quote(ConfigUtil.quoteString(key));
        Matcher found = Pattern.compile("(?<![^\\s{,.])(" + name + ")\\s*([{=:.]|\\+=)").matcher(line);
        return found.find() ? found.start() : 0;
    }

    private Place place(String key, ConfigValue merged) {
        for (int i = 0; i < layers.size(); i++) {
            ConfigValue value = value(layers.get(i), key);
            if (value != null) {
                return place(i, value);
            }
        }
        return place(layers.size(), merged);
    }

    private Place place(int layer, ConfigValue value) {
        ConfigOrigin origin = origin(value);
        int file = index(origin);
        return file < 0 ? Place.LAST : new Place(layer, file, origin.lineNumber(), 0);
    }

    /** Which file; -1 if it is none, as a variable or several at once are. */
    private int index(ConfigOrigin origin) {
        String file = origin.filename();
        return file == null ? -1 : files.indexOf(file);
    }

    /** Where a value stands; of one that was merged from several files, where the first of what is in it stands. */
    ConfigOrigin origin(ConfigValue value) {
        ConfigOrigin own = value.origin();
        if (index(own) >= 0 || !(value instanceof ConfigObject object)) {
            return own;
        }
        ConfigOrigin first = own;
        Place place = Place.LAST;
        try {
            for (ConfigValue inner : object.values()) {
                ConfigOrigin origin = origin(inner);
                int file = index(origin);
                Place at = new Place(0, file < 0 ? files.size() : file, origin.lineNumber(), 0);
                if (at.compareTo(place) < 0) {
                    first = origin;
                    place = at;
                }
            }
        } catch (ConfigException.NotResolved e) {
            return own;
        }
        return first;
    }
}
