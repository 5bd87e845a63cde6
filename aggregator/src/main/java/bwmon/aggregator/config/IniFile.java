package bwmon.aggregator.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import bwmon.cli.ProgramException;
import bwmon.cli.ProgramException.Kind;

/**
 * An INI file in the dialect of Python 2's ConfigParser, which read bwmon 1.x's files: {@code [Section]}, {@code key=value} or
 * {@code key: value}, comments in lines that begin with {@code #}, {@code ;} or {@code rem}, and behind a value after a
 * blank and {@code ;}; a value goes on in lines that begin with a blank; keys are case-insensitive; what is in
 * {@code [DEFAULT]} holds for every section; {@code %(key)s} stands for another value of the section. A section or key that
 * comes again adds to, or replaces, the earlier one.
 */
final class IniFile {
    static final int MAX_FILE_BYTES = 1 << 20;
    static final String DEFAULT = "DEFAULT";

    private final Path path;
    private final Map<String, IniSection> sections = new LinkedHashMap<>();
    private final Map<String, IniSection.Entry> defaults = new LinkedHashMap<>();

    private IniFile(Path path) {
        this.path = path;
    }

    /**
     * Reads a file.
     *
     * @throws ProgramException naming file and line of what is no line of such a file
     */
    static IniFile read(Path path) throws ProgramException {
        byte[] content;
        try (InputStream in = Files.newInputStream(path)) {
            content = in.readNBytes(MAX_FILE_BYTES + 1);
        } catch (IOException e) {
            throw error(path + ": cannot be read: "
                    + (Files.notExists(path)
                            ? "no such file"
                            : Files.isDirectory(path) ? "is a directory" : e.getMessage()));
        }
        if (content.length > MAX_FILE_BYTES) {
            throw error(path + ": is too large: expected at most " + MAX_FILE_BYTES + " bytes");
        }
        return parse(path, content);
    }

    /** Reads a file's content. */
    static IniFile parse(Path path, byte[] content) throws ProgramException {
        var file = new IniFile(path);
        String[] lines = new String(content, StandardCharsets.UTF_8).split("\n", -1);
        IniSection section = null;
        Map<String, IniSection.Entry> entries = null;
        String key = null;
        for (int i = 0; i < lines.length; i++) {
            String line = lines[i];
            String place = path + ":" + (i + 1) + ": ";
            if (isComment(line)) {
                continue;
            }
            if (line.indexOf('\ufffd') >= 0 || line.indexOf('\0') >= 0) {
                throw error(place + "expected text in UTF-8");
            }
            if (isBlank(line.charAt(0)) && entries != null && key != null) {
                entries.computeIfPresent(key, (_, entry) -> entry.continued(strip(line)));
            } else if (line.charAt(0) == '[' && line.indexOf(']') > 1) {
                String name = line.substring(1, line.indexOf(']'));
                if (name.equals(DEFAULT)) {
                    section = null;
                    entries = file.defaults;
                } else {
                    section = file.sections.computeIfAbsent(name, n -> new IniSection(place, n, file.defaults));
                    entries = section.own();
                }
                key = null;
            } else if (entries == null) {
                throw error(place + "expected a section, such as [name], before anything else");
            } else {
                int separator = separator(line);
                if (separator < 1 || isBlank(line.charAt(0))) {
                    throw error(place + "expected key = value, key: value or [section]");
                }
                key = strip(line.substring(0, separator)).toLowerCase(Locale.ROOT);
                entries.put(key, new IniSection.Entry(place, value(line, separator + 1)));
            }
        }
        return file;
    }

    private static ProgramException error(String message) {
        return new ProgramException(Kind.CONFIGURATION, message);
    }

    private static boolean isComment(String line) {
        if (strip(line).isEmpty() || line.charAt(0) == '#' || line.charAt(0) == ';') {
            return true;
        }
        return line.length() >= 3 && line.substring(0, 3).equalsIgnoreCase("rem")
                && (line.length() == 3 || isBlank(line.charAt(3)));
    }

    private static int separator(String line) {
        int equals = line.indexOf('=');
        int colon = line.indexOf(':');
        return equals < 0 || colon < 0 ? Math.max(equals, colon) : Math.min(equals, colon);
    }

    private static String value(String line, int from) {
        // As in Python, only the first semicolon can begin a comment.
        int comment = line.indexOf(';', from);
        boolean cuts = comment > from && isBlank(line.charAt(comment - 1));
        String value = strip(line.substring(from, cuts ? comment : line.length()));
        return value.equals("\"\"") ? "" : value;
    }

    /** What Python's str.isspace() takes for a blank. */
    private static boolean isBlank(char c) {
        return c == ' ' || (c >= '\t' && c <= '\r');
    }

    private static String strip(String text) {
        int from = 0;
        int to = text.length();
        while (from < to && isBlank(text.charAt(from))) {
            from++;
        }
        while (to > from && isBlank(text.charAt(to - 1))) {
            to--;
        }
        return text.substring(from, to);
    }

    /** The sections in the order of the file, without DEFAULT. */
    List<IniSection> sections() {
        return new ArrayList<>(sections.values());
    }

    /** An error about the file as a whole. */
    ProgramException fault(String message) {
        return error(path + ": " + message);
    }
}
