package bwmon.aggregator.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import bwmon.aggregator.grouping.ApplicationRules;
import bwmon.aggregator.grouping.AutoGroup;
import bwmon.cli.ProgramException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ConfigurationFilesTest {
    private static final String SILENT = "notifications { n { no-traffic-for = 1m, application = old } }";

    @TempDir
    private Path directory = Path.of("");

    @BeforeEach
    void makeDirectory() throws IOException {
        Files.createDirectory(directory.resolve("conf.d"));
    }

    private Path file(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text);
    }

    private static Configuration read(Path file, Map<String, String> environment) throws ProgramException {
        return new ConfigurationFiles(file, null, null, null, AutoGroup.NONE).read(environment).configuration();
    }

    private static List<String> names(Configuration configuration) {
        return configuration.applications().stream().map(ApplicationRules::name).toList();
    }

    @Test
    void applicationsAreTriedInTheOrderOfTheFiles() throws Exception {
        // Names of files that sort the other way round.
        Path main = file("z.conf", "applications {\n z { match = a }\n y { match = a }\n}\ninclude \"a.conf\"\n");
        file("a.conf", "applications {\n\n\n\n\n\n x { match = a }\n}");
        file("conf.d/20.conf", "applications {\n c { match = a }\n z { match = b }\n}");
        file("conf.d/10.conf", "applications {\n\n\n\n d { match = a }\n}");
        file("conf.d/30.txt", "this is not read {");

        Configuration configuration = read(main, Map.of());
        assertEquals(List.of("z", "y", "x", "d", "c"), names(configuration));
        assertEquals("Command[pattern=b]",
                configuration.applications().getFirst().rules().getFirst().owner().getFirst().toString());
    }

    @Test
    void theEnvironmentWinsAndIsNamedInErrors() throws Exception {
        Path main = file("bwmon.conf", "max-rows = 1\nhealth-every = ${?EVERY}\n");
        file("conf.d/a.conf", "max-rows = 2\n");

        assertEquals(2, read(main, Map.of()).general().maxRows());
        assertEquals(3, read(main, Map.of("CONFIG_FORCE_max__rows", "3", "PATH", "/")).general().maxRows());
        assertEquals(7, read(main, Map.of("EVERY", "7")).general().healthEvery().toSeconds());
        var error = assertThrows(ProgramException.class, () -> read(main, Map.of("EVERY", "often")));
        assertEquals(
                "environment variable EVERY: health-every: 'often' is no length of time up to 100 years: expected one"
                        + " such as 500ms, 10s or 5m",
                error.getMessage());
        var forced = assertThrows(ProgramException.class,
                () -> read(main, Map.of("CONFIG_FORCE_sources_h_type", "tap")));
        assertEquals("environment variable CONFIG_FORCE_sources_h_type: sources.h.type: 'tap' is no source: expected"
                + " monitor or pipe", forced.getMessage());
    }

    @Test
    void aFaultInConfDIsNamedByItsOwnFile() throws Exception {
        Path main = file("bwmon.conf", "applications { a { match = x } }");
        Path more = file("conf.d/a.conf", "\napplications { a { match = \"(\" } }");
        var error = assertThrows(ProgramException.class, () -> read(main, Map.of()));
        assertTrue(String.valueOf(error.getMessage()).startsWith(more + ":2: applications.a.match[0].command: "),
                error.getMessage());
    }

    @Test
    void filesOfBwmon1ComeBehindTheHoconFile() throws Exception {
        Path main = file("bwmon.conf", "applications { new { match = x } }\n" + SILENT);
        Path old = file("apps", "[old]\na=b\n");
        var files = new ConfigurationFiles(main, null, old, null, AutoGroup.NONE);
        assertEquals(List.of("new", "old"), names(files.read(Map.of()).configuration()));

        Path clash = file("apps", "[old]\na=b\n[new]\na=b\n");
        var error = assertThrows(ProgramException.class, () -> files.read(Map.of()));
        assertTrue(String.valueOf(error.getMessage()).startsWith(clash + ":3: [new]: 'new' is the name of"),
                error.getMessage());
    }

    @Test
    void aProgramThatIsNotThereIsAWarningOnly() throws Exception {
        Path script = file("script", "");
        Path main = file("bwmon.conf", "notifications { a { everything = true, no-traffic-for = 1m, command = " + script
                + " }\n b { everything = true, no-traffic-for = 1m, command = /nowhere/x }\n"
                + "c { everything = true, no-traffic-for = 1m, command = logger } }");
        assertEquals(
                List.of("notification a: " + script + " may not be executed",
                        "notification b: /nowhere/x is not there"),
                new ConfigurationFiles(main, null, null, null, AutoGroup.NONE).read(Map.of()).warnings());
    }

    @Test
    void withoutAnyFileThereIsOneMonitor() throws Exception {
        assertEquals(Configuration.ofHost(AutoGroup.UNIT),
                new ConfigurationFiles(null, null, null, null, AutoGroup.UNIT).read(Map.of()).configuration());
    }
}
