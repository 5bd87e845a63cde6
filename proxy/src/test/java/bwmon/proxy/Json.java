package bwmon.proxy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigSyntax;

/** JSON lines as a reader of them sees them: each has to be a whole object, and integers stay exact. */
final class Json {
    private static final ConfigParseOptions STRICT = ConfigParseOptions.defaults().setSyntax(ConfigSyntax.JSON);

    private Json() {}

    static Config parse(String line) {
        return ConfigFactory.parseString(line, STRICT);
    }

    static List<Config> lines(Path file) throws IOException {
        return Files.readAllLines(file).stream().map(Json::parse).toList();
    }

    static List<Config> lines(String text) {
        return text.lines().map(Json::parse).toList();
    }
}
