package bwmon.ffi;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class FileTreeTest {
    @TempDir
    private Path root = Path.of("");

    private static int errno(Executable call) {
        return assertThrows(ErrnoException.class, call).errno();
    }

    /** Numbers of the entries of a folder, and their inodes. */
    private static Map<Integer, Long> numbers(FileTree tree, String folder) throws ErrnoException {
        var numbers = new HashMap<Integer, Long>();
        try (FileTree.Listing listing = tree.list(folder)) {
            while (listing.next()) {
                numbers.put(listing.number(), listing.inode());
            }
            assertFalse(listing.next(), "the end stays the end");
        }
        return numbers;
    }

    @Test
    void aFolderOfManyBuffersIsListedWhole() throws IOException {
        Path folder = Files.createDirectory(root.resolve("many"));
        var expected = new HashSet<Integer>();
        for (int i = 0; i < 3_000; i++) {
            Files.createFile(folder.resolve(Integer.toString(i)));
            expected.add(i);
        }
        Map<Integer, Long> numbers = numbers(new FileTree(root), "many");
        assertTrue(numbers.containsKey(-1), ". and ..");
        assertEquals(expected, without(numbers.keySet()));
        assertEquals(Files.getAttribute(folder.resolve("2999"), "unix:ino"), numbers.get(2999));
    }

    private static Set<Integer> without(Set<Integer> numbers) {
        var rest = new HashSet<>(numbers);
        rest.remove(-1);
        return rest;
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "007, 7", "2147483637, 2147483637", "2147483650, -1", "99999999999999999999, -1", "1x, -1",
            "x, -1", "-1, -1", "+1, -1"})
    void onlyADecimalNumberIsOne(String name, int number) throws IOException {
        Files.createFile(root.resolve(name));
        assertEquals(number < 0 ? Set.of() : Set.of(number), without(numbers(new FileTree(root), "").keySet()));
    }

    @Test
    void linksAreReadInAListingAndByPath() throws IOException {
        Files.createSymbolicLink(root.resolve("7"), Path.of("socket:[4711]"));
        var tree = new FileTree(root);
        try (FileTree.Listing listing = tree.list("")) {
            while (listing.next()) {
                if (listing.number() == 7) {
                    assertEquals("socket:[4711]", new String(listing.readLink().toArray(ValueLayout.JAVA_BYTE),
                            StandardCharsets.US_ASCII));
                } else {
                    assertEquals(Errno.EINVAL, errno(listing::readLink), "a folder is no link");
                }
            }
        }
        assertEquals(13, tree.readLink("7").byteSize());
        Files.delete(root.resolve("7"));
        assertEquals(Errno.ENOENT, errno(() -> tree.readLink("7")));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 16 * 1024 - 1, 16 * 1024, 16 * 1024 + 1, 70_000})
    void aFileIsReadUpToTheLimit(int size) throws IOException {
        var content = new byte[size];
        for (int i = 0; i < size; i++) {
            content[i] = (byte) (i * 7);
        }
        Files.write(root.resolve("file"), content);
        var tree = new FileTree(root);
        assertArrayEquals(content, tree.read("file", Integer.MAX_VALUE));
        assertArrayEquals(content, tree.read("file", 70_000));
        assertEquals(Math.min(size, 40_000), tree.read("file", 40_000).length);
        assertEquals(Math.min(size, 10), tree.read("file", 10).length);
    }

    @Test
    void aFileIsTheSameUntilItIsAnotherOne() throws IOException {
        Path file = Files.writeString(root.resolve("file"), "a");
        var tree = new FileTree(root);
        FileTree.Identity identity = tree.identity("file");
        assertEquals(identity, tree.identity("file"));
        assertEquals(Files.getAttribute(file, "unix:ino"), identity.inode());
        var changed = (FileTime) Files.getAttribute(file, "unix:ctime");
        assertEquals(changed.toInstant(), Instant.ofEpochSecond(identity.changedSeconds(), identity.changedNanos()));
        Files.writeString(root.resolve("other"), "b");
        Files.move(root.resolve("other"), file, StandardCopyOption.REPLACE_EXISTING);
        assertNotEquals(identity, tree.identity("file"));
    }

    @Test
    void everyRefusalHasItsErrno() throws IOException {
        Files.createFile(root.resolve("file"));
        var tree = new FileTree(root);
        assertEquals(Errno.ENOENT, errno(() -> tree.list("none")));
        assertEquals(Errno.ENOENT, errno(() -> tree.read("none", 10)));
        assertEquals(Errno.ENOENT, errno(() -> tree.identity("none")));
        assertEquals(Errno.ENOENT, errno(() -> new FileTree(root.resolve("none")).list("")));
        assertEquals(Errno.EINVAL, errno(() -> tree.read("ä", 10)), "names of other characters are not asked for");
        assertEquals(Errno.EINVAL, errno(() -> tree.read("file\0x", 10)));
        assertEquals(Errno.ENAMETOOLONG, errno(() -> tree.read("x".repeat(5_000), 10)));
        assertThrows(IllegalArgumentException.class, () -> new FileTree(Path.of("x/".repeat(3_000))));
        try (FileTree.Listing listing = tree.list("file")) {
            assertThrows(ErrnoException.class, listing::next, "a file has no entries");
        }
    }

    @Test
    void oneListingAtATimeAndADescriptorIsGivenBack() throws IOException {
        var tree = new FileTree(root);
        Files.createFile(root.resolve("1"));
        FileTree.Listing listing = tree.list("");
        assertThrows(IllegalStateException.class, () -> tree.list(""));
        assertEquals(0, tree.read("1", 10).length, "a file is read meanwhile");
        listing.close();
        assertThrows(IllegalStateException.class, listing::next);
        int before = numbers(new FileTree(Path.of("/proc/self")), "fd").size();
        for (int i = 0; i < 100; i++) {
            assertEquals(Set.of(1), without(numbers(tree, "").keySet()));
            assertEquals(Errno.ENOENT, errno(() -> tree.list("none")));
        }
        int after = numbers(new FileTree(Path.of("/proc/self")), "fd").size();
        assertTrue(after < before + 50, "100 times, and the JVM opens some of its own: " + before + ", " + after);
    }
}
