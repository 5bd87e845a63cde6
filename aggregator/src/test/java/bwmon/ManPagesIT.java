package bwmon;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** Every program of the distribution has a man page that tells of each of its options, and that man(1) can show. */
class ManPagesIT {
    private static final Path HOME = Path.of("target/bwmon").toAbsolutePath();
    private static final Path MAN = Path.of("/usr/bin/man");
    private static final Pattern LAUNCH = Pattern.compile("(?m)^launch ([\\w.]+) ");

    /** The launchers, so that a program that was forgotten in the pom.xml is found. */
    static List<Path> launchers() throws IOException {
        try (Stream<Path> files = Files.list(HOME.resolve("bin"))) {
            List<Path> launchers = files.filter(Files::isExecutable).sorted().toList();
            assertTrue(launchers.size() >= 3, () -> "too few programs: " + launchers);
            return launchers;
        }
    }

    private static CommandLine command(Path launcher) throws IOException, ReflectiveOperationException {
        var main = LAUNCH.matcher(Files.readString(launcher));
        assertTrue(main.find(), () -> launcher + " names no main class");
        return new CommandLine(Class.forName(main.group(1)).getDeclaredConstructor().newInstance());
    }

    private static Path page(Path launcher) {
        return HOME.resolve("share/man/man1").resolve(launcher.getFileName() + ".1");
    }

    /**
     * The page as man(1) shows it on an endless line, so that nothing is hyphenated; blanks made one, typographic quotes
     * plain.
     */
    private static String text(Path page) throws IOException, InterruptedException {
        return plain(man(page, 10_000));
    }

    private static String plain(String text) {
        return text.replace('\u2019', '\'').replace('\u2018', '\'').replaceAll("[\u201c\u201d]", "\"")
                .replaceAll("\\s+", " ").strip();
    }

    private static String man(Path page, int width) throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(MAN), MAN + " is not installed");
        var man = new ProcessBuilder(MAN.toString(), "--warnings", "--local-file", page.toString());
        man.environment().put("LC_ALL", "C.UTF-8");
        man.environment().put("MANWIDTH", Integer.toString(width));
        man.redirectErrorStream(true);
        Process process = man.start();
        process.getOutputStream().close();
        String shown = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertEquals(0, process.waitFor(), shown);
        return shown;
    }

    @ParameterizedTest
    @MethodSource("launchers")
    void thePageTellsOfEveryOption(Path launcher) throws Exception {
        CommandSpec command = command(launcher).getCommandSpec();
        assertEquals(launcher.getFileName().toString(), command.name());
        String text = text(page(launcher));
        for (OptionSpec option : command.options()) {
            if (!option.hidden()) {
                for (String name : option.names()) {
                    assertTrue(Pattern.compile("(?<![\\w-])" + Pattern.quote(name) + "(?![\\w-])").matcher(text).find(),
                            () -> name + " is not in:\n" + text);
                }
                tells(text, option);
            }
        }
        for (PositionalParamSpec parameter : command.positionalParameters()) {
            if (!parameter.hidden()) {
                assertTrue(text.contains(parameter.paramLabel()),
                        () -> parameter.paramLabel() + " is not in:\n" + text);
                tells(text, parameter);
            }
        }
        for (String line : command.usageMessage().description()) {
            assertTrue(text.contains(plain(line)), () -> line + " is not in:\n" + text);
        }
    }

    private static void tells(String text, ArgSpec option) {
        String description = plain(String.join(" ", option.description()));
        assertFalse(description.isEmpty(), () -> option + " has no description");
        assertTrue(text.contains(description), () -> description + " is not in:\n" + text);
    }

    @ParameterizedTest
    @MethodSource("launchers")
    void manShowsThePageWithoutAWarning(Path launcher) throws Exception {
        String shown = man(page(launcher), 80);
        String title = launcher.getFileName().toString().toUpperCase(Locale.ROOT) + "(1)";
        assertTrue(shown.startsWith(title), shown);
        assertTrue(shown.contains("\nNAME\n"), shown);
        assertTrue(shown.lines().allMatch(line -> line.length() <= 80), shown);
    }
}
