package bwmon.aggregator;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

import bwmon.aggregator.alert.Quota;
import bwmon.aggregator.usage.Amount;
import bwmon.aggregator.usage.Layer;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * The file in which volumes outlive the program: JSON, replaced as a whole, so that it is the old or the new one whatever
 * happens in between. Only its owner may read it, as names in it may be command lines.
 */
final class QuotaFile implements AutoCloseable {
    /** So many bytes at most: more than all subjects that can be watched need, with names as long as they may be. */
    static final int MAX_BYTES = 32 * 1024 * 1024;
    private static final int VERSION = 1;
    private static final JsonFactory FACTORY = new JsonFactory();
    private static final FileAttribute<?> PRIVATE = PosixFilePermissions
            .asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    private static final Logger LOG = LoggerFactory.getLogger(QuotaFile.class);

    private final Path path;
    private @Nullable FileChannel lock;

    /** What is in the file is not what was written. */
    static final class DamagedException extends IOException {
        private static final long serialVersionUID = 1;

        DamagedException(String message, @Nullable Exception cause) {
            super(message, cause);
        }
    }

    /** The file of that path; its folder is made when it is written. */
    QuotaFile(Path path) {
        this.path = path.toAbsolutePath();
    }

    boolean isAt(Path other) {
        return path.equals(other.toAbsolutePath());
    }

    /**
     * Keeps other programs of ours from holding the file, until this is closed or the process ends; makes its folder.
     *
     * @throws IOException if another one holds it, or it cannot be written, with a message for a person that names the file
     */
    void hold() throws IOException {
        try {
            Files.createDirectories(folder());
            lock = FileChannel.open(path.resolveSibling(path.getFileName() + ".lock"),
                    Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS), PRIVATE);
            if (lock.tryLock() != null) {
                return;
            }
        } catch (OverlappingFileLockException e) {
            close();
            throw new IOException("this program writes " + path + " already", e);
        } catch (IOException e) {
            close();
            throw new IOException(path + " cannot be written: " + reason(e), e);
        }
        close();
        throw new IOException("another program writes " + path + ": give this one a state-file of its own");
    }

    @Override
    public void close() {
        FileChannel held = lock;
        lock = null;
        if (held != null) {
            try {
                held.close();
            } catch (IOException e) {
                LOG.warn("{} was not given back: {}", path, e.toString());
            }
        }
    }

    /**
     * Gives the file another name, over what had it before.
     *
     * @return that name
     * @throws IOException if that cannot be done, with a message for a person
     */
    Path putAside() throws IOException {
        Path aside = path.resolveSibling(path.getFileName() + ".damaged");
        try {
            return Files.move(path, aside, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new IOException(path + " cannot be put aside: " + reason(e), e);
        }
    }

    private Path folder() {
        // An absolute path has a parent, unless it is the root folder.
        return path.resolveSibling(".").normalize();
    }

    /**
     * Reads all volumes; none if there is no file.
     *
     * @throws IOException if it cannot be read or is damaged, with a message for a person that names the file
     */
    List<Quota> read() throws IOException {
        byte[] text;
        try (InputStream in = Files.newInputStream(path)) {
            text = in.readNBytes(MAX_BYTES + 1);
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new IOException(path + " cannot be read: " + reason(e), e);
        }
        if (text.length > MAX_BYTES) {
            throw new DamagedException(path + " is longer than " + MAX_BYTES + " bytes: not read", null);
        }
        try (JsonParser json = FACTORY.createParser(text)) {
            return parse(json);
        } catch (IOException | DateTimeException | IllegalArgumentException e) {
            throw new DamagedException(path + " is damaged: " + reason(e), e);
        }
    }

    /** As for a person: without a place in memory, which is all that the parser knows of the source. */
    private static String reason(Exception e) {
        return switch (e) {
            case JsonParseException json ->
                json.getOriginalMessage() + " (line " + json.getLocation().getLineNr() + ")";
            case AccessDeniedException _ -> "not permitted";
            case FileSystemException file when file.getReason() != null -> file.getReason();
            case FileSystemException file -> file.toString();
            default -> String.valueOf(e.getMessage());
        };
    }

    private static List<Quota> parse(JsonParser json) throws IOException {
        var quotas = new ArrayList<Quota>();
        boolean isOurs = false;
        expect(json, json.nextToken(), JsonToken.START_OBJECT);
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            JsonToken value = json.nextToken();
            switch (name) {
                case "version" -> {
                    expect(json, value, JsonToken.VALUE_NUMBER_INT);
                    isOurs = json.getLongValue() == VERSION;
                }
                case "quotas" -> {
                    expect(json, value, JsonToken.START_ARRAY);
                    while (json.nextToken() == JsonToken.START_OBJECT) {
                        quotas.add(quota(json));
                    }
                    expect(json, json.currentToken(), JsonToken.END_ARRAY);
                }
                default -> json.skipChildren();
            }
        }
        expect(json, json.currentToken(), JsonToken.END_OBJECT);
        if (json.nextToken() != null) {
            throw new IllegalArgumentException("something follows its end");
        }
        if (!isOurs) {
            throw new IllegalArgumentException("it is not of version " + VERSION);
        }
        return quotas;
    }

    private static void expect(JsonParser json, @Nullable JsonToken found, JsonToken expected) {
        if (found != expected) {
            throw new IllegalArgumentException("expected " + expected + " and not " + found + " in line "
                    + json.currentLocation().getLineNr());
        }
    }

    private static Quota quota(JsonParser json) throws IOException {
        var texts = new HashMap<String, String>();
        long bytes = -1;
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            JsonToken value = json.nextToken();
            if (name.equals("bytes")) {
                expect(json, value, JsonToken.VALUE_NUMBER_INT);
                bytes = json.getLongValue();
            } else if (value == JsonToken.VALUE_STRING) {
                texts.put(name, json.getText());
            } else {
                json.skipChildren();
            }
        }
        String firing = texts.get("firing_since");
        return new Quota(text(texts, "label"), text(texts, "identity"), text(texts, "subject"),
                Amount.valueOf(text(texts, "direction").toUpperCase(Locale.ROOT)),
                Layer.valueOf(text(texts, "layer").toUpperCase(Locale.ROOT)),
                Instant.parse(text(texts, "period_start")), bytes, Instant.parse(text(texts, "counted_since")),
                firing == null ? null : Instant.parse(firing));
    }

    private static String text(Map<String, String> texts, String name) {
        String text = texts.get(name);
        if (text == null) {
            throw new IllegalArgumentException("an entry has no " + name);
        }
        return text;
    }

    /**
     * Replaces what the file says. When this returns it is on the disk.
     *
     * @throws IOException if it cannot be written, with a message for a person that names the file; the old one is still
     *     there
     */
    void write(List<Quota> quotas) throws IOException {
        byte[] text = render(quotas);
        if (text.length > MAX_BYTES) {
            throw new IOException(path + " would be longer than " + MAX_BYTES + " bytes: not written");
        }
        try {
            replace(text);
        } catch (IOException e) {
            throw new IOException(path + " cannot be written: " + reason(e), e);
        }
    }

    private void replace(byte[] text) throws IOException {
        Files.createDirectories(folder());
        Path whole = path.resolveSibling(path.getFileName() + ".new");
        // What a killed one left, whatever it is: never written through.
        Files.deleteIfExists(whole);
        try (var channel = FileChannel.open(whole,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                PRIVATE)) {
            ByteBuffer rest = ByteBuffer.wrap(text);
            while (rest.hasRemaining()) {
                channel.write(rest);
            }
            channel.force(true);
        }
        Files.move(whole, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        // The new name is the folder's content.
        try (var channel = FileChannel.open(folder(), StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static byte[] render(List<Quota> quotas) throws IOException {
        // By way of a text: straight to bytes, Jackson writes half a surrogate pair as it is, which is no UTF-8.
        var text = new StringWriter();
        try (JsonGenerator json = FACTORY.createGenerator(text).useDefaultPrettyPrinter()) {
            json.writeStartObject();
            json.writeNumberField("version", VERSION);
            json.writeArrayFieldStart("quotas");
            for (Quota quota : quotas) {
                json.writeStartObject();
                json.writeStringField("label", quota.label());
                json.writeStringField("identity", quota.identity());
                json.writeStringField("subject", quota.subject());
                json.writeStringField("direction", quota.amount().label());
                json.writeStringField("layer", quota.layer().label().toLowerCase(Locale.ROOT));
                json.writeStringField("period_start", quota.periodStart().toString());
                json.writeNumberField("bytes", quota.bytes());
                json.writeStringField("counted_since", quota.countedSince().toString());
                json.writeStringField("firing_since",
                        quota.firingSince() == null ? null : quota.firingSince().toString());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        return text.append('\n').toString().getBytes(UTF_8);
    }
}
