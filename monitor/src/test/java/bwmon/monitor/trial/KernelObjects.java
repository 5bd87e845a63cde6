package bwmon.monitor.trial;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.Assumptions;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** Programs, maps and links in the kernel, as bpftool(8) and the descriptors of a process show them. */
final class KernelObjects {
    private static final Path BPFTOOL = Path.of("/usr/sbin/bpftool");
    /** BPF_MAP_TYPE_HASH, linux/bpf.h: one that forgets nothing by itself. */
    private static final int HASH = 1;

    private KernelObjects() {}

    private static String bpftool(String... words) throws IOException, InterruptedException {
        Assumptions.assumeTrue(Files.isExecutable(BPFTOOL), "bpftool is not installed");
        var command = new ArrayList<>(List.of(BPFTOOL.toString(), "-j"));
        command.addAll(List.of(words));
        Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), command::toString);
        return said;
    }

    /** All that there are on this machine: {@code prog 12}, {@code map 3}, {@code link 4}. */
    static Set<String> all() throws IOException, InterruptedException {
        var names = new TreeSet<String>();
        for (String kind : List.of("prog", "map", "link")) {
            Matcher matcher = Pattern.compile("\"id\":(\\d+),\"type\"").matcher(bpftool(kind, "show"));
            while (matcher.find()) {
                names.add(kind + " " + matcher.group(1));
            }
        }
        return names;
    }

    /** Those that the process with that number holds by a descriptor, proc_pid_fdinfo(5). */
    static Set<String> heldBy(long pid) throws IOException {
        var names = new TreeSet<String>();
        for (String info : infos(pid)) {
            for (String kind : List.of("prog", "map", "link")) {
                number(info, kind + "_id").stream().map(id -> kind + " " + id).forEach(names::add);
            }
        }
        return names;
    }

    /** How many entries the hash tables have that this process holds. */
    static long entries() throws IOException, InterruptedException {
        long count = 0;
        for (String info : infos(ProcessHandle.current().pid())) {
            if (number(info, "map_type").contains(HASH)) {
                for (int id : number(info, "map_id")) {
                    count += Pattern.compile("\"key\":").matcher(bpftool("map", "dump", "id", Integer.toString(id)))
                            .results().count();
                }
            }
        }
        return count;
    }

    private static List<Integer> number(String info, String name) {
        return Pattern.compile("(?m)^" + name + ":\\s*(\\d+)").matcher(info).results()
                .map(found -> Integer.valueOf(found.group(1))).toList();
    }

    private static List<String> infos(long pid) throws IOException {
        var infos = new ArrayList<String>();
        try (Stream<Path> files = Files.list(Path.of("/proc/" + pid + "/fdinfo"))) {
            for (Path file : files.toList()) {
                read(file).ifPresent(infos::add);
            }
        }
        return infos;
    }

    /** Nothing where it was closed meanwhile, as the one that listed the folder is. */
    private static Optional<String> read(Path info) throws IOException {
        try {
            return Optional.of(Files.readString(info));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }
}
