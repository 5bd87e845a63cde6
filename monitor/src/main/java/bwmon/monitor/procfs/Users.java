package bwmon.monitor.procfs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.HashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * Names of users, from a file in the form of passwd(5); directories on the network (NSS) are not asked, because an answer
 * may take seconds, and need the very network that is looked at. For one thread at a time.
 */
public final class Users {
    private final Path passwd;
    private Map<Long, String> names = Map.of();
    private @Nullable FileTime readAt;

    /** Names from that file, read when first asked for, and again when a number is not in it and it has changed. */
    public Users(Path passwd) {
        this.passwd = passwd;
    }

    /**
     * The name of a user; its number, if it has none or the file is missing.
     *
     * @throws IOException if the file is there and cannot be read
     */
    public String name(long uid) throws IOException {
        String name = names.get(uid);
        if (name == null && refresh()) {
            name = names.get(uid);
        }
        return name == null ? Long.toString(uid) : name;
    }

    /**
     * Whether the file has a user of that name.
     *
     * @throws IOException if the file is there and cannot be read
     */
    public boolean has(String name) throws IOException {
        return names.containsValue(name) || (refresh() && names.containsValue(name));
    }

    private boolean refresh() throws IOException {
        try {
            FileTime modified = Files.getLastModifiedTime(passwd);
            if (modified.equals(readAt)) {
                return false;
            }
            names = parse(Files.readAllBytes(passwd));
            readAt = modified;
            return true;
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /** Reads the file's content: the first name of each number; a line of another form is skipped. */
    static Map<Long, String> parse(byte[] content) {
        var names = new HashMap<Long, String>();
        for (String line : new String(content, StandardCharsets.UTF_8).split("\n", -1)) {
            String[] fields = line.split(":", 4);
            if (fields.length == 4 && !fields[0].isEmpty() && fields[2].matches("[0-9]{1,10}")) {
                names.putIfAbsent(Long.valueOf(fields[2]), fields[0]);
            }
        }
        return names;
    }
}
