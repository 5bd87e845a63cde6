package bwmon.aggregator.grouping;

import java.net.InetAddress;
import java.util.List;

import bwmon.aggregator.usage.Application;
import bwmon.aggregator.usage.Application.Basis;
import bwmon.cli.Rule;
import bwmon.traffic.Owner;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static bwmon.aggregator.Samples.process;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

class GrouperTest {
    private static final List<ApplicationRules> RULES = List.of(
            new ApplicationRules("web", List.of(Rule.command("nginx"), Rule.command("httpd"))),
            new ApplicationRules("backup", List.of(new Rule.Name("borg"), Rule.command("nginx-backup"))));

    @ParameterizedTest
    @CsvSource({"/usr/sbin/nginx, web, RULE", "/usr/bin/borg create, backup, RULE", "nginx-backup, web, RULE",
            "/usr/bin/curl -s x, /usr/bin/curl -s x, ITSELF"})
    void theFirstRuleInOrderWins(String command, String application, Basis basis) {
        assertEquals(new Application(application, basis), new Grouper(RULES, false).group(process(1, command)));
    }

    @ParameterizedTest
    @CsvSource({"/usr/sbin/nginx, web, RULE", "/usr/bin/curl -s /x/y, curl, EXECUTABLE"})
    void theExecutableComesAfterTheRules(String command, String application, Basis basis) {
        assertEquals(new Application(application, basis), new Grouper(RULES, true).group(process(1, command)));
    }

    @ParameterizedTest
    @CsvSource({"/usr/bin/curl -s http://x/y, curl", "curl, curl", "-bash, bash", "'sshd: root@pts/0', sshd",
            "'/opt/a b/c', a", "/, /", "'', ''", "-, -", "':', ':'"})
    void theExecutablesNameIsTheLastPartOfTheFirstWord(String command, String name) {
        assertEquals(name, Grouper.executable(command));
    }

    @Test
    void whatIsNoProcessStandsForItself() {
        var grouper = new Grouper(RULES, true);

        assertEquals(new Application("ssh", Basis.ITSELF),
                grouper.group(new Owner.Pipe("ssh", "pipe-2222:example.org:22")));
        assertEquals(new Application("unattributed: no-socket", Basis.ITSELF),
                grouper.group(new Owner.Unattributed(Owner.Cause.NO_SOCKET)));
        assertEquals(new Application("127.0.0.1", Basis.ITSELF),
                grouper.group(new Owner.Host(InetAddress.ofLiteral("127.0.0.1"))));
        assertEquals(new Application("voip", Basis.ITSELF), grouper.group(new Owner.QueueClass("eth0", "voip")));
    }

    @Test
    void anOwnerSeenBeforeIsNotSearchedAgain() {
        var grouper = new Grouper(RULES, false);

        assertSame(grouper.group(process(1, "nginx")), grouper.group(process(1, "nginx")));
    }

    @Test
    void aProcessThatBecameAnotherProgramIsSearchedAnew() {
        var grouper = new Grouper(RULES, false);
        grouper.group(process(1, "sh -c x"));

        assertEquals("web", grouper.group(process(1, "nginx")).name());
    }
}
