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
            new ApplicationRules("web", List.of(Match.of(Rule.command("nginx")), Match.of(Rule.command("httpd")))),
            new ApplicationRules("backup",
                    List.of(Match.of(new Rule.Name(Rule.pattern("borg"))), Match.of(Rule.command("nginx-backup")))));

    @ParameterizedTest
    @CsvSource({"/usr/sbin/nginx, web, RULE", "/usr/bin/borg create, backup, RULE", "nginx-backup, web, RULE",
            "/usr/bin/curl -s x, /usr/bin/curl -s x, ITSELF"})
    void theFirstRuleInOrderWins(String command, String application, Basis basis) {
        assertEquals(new Application(application, basis),
                new Grouper(RULES, AutoGroup.NONE).group(process(1, command), null));
    }

    @ParameterizedTest
    @CsvSource({"/usr/sbin/nginx, web, RULE", "/usr/bin/curl -s /x/y, curl, EXECUTABLE"})
    void theExecutableComesAfterTheRules(String command, String application, Basis basis) {
        assertEquals(new Application(application, basis),
                new Grouper(RULES, AutoGroup.EXECUTABLE).group(process(1, command), null));
    }

    @ParameterizedTest
    @CsvSource({"/usr/bin/curl -s http://x/y, curl", "curl, curl", "-bash, bash", "'sshd: root@pts/0', sshd",
            "'/opt/a b/c', a", "/, /", "'', ''", "-, -", "':', ':'"})
    void theExecutablesNameIsTheLastPartOfTheFirstWord(String command, String name) {
        assertEquals(name, Grouper.executable(command));
    }

    @Test
    void whatIsNoProcessStandsForItself() {
        var grouper = new Grouper(RULES, AutoGroup.EXECUTABLE);

        assertEquals(new Application("ssh", Basis.ITSELF),
                grouper.group(new Owner.Pipe("ssh", "pipe-2222:example.org:22"), null));
        assertEquals(new Application("unattributed: no-socket", Basis.ITSELF),
                grouper.group(new Owner.Unattributed(Owner.Cause.NO_SOCKET), null));
        assertEquals(new Application("127.0.0.1", Basis.ITSELF),
                grouper.group(new Owner.Host(InetAddress.ofLiteral("127.0.0.1")), null));
        assertEquals(new Application("voip", Basis.ITSELF), grouper.group(new Owner.QueueClass("eth0", "voip"), null));
    }

    @Test
    void anOwnerSeenBeforeIsNotSearchedAgain() {
        var grouper = new Grouper(RULES, AutoGroup.NONE);

        assertSame(grouper.group(process(1, "nginx"), null), grouper.group(process(1, "nginx"), null));
    }

    @Test
    void aProcessThatBecameAnotherProgramIsSearchedAnew() {
        var grouper = new Grouper(RULES, AutoGroup.NONE);
        grouper.group(process(1, "sh -c x"), null);

        assertEquals("web", grouper.group(process(1, "nginx"), null).name());
    }
}
