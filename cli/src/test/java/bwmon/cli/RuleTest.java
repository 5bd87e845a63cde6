package bwmon.cli;

import java.time.Duration;

import bwmon.traffic.Owner;
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
    }

    /** With java.util.regex this one would run until the end of the universe. */
    @Test
    void noExpressionTakesLongOverAnyCommandLine() {
        Rule evil = Rule.command("^(([a-z])+.)+[A-Z]([a-z])+$");
        Owner hostile = process(1, "a".repeat(2_000_000));

        assertFalse(assertTimeoutPreemptively(Duration.ofSeconds(20), () -> evil.matches(hostile)));
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
}
