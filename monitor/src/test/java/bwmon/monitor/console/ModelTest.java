package bwmon.monitor.console;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;

import bwmon.cli.Account;
import bwmon.cli.Rule;
import bwmon.monitor.console.Listing.Amount;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Flow;
import bwmon.traffic.Owner;
import bwmon.traffic.Protocol;
import bwmon.traffic.Report;
import bwmon.traffic.SocketState;
import bwmon.traffic.SocketStates;
import bwmon.traffic.Usage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static bwmon.monitor.console.Samples.AT;
import static bwmon.monitor.console.Samples.LOCAL;
import static bwmon.monitor.console.Samples.SECOND;
import static bwmon.monitor.console.Samples.WEB;
import static bwmon.monitor.console.Samples.ip;
import static bwmon.monitor.console.Samples.model;
import static bwmon.monitor.console.Samples.moved;
import static bwmon.monitor.console.Samples.next;
import static bwmon.monitor.console.Samples.nobody;
import static bwmon.monitor.console.Samples.only;
import static bwmon.monitor.console.Samples.process;
import static bwmon.monitor.console.Samples.report;
import static bwmon.monitor.console.Samples.tcp;
import static bwmon.monitor.console.Samples.text;
import static bwmon.monitor.console.Samples.udp;
import static bwmon.monitor.console.Samples.usage;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ModelTest {
    private static final Owner CURL = process(1, "curl x", "ann", "/user.slice");
    private static final Owner CURL_2 = process(2, "curl x", "bob", "/user.slice");
    private static final Owner NGINX = process(3, "nginx", null, null);
    private static final Owner HOST = new Owner.Host(WEB.remote().address());

    @Test
    void everyGroupingHasEachByteOnce() {
        Picture picture = next(model(), usage(CURL, WEB, 10, 1),
                usage(CURL, udp("192.0.2.1:50000", "9.9.9.9:53"), 20, 2),
                usage(CURL_2, WEB, 30, 3), usage(NGINX, tcp("192.0.2.1:443", "203.0.113.9:39000"), 40, 4),
                usage(HOST, WEB, 50, 5), usage(nobody(Owner.Cause.EXITED), WEB, 60, 6),
                new Usage(nobody(Owner.Cause.UNTRACKED), null, ip(70, 7)), new Usage(NGINX, null, ip(80, 8)));

        Map<Grouping, Map<String, String>> expected = Map.of(
                Grouping.COMMAND, Map.of("curl x", "60/6", "nginx", "120/12", "forwarded for 198.51.100.7", "50/5",
                        "unattributed: exited", "60/6", "unattributed: untracked", "70/7"),
                Grouping.USER, Map.of("ann", "30/3", "bob", "30/3", "unknown user", "120/12",
                        "forwarded for 198.51.100.7", "50/5", "unattributed: exited", "60/6", "unattributed: untracked",
                        "70/7"),
                Grouping.CGROUP, Map.of("/user.slice", "60/6", "unknown control group", "120/12",
                        "forwarded for 198.51.100.7", "50/5", "unattributed: exited", "60/6", "unattributed: untracked",
                        "70/7"),
                Grouping.REMOTE, Map.of("198.51.100.7", "150/15", "9.9.9.9", "20/2", "203.0.113.9", "40/4",
                        "several remotes, not told apart", "80/8", "unattributed: untracked", "70/7"),
                Grouping.PROTOCOL, Map.of("tcp", "190/19", "udp", "20/2", "several protocols, not told apart", "80/8",
                        "unattributed: untracked", "70/7"),
                Grouping.PORT, Map.of("443/tcp used", "150/15", "53/udp used", "20/2", "443/tcp served", "40/4",
                        "several ports, not told apart", "80/8", "unattributed: untracked", "70/7"));
        expected.forEach((grouping, rows) -> assertEquals(rows, moved(picture, grouping, Amount.LAST),
                grouping.label()));
        assertEquals(6, picture.rows(Grouping.PROCESS).size(), "an equal command line hides nobody");
        assertEquals(8, picture.rows(Grouping.CONNECTION).size());
        for (Grouping grouping : Grouping.values()) {
            assertEquals("360/36", text(picture.total(grouping)), grouping.label());
        }
    }

    @Test
    void aNumberGivenToAnotherProcessIsAnotherRowAndAnotherProgramIsNot() {
        var id = new Owner.ProcessId(7, 100);
        Model model = model();
        next(model, usage(new Owner.Process(id, "sh", "sh -c x", "root", null, null, null), WEB, 1, 1));
        next(model, usage(new Owner.Process(id, "curl", "curl x", "root", null, null, null), WEB, 2, 2));
        Picture picture = next(model, usage(
                new Owner.Process(new Owner.ProcessId(7, 999), "later", "later", "root", null, null, null), WEB, 4, 4));

        assertEquals(Map.of("curl x", "3/3", "later", "4/4"), moved(picture, Grouping.PROCESS, Amount.TOTAL));
        assertEquals(Map.of("later", "4/4"), moved(picture, Grouping.PROCESS, Amount.LAST));
    }

    @Test
    void aPortIsTheServicesWhicheverEndOffersIt() {
        assertEquals("53/udp used", label(udp("10.0.0.1:40000", "10.0.0.2:53")));
        assertEquals("22/tcp served", label(tcp("10.0.0.1:22", "10.0.0.2:53211")));
        assertEquals("123/udp served", label(udp("10.0.0.1:123", "10.0.0.2:123")));
        assertEquals("67/udp served", label(udp("10.0.0.1:67", "0.0.0.0:0")));
        assertEquals("icmp", label(new Flow(Protocol.ICMP, Samples.endpoint("10.0.0.1:0"),
                Samples.endpoint("10.0.0.2:0"))));
    }

    private static String label(Flow flow) {
        return Grouping.PORT.subject(new Usage(CURL, flow, ByteCounts.ZERO)).label();
    }

    @Test
    void whatMovedBeforeTheStartCountsForTotalsAlone() {
        Model model = model();
        Picture before = model.before("conntrack", report(usage(CURL, WEB, 1000, 100)).usages(), AT);
        assertTrue(before.isBefore());
        assertEquals(Map.of(), moved(before, Grouping.PROCESS, Amount.LAST));
        assertEquals(Map.of("curl x", "1000/100"), moved(before, Grouping.PROCESS, Amount.TOTAL));
        Picture picture = next(model, usage(CURL, WEB, 10, 1));

        assertEquals(Map.of("curl x", "10/1"), moved(picture, Grouping.PROCESS, Amount.LAST));
        assertEquals(Map.of("curl x", "1010/101"), moved(picture, Grouping.PROCESS, Amount.TOTAL));
        assertEquals("10/1", text(picture.since().balance().named()));
    }

    @Test
    void whatTheFiltersLeaveOutIsSaidAndInNoOtherFigure() {
        var selection = new Selection(List.of(Rule.command("curl|nginx")), List.of(Rule.command("nginx")), Set.of(),
                Set.of(), true);
        var model = new Model(only(Grouping.PROCESS), selection, _ -> true);
        Picture picture = model.next(new Report("conntrack", SECOND, List.of(usage(CURL, WEB, 10, 1),
                usage(CURL, LOCAL, 20, 2), usage(NGINX, WEB, 40, 4), usage(process(9, "ssh"), WEB, 80, 8),
                usage(nobody(Owner.Cause.KERNEL), WEB, 160, 16)), Map.of("eth0", ip(300, 40)), ip(5, 0), 2), AT, null);

        assertEquals(Map.of("curl x", "10/1", "unattributed: kernel", "160/16"),
                moved(picture, Grouping.PROCESS, Amount.LAST));
        Account account = picture.account();
        assertEquals("140/14", text(account.leftOut()));
        assertEquals("10/1", text(account.balance().named()));
        assertEquals("160/16", text(account.unattributed()));
        assertEquals(-10, account.difference(Direction.RX).orElseThrow());
        assertEquals(9, account.difference(Direction.TX).orElseThrow());
        assertEquals(2, account.balance().lostEvents());
        assertEquals("5/0", text(account.balance().segmentation()));
    }

    @Test
    void processesAndUsersAreChosenByNumberAndName() {
        var pids = new Selection(List.of(), List.of(), Set.of(1), Set.of(), false);
        var users = new Selection(List.of(), List.of(), Set.of(), Set.of("bob"), false);
        Model byPid = new Model(only(Grouping.PROCESS), pids, _ -> true);
        Model byUser = new Model(only(Grouping.USER), users, _ -> true);
        Usage[] all = {usage(CURL, WEB, 1, 1), usage(CURL_2, WEB, 2, 2), usage(NGINX, WEB, 4, 4),
                usage(HOST, WEB, 8, 8)};

        assertEquals(Map.of("curl x", "1/1"), moved(next(byPid, all), Grouping.PROCESS, Amount.LAST));
        Picture picture = next(byUser, all);
        assertEquals(Map.of("bob", "2/2"), moved(picture, Grouping.USER, Amount.LAST));
        assertEquals("13/13", text(picture.account().leftOut()));
    }

    @Test
    void whatIsNotKnownIsNotZero() {
        Picture picture = next(model(), new Usage(CURL, WEB, ByteCounts.ofPayload(10, 1)), usage(NGINX, WEB, 1, 1));

        assertEquals(Map.of("curl x", "-/-", "nginx", "1/1"), moved(picture, Grouping.PROCESS, Amount.TOTAL));
        assertEquals("-/-", text(picture.account().balance().named()));
        assertTrue(picture.account().difference(Direction.RX).isEmpty(), "no interfaces, no difference");
    }

    @Test
    void rowsOfEndedProcessesAreFoldedFirstAndNoByteIsLost() {
        var alive = new HashSet<Integer>();
        var model = new Model(only(Grouping.PROCESS), Selection.everything(), id -> alive.contains(id.pid()), 20, 20);
        alive.add(1);
        next(model, usage(process(1, "old but alive"), WEB, 1000, 0));
        Picture picture = next(model);
        for (int pid = 2; pid <= 500; pid++) {
            picture = next(model, usage(process(pid, "short-lived " + pid), WEB, 1, 0),
                    usage(nobody(Owner.Cause.EXITED), WEB, 1, 0));
            assertTrue(picture.rows(Grouping.PROCESS).size() <= 21, "bounded");
        }

        Map<String, String> totals = moved(picture, Grouping.PROCESS, Amount.TOTAL);
        assertEquals("1000/0", totals.get("old but alive"));
        assertEquals("499/0", totals.get("unattributed: exited"));
        assertEquals("1/0", totals.get("short-lived 500"));
        assertTrue(totals.containsKey("no longer told apart"));
        assertEquals("1998/0", text(picture.total(Grouping.PROCESS)));
    }

    @ParameterizedTest
    @EnumSource(Grouping.class)
    void churnNeitherGrowsNorLosesAnythingWhateverIsSummedBy(Grouping grouping) {
        var random = new Random(1);
        var model = new Model(only(grouping), Selection.everything(), _ -> random.nextBoolean(), 50, 50);
        long sum = 0;
        Picture joined = null;
        long inPictures = 0;
        List<Owner.Cause> causes = List.of(Owner.Cause.values());
        for (int interval = 0; interval < 300; interval++) {
            var usages = new ArrayList<Usage>();
            for (int i = random.nextInt(120); i > 0; i--) {
                Owner owner = switch (random.nextInt(6)) {
                    case 0 -> nobody(causes.get(random.nextInt(causes.size())));
                    case 1 -> new Owner.Host(Samples.endpoint("10.0.0." + random.nextInt(256) + ":0").address());
                    default ->
                        process(1 + random.nextInt(100_000), "c" + random.nextInt(100_000), "u" + random.nextInt(99),
                                "/" + random.nextInt(99));
                };
                Flow flow = tcp("192.0.2.1:" + random.nextInt(65_536),
                        "198.51." + random.nextInt(256) + "." + random.nextInt(256) + ":" + random.nextInt(65_536));
                usages.add(new Usage(owner, random.nextInt(9) == 0 ? null : flow, ip(1, 0)));
            }
            sum += usages.size();
            Picture picture = model.next(new Report("x", SECOND, usages), AT, null);
            assertTrue(picture.rows(grouping).size() <= 50, () -> picture.rows(grouping).size() + " rows");
            assertEquals(sum, picture.total(grouping).bytes(Direction.RX).orElseThrow());
            assertEquals(usages.size(), last(picture, grouping), "in this interval");
            joined = joined == null ? picture : joined.then(picture);
            if (random.nextInt(4) == 0) {
                assertTrue(joined.rows(grouping).size() <= 60);
                inPictures += last(joined, grouping);
                joined = null;
            }
        }
        inPictures += joined == null ? 0 : last(joined, grouping);
        assertEquals(sum, inPictures, "a view that falls behind loses no byte");
    }

    private static long last(Picture picture, Grouping grouping) {
        return picture.rows(grouping).stream().mapToLong(row -> row.last().bytes(Direction.RX).orElseThrow()).sum();
    }

    @Test
    void picturesThatWereJoinedTellOfBothIntervals() {
        Model model = model();
        Picture before = model.before("conntrack", report(usage(CURL, WEB, 1000, 0)).usages(), AT);
        Picture first = next(model, usage(CURL, WEB, 10, 0), usage(NGINX, WEB, 5, 0));
        Picture second = model.next(report(usage(CURL, WEB, 20, 0)), AT.plusSeconds(1), null);
        Picture both = before.then(first).then(second);

        assertEquals(Map.of("curl x", "30/0", "nginx", "5/0"), moved(both, Grouping.PROCESS, Amount.LAST));
        assertEquals(Map.of("curl x", "1030/0", "nginx", "5/0"), moved(both, Grouping.PROCESS, Amount.TOTAL));
        assertEquals("35/0", text(both.account().balance().named()));
        assertEquals(Duration.ofSeconds(2), both.interval());
        assertEquals(AT.plusSeconds(1), both.at());
    }

    @Test
    void interfacesThatComeAndGoAreSummedUp() {
        Model model = model();
        Picture picture = next(model);
        for (int i = 0; i < 100; i++) {
            picture = model.next(new Report("x", SECOND, List.of(), Map.of("eth0", ip(1, 0), "veth" + i, ip(2, 0)), 0),
                    AT, null);
        }

        Map<String, ByteCounts> interfaces = picture.since().balance().interfaces();
        assertEquals(Set.of("eth0", "veth99", Account.GONE), interfaces.keySet());
        assertEquals("300/0", text(picture.since().interfaces()));
    }

    @Test
    void anIntervalWithoutAReportSaysSoAndKeepsTheTotals() {
        Model model = model();
        next(model, usage(CURL, WEB, 10, 1));
        Picture picture = model.failed("conntrack", "gone", AT);

        assertEquals("gone", picture.failure());
        assertEquals(Map.of(), moved(picture, Grouping.PROCESS, Amount.LAST));
        assertEquals(Map.of("curl x", "10/1"), moved(picture, Grouping.PROCESS, Amount.TOTAL));
        assertNull(next(model).failure());
    }

    @Test
    void socketsOfOthersAreLeftOutToo() {
        var selection = new Selection(List.of(), List.of(), Set.of(1), Set.of(), false);
        var model = new Model(Set.of(), selection, _ -> true);
        var none = OptionalLong.empty();
        var sockets = new SocketStates(List.of(new SocketState(WEB, "ESTABLISHED", CURL, none, none, 0, 0, true),
                new SocketState(WEB, "ESTABLISHED", CURL_2, none, none, 0, 0, true)), Map.of("TIME_WAIT", 3));
        SocketStates shown = model.next(report(), AT, sockets).sockets();

        assertTrue(shown != null && shown.sockets().size() == 1 && shown.sockets().getFirst().owner().equals(CURL));
    }

    @Test
    void aGroupingThatWasNotAskedForIsAnError() {
        Picture picture = next(new Model(only(Grouping.USER), Selection.everything(), _ -> true));

        assertThrows(IllegalArgumentException.class, () -> picture.rows(Grouping.PORT));
    }

    @Test
    void addressesOfIPv6AreWrittenAsRfc5952Does() {
        var address = new byte[16];
        address[0] = 0x20;
        address[1] = 0x01;
        address[15] = 1;
        var flow = new Flow(Protocol.UDP, Samples.endpoint("10.0.0.1:1"), Endpoint.of(address, 53));

        assertEquals("2001::1", Grouping.REMOTE.subject(new Usage(CURL, flow, ByteCounts.ZERO)).label());
        assertEquals("udp 10.0.0.1:1 -> [2001::1]:53 curl x",
                Grouping.CONNECTION.subject(new Usage(CURL, flow, ByteCounts.ZERO)).label());
    }
}
