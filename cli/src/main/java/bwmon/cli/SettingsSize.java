package bwmon.cli;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;

/**
 * How large a configuration becomes when its substitutions are filled in, told before that is done: thirty lines such as
 * <code>b = ${a}${a}</code>, each of the one before, are more than there is memory for. An estimate, mostly too high by
 * what quotes and braces take; only substitutions that lead in a circle through several keys may make more than it says.
 */
final class SettingsSize {
    /** Many times what files of some tens of thousands of lines become. */
    static final long MAX = 16L << 20;
    private static final Pattern SUBSTITUTION = Pattern.compile("\\$\\{\\??([^}]*)}");
    /** What the library writes between the values that a key was given one after another (ConfigDelayedMerge). */
    private static final Pattern NEXT_VALUE = Pattern.compile("#     unmerged value [0-9]+ [^\n]*\n");
    private static final ConfigRenderOptions WITH_ALL_VALUES = ConfigRenderOptions.defaults().setOriginComments(false)
            .setFormatted(false);

    private final ConfigObject root;
    /** By path; of a path that is looked at now, what it is so far. */
    private final Map<String, Long> sizes = new HashMap<>();

    /** What was named by a path. */
    private final Map<String, ConfigValue> values = new HashMap<>();

    private SettingsSize(ConfigObject root) {
        this.root = root;
    }

    /**
     * About how many characters the object makes with its substitutions filled in.
     *
     * @param root all files together
     * @return {@link #MAX} + 1 for whatever is more
     */
    static long of(ConfigObject root) {
        return new SettingsSize(root).size(root, "");
    }

    private long size(ConfigValue value, String path) {
        Long known = sizes.putIfAbsent(path, 0L);
        if (known != null) {
            return known;
        }
        long size;
        try {
            size = switch (value) {
                case ConfigObject object -> ofObject(object, path);
                case ConfigList list -> ofList(list, path);
                default -> ofText(value, path);
            };
        } catch (ConfigException.NotResolved e) {
            size = ofText(value, path);
        }
        sizes.put(path, size);
        return size;
    }

    private long ofObject(ConfigObject object, String path) {
        long size = 2;
        for (Map.Entry<String, ConfigValue> entry : object.entrySet()) {
            String quoted = ConfigUtil.quoteString(entry.getKey());
            size = sum(size, sum(entry.getKey().length(),
                    size(entry.getValue(), path.isEmpty() ? quoted : path + "." + quoted)));
        }
        return size;
    }

    private long ofList(ConfigList list, String path) {
        long size = 2;
        int index = 0;
        for (ConfigValue element : list) {
            // No key: what is in a list has no path that a substitution could name.
            size = sum(size, size(element, path + "[" + index + "]"));
            index++;
        }
        return size;
    }

    private long ofText(ConfigValue value, String path) {
        long size = 0;
        for (String text : NEXT_VALUE.split(value.render(WITH_ALL_VALUES), -1)) {
            long next = text.length();
            Matcher substitution = SUBSTITUTION.matcher(text);
            boolean hasEarlier = false;
            while (substitution.find()) {
                String other = path(substitution.group(1));
                hasEarlier |= other.equals(path);
                next = sum(next, ofPath(other));
            }
            // A substitution of the key itself, as in +=, is what the key was before. Else objects are merged.
            size = hasEarlier ? next : sum(size, next);
            sizes.put(path, size);
        }
        return size;
    }

    /** The path of what a substitution names, or of what is around that as long as it is not resolved; empty for nothing. */
    private String path(String expression) {
        List<String> keys;
        try {
            keys = ConfigUtil.splitPath(expression);
        } catch (ConfigException e) {
            // Text that looks like a substitution and is none.
            return "";
        }
        var path = new StringBuilder();
        ConfigValue value = root;
        for (String key : keys) {
            if (!(value instanceof ConfigObject object)) {
                break;
            }
            try {
                value = object.get(key);
            } catch (ConfigException.NotResolved e) {
                break;
            }
            if (value == null) {
                return "";
            }
            path.append(path.isEmpty() ? "" : ".").append(ConfigUtil.quoteString(key));
            values.put(path.toString(), value);
        }
        return path.toString();
    }

    private long ofPath(String path) {
        ConfigValue value = values.get(path);
        return value == null ? 0 : size(value, path);
    }

    private static long sum(long a, long b) {
        return Math.min(a + b, MAX + 1);
    }
}
