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
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** Every program of the distribution has a man page that tells of each of its options, and that man(1) can show. */
class ManPagesIT {
    private static final Path HOME = Path.of("target/bwmon").toAbsolutePath();
    private static final Pattern LAUNCH = Pattern.compile("(?m)^launch ([\\w.]+) ");

    /** The launchers, so that a program that was forgotten in the pom.xml is found. */
    static List<Path> launchers() throws IOException {
        try (Stream<Path> files = Files.list(HOME.resolve("bin"))) {
            List<Path> launchers = files.filter(Files::isExecutable).sorted().toList();
            assertTrue(launchers.size() >= 2, () -> "too few programs: " + launchers);
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

    /** The page's text without fonts and escapes (groff_char(7), groff_man(7)), blanks made one. */
    private static String text(Path page) throws IOException {
        return Files.readString(page).replaceAll("\\\\f[BIPR]", "").replace("\\-", "-").replace("\\(aq", "'")
                .replace("\\&", "").replaceAll("\\\\[ ~]", " ").replaceAll("\\s+", " ");
    }

    @ParameterizedTest
    @MethodSource("launchers")
    void thePageTellsOfEveryOption(Path launcher) throws Exception {
        CommandLine command = command(launcher);
        assertEquals(launcher.getFileName().toString(), command.getCommandName());
        String text = text(page(launcher));
        for (OptionSpec option : command.getCommandSpec().options()) {
            for (String name : option.names()) {
                assertEquals(!option.hidden(), Pattern.compile("(?<![\\w-])" + Pattern.quote(name) + "(?![\\w-])")
                        .matcher(text).find(), () -> name + " in:\n" + text);
            }
            assertTrue(option.description().length > 0, () -> option.longestName() + " has no description");
        }
        for (PositionalParamSpec parameter : command.getCommandSpec().positionalParameters()) {
            if (!parameter.hidden()) {
                assertTrue(text.contains(parameter.paramLabel()), () -> parameter.paramLabel() + " in:\n" + text);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("launchers")
    void manShowsThePageWithoutAWarning(Path launcher) throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/man")), "man(1) is not installed");
        var man = new ProcessBuilder("/usr/bin/man", "--warnings", "--local-file", page(launcher).toString());
        man.environment().put("LC_ALL", "C.UTF-8");
        man.environment().put("MANWIDTH", "80");
        man.redirectErrorStream(true);
        Process process = man.start();
        process.getOutputStream().close();
        String shown = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertEquals(0, process.waitFor(), shown);
        String title = launcher.getFileName().toString().toUpperCase(Locale.ROOT) + "(1)";
        assertTrue(shown.startsWith(title), shown);
        assertTrue(shown.contains("\nNAME\n"), shown);
        assertTrue(shown.contains("--help"), shown);
    }
}
