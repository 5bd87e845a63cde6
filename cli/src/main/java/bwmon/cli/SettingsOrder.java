package bwmon.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigValue;
import org.jspecify.annotations.Nullable;

/**
 * The order of an object's keys, which HOCON's objects forget and only the lines that values came from remember.
 *
 * @param layers what each file that is not included says of the object, in the order in which they are read
 * @param files the names of all files, in the order in which their reading began
 */
record SettingsOrder(List<ConfigObject> layers, List<String> files) {

    private record Place(int layer, int file, int line) implements Comparable<Place> {
        private static final Place LAST = new Place(Integer.MAX_VALUE, 0, 0);

        @Override
        public int compareTo(Place other) {
            return Comparator.comparingInt(Place::layer).thenComparingInt(Place::file).thenComparingInt(Place::line)
                    .compare(this, other);
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
        var keys = new ArrayList<>(object.keySet());
        keys.sort(Comparator.comparing((String key) -> places.getOrDefault(key, Place.LAST))
                .thenComparing(Comparator.naturalOrder()));
        return keys;
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
        int file = files.indexOf(origin.filename());
        return file < 0 ? Place.LAST : new Place(layer, file, origin.lineNumber());
    }

    /** Where a value stands; of one that was merged from several files, where the first of what is in it stands. */
    ConfigOrigin origin(ConfigValue value) {
        ConfigOrigin own = value.origin();
        if (files.contains(own.filename()) || !(value instanceof ConfigObject object)) {
            return own;
        }
        ConfigOrigin first = own;
        Place place = Place.LAST;
        try {
            for (ConfigValue inner : object.values()) {
                ConfigOrigin origin = origin(inner);
                int file = files.indexOf(origin.filename());
                Place at = new Place(0, file < 0 ? files.size() : file, origin.lineNumber());
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
