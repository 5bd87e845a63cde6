package bwmon.cli;

import java.time.Duration;
import java.util.Random;

import bwmon.traffic.Owner;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

class RuleTest {
    private static Owner.Process process(int pid, String command) {
        String word = command.split(" ", 2)[0];
        return new Owner.Process(new Owner.ProcessId(pid, 1), word.substring(word.lastIndexOf('/') + 1), command,
                "root",
                "/", null, null);
    }

    @ParameterizedTest
    @CsvSource({"nginx, true", "^nginx, false", "^/usr/sbin/nginx, true", "-g daemon, true", "NGINX, false",
            "(?i)NGINX, true", "ngin[xy]\\b, true", "^$, false"})
    void anExpressionIsSearchedForAnywhere(String regex, boolean matches) {
        assertEquals(matches, Rule.command(regex).matches(process(1, "/usr/sbin/nginx -g daemon off;")));
    }

    @Test
    void aNameIsComparedInFull() {
        var rule = new Rule.Name(Rule.pattern("borg"));

        assertTrue(rule.matches(process(1, "/usr/bin/borg create")));
        assertFalse(rule.matches(process(1, "/usr/bin/borgmatic")));
    }

    @Test
    void pipesAreSearchedUnderTheNameTheyHadInBwmon1() {
        assertTrue(Rule.command("^pipe-2222").matches(new Owner.Pipe("ssh", "pipe-2222:example.org:22")));
    }

    @Test
    void nobodyIsMatchedByNoRule() {
        var nobody = new Owner.Unattributed(Owner.Cause.EXITED);

        assertFalse(Rule.command(".").matches(nobody));
        assertFalse(new Rule.Name(Rule.pattern("exited")).matches(nobody));
        assertFalse(new Rule.Executable(Rule.pattern(".*")).matches(nobody));
        assertFalse(new Rule.User("exited").matches(nobody));
        assertFalse(new Rule.Unit(Rule.pattern(".*")).matches(nobody));
        assertFalse(new Rule.Container("").matches(nobody));
        assertFalse(new Rule.Pipe(Rule.pattern(".*")).matches(nobody));
    }

    /** With java.util.regex this one would run until the end of the universe. */
    @Test
    void noExpressionTakesLongOverAnyCommandLine() {
        Rule evil = Rule.command("^(([a-z])+.)+[A-Z]([a-z])+$");
        Owner hostile = process(1, "a".repeat(2_000_000));

        assertFalse(assertTimeoutPreemptively(Duration.ofSeconds(20), () -> evil.matches(hostile)));
    }

    private static Owner.Process describedProcess() {
        return new Owner.Process(new Owner.ProcessId(1, 1), "nginx", "nginx: worker process", "www-data",
                "/user.slice/user@1000.service/app.slice/app-web.scope", "0123456789abcdef", "/usr/sbin/nginx");
    }

    @ParameterizedTest
    @CsvSource({"/usr/sbin/nginx, true", "nginx, true", "sbin/nginx, false", "ngin, false", ".*/ng.*, true",
            "/usr/sbin, false"})
    void theExecutableIsItsWholePathOrAllOfItsLastPart(String regex, boolean matches) {
        assertEquals(matches, new Rule.Executable(Rule.pattern(regex)).matches(describedProcess()));
        assertFalse(new Rule.Executable(Rule.pattern(".*")).matches(process(1, "/usr/sbin/nginx")), "not known");
    }

    @ParameterizedTest
    @CsvSource({"www-data, true", "www, false", "root, false"})
    void theUserIsTheWholeName(String user, boolean matches) {
        assertEquals(matches, new Rule.User(user).matches(describedProcess()));
        assertFalse(new Rule.User(user).matches(new Owner.Pipe(user, "pipe-1:a:1")));
    }

    @ParameterizedTest
    @CsvSource({"app-web.scope, true", "user@1000\\.service, true", "user@.*, true", "app-web, false", ".*, true",
            "0123, false"})
    void theUnitIsOneOfThoseOnThePath(String regex, boolean matches) {
        assertEquals(matches, new Rule.Unit(Rule.pattern(regex)).matches(describedProcess()));
        assertFalse(new Rule.Unit(Rule.pattern(regex)).matches(process(1, "a")), "in none");
    }

    @ParameterizedTest
    @CsvSource({"0123456789abcdef, true", "0123, true", "123, false", "0123456789abcdef0, false"})
    void theContainerIsTheBeginningOfItsId(String beginning, boolean matches) {
        assertEquals(matches, new Rule.Container(beginning).matches(describedProcess()));
        assertFalse(new Rule.Container(beginning).matches(process(1, "a")), "in none");
    }

    @ParameterizedTest
    @CsvSource({"ssh, true", "pipe-2222:example.org:22, true", "pipe, false", "ss, false"})
    void aPipeIsItsWholeNameOrTheOneItHadInBwmon1(String regex, boolean matches) {
        assertEquals(matches,
                new Rule.Pipe(Rule.pattern(regex)).matches(new Owner.Pipe("ssh", "pipe-2222:example.org:22")));
        assertFalse(new Rule.Pipe(Rule.pattern(".*")).matches(process(1, "ssh")));
    }

    @Test
    void noMoreThanSoMuchIsSearched() {
        Owner longLine = process(1, "a".repeat(Rule.MAX_SEARCHED) + "z");

        assertFalse(Rule.command("z").matches(longLine));
        assertTrue(Rule.command("a").matches(longLine));
    }

    @ParameterizedTest
    @ValueSource(strings = {"(a)\\1", "a(?=b)", "(?<!a)b", "(?>a)", "(?P=x)", "\\k<x>"})
    void whatTheSyntaxLacksIsSaid(String regex) {
        var error = assertThrows(IllegalArgumentException.class, () -> Rule.command(regex));

        assertTrue(String.valueOf(error.getMessage()).startsWith("'" + regex + "' is no regular expression: "),
                error.getMessage());
        assertTrue(String.valueOf(error.getMessage())
                .endsWith("; expected RE2 syntax, which has no lookaround, backreferences or atomic groups"),
                error.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"(", "a)", "[z", "*a", "a{2000}", "(?z)"})
    void whatIsSimplyBrokenIsSaidToo(String regex) {
        var error = assertThrows(IllegalArgumentException.class, () -> Rule.command(regex));

        assertFalse(String.valueOf(error.getMessage()).contains("RE2"), error.getMessage());
    }

    /** Some of them RE2 would need gigabytes or hours to read. */
    @ParameterizedTest
    @ValueSource(strings = {"(a{1,500}){1,500}", "(a{1,30}){1,30}", "(((a{1,100}){1,100}){1,100}){1,100}",
            "(?:(?:(?:){1000}){1000}){1000}", "a{1,1000}", "[^]x]{1000}{1000}", "(\\Q(((\\E{1000}){1000}",
            "((((((((((a{2}){2}){2}){2}){2}){2}){2}){2}){2}){2})",
            "(x{1000}x{1000,}){0,1000}", "(\\pL{900}){900}", "([[:alpha:]-\\]]{900}){900}"})
    void whatBecomesTooLargeIsRefusedAtOnce(String regex) {
        var error = assertTimeoutPreemptively(Duration.ofSeconds(10),
                () -> assertThrows(IllegalArgumentException.class, () -> Rule.command(regex)));

        assertTrue(String.valueOf(error.getMessage()).startsWith("'" + regex + "' is too large"), error.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"a{1,400}", "(a{1,15}){1,15}", "[{}]{3}", "a{,5}{b", "x{2,}(y|z)*", "[]a]{2}[^]]{2}",
            "\\Q{1000}{1000}\\E", "[[:alpha:]{9}{9}]{99}", "(?i)(firefox|chrom(e|ium)){1,3}", "\\{1000\\}{2}"})
    void whatIsLargeButNotTooLargeIsTaken(String regex) {
        assertEquals(regex, Rule.pattern(regex).pattern());
    }

    /** Whatever is read, the estimate is never much less than what RE2 makes of it. */
    @Test
    void theEstimateHoldsForRandomExpressions() {
        String[] parts = {"a", "b", "(", ")", "(", ")", "[ab]", "[^]]", "{1,3}", "{2}", "{0,4}", "{3,}", "*", "+", "?",
                "|",
                "\\d", ".", "(?:", "\\Qa{2}\\E", "\\x{41}", "[[:digit:]]", "^", "$"};
        var random = new Random(10);
        int compiled = 0;
        for (int i = 0; i < 100_000; i++) {
            var regex = new StringBuilder();
            int length = random.nextInt(12) + 1;
            for (int j = 0; j < length; j++) {
                regex.append(parts[random.nextInt(parts.length)]);
            }
            long estimate = ExpressionSize.of(regex.toString());
            if (estimate > 100_000) {
                continue;
            }
            try {
                int size = Pattern.compile(regex.toString()).programSize();
                assertTrue(size <= 2 * estimate + 10, () -> regex + ": " + size + ", not " + estimate);
                compiled++;
            } catch (PatternSyntaxException e) {
                assertTrue(estimate >= 0);
            }
        }
        assertTrue(compiled > 10_000, "only " + compiled);
    }

    @Test
    void anExpressionIsNeitherTooLongNorTooDeep() {
        assertEquals(900, Rule.pattern("a".repeat(900)).pattern().length());
        assertThrows(IllegalArgumentException.class, () -> Rule.pattern("a".repeat(Rule.MAX_EXPRESSION + 1)));
        Rule.pattern("(".repeat(Rule.MAX_NESTED) + "a" + ")".repeat(Rule.MAX_NESTED));
        assertThrows(IllegalArgumentException.class,
                () -> Rule.pattern("(".repeat(Rule.MAX_NESTED + 1) + "a" + ")".repeat(Rule.MAX_NESTED + 1)));
    }
}
