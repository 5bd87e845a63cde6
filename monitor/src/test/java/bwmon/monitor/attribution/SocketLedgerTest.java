package bwmon.monitor.attribution;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

import bwmon.monitor.attribution.SocketLedger.Answers;
import bwmon.monitor.attribution.SocketLedger.Questions;
import bwmon.monitor.attribution.SocketOwners.Found;
import bwmon.monitor.attribution.SocketOwners.Holder;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Flow;
import bwmon.traffic.Owner;
import bwmon.traffic.Protocol;
import bwmon.traffic.Usage;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class SocketLedgerTest {
    private static final Endpoint REMOTE = Endpoint.of(new byte[]{9, 9, 9, 9}, 443);
    private static final Holder CURL = holder(70, "curl");
    private static final Holder SERVER = holder(80, "server");

    private static final Segments SEGMENTS = new Segments(0, 0, 0, 52);

    private final SocketLedger ledger = new SocketLedger(true);

    private static Holder holder(int pid, String name) {
        return new Holder(new Owner.Process(new Owner.ProcessId(pid, pid), name, name, null, null, null, null), 3);
    }

    private static Flow flow(int localPort) {
        return new Flow(Protocol.TCP, Endpoint.of(new byte[]{10, 0, 0, 1}, localPort), REMOTE);
    }

    private static SocketSample socket(long cookie, long inode, long rx, long tx) {
        return new SocketSample(cookie, inode, flow((int) cookie), false, rx, tx, SEGMENTS);
    }

    private static SocketSample listener(long cookie, long inode, Endpoint local) {
        return SocketSample.uncounted(cookie, inode, new Flow(Protocol.TCP, local, Endpoint.of(new byte[4], 0)), true);
    }

    private static Usage usage(Owner owner, int localPort, long rx, long tx) {
        return new Usage(owner, flow(localPort), ByteCounts.ofPayload(rx, tx));
    }

    private static Owner unattributed(Owner.Cause cause) {
        return new Owner.Unattributed(cause);
    }

    private static Answers found(Map<Long, Holder> holders) {
        return new Answers(Map.of(), new Found(holders, 0), Set.of(), _ -> null);
    }

    private static final Answers NOTHING = found(Map.of());

    private List<Usage> settle(Answers answers, SocketSample... open) {
        return settle(List.of(open), List.of(), answers);
    }

    private List<Usage> settle(List<SocketSample> open, List<SocketSample> destroyed, Answers answers) {
        return ledger.settle(open, destroyed, answers).stream()
                .filter(settled -> settled.rxPayload() > 0 || settled.txPayload() > 0)
                .map(settled -> new Usage(settled.owner(), settled.sample().flow(),
                        ByteCounts.ofPayload(settled.rxPayload(), settled.txPayload())))
                .toList();
    }

    @Test
    void aSocketThatWasLookedForAtOnceIsKnownByItsCookie() {
        var prompt = new Answers(Map.of(), Found.NOTHING, Set.of(), cookie -> cookie == 1 ? CURL : null);
        assertEquals(List.of(usage(CURL.process(), 1, 3, 4)),
                settle(List.of(), List.of(socket(1, 0, 3, 4)), prompt), "over before the first look");
    }

    @Test
    void aSocketThatIsConnectedAnewToTheSamePeerCountsAnew() {
        ledger.settle(List.of(new SocketSample(1, 0, flow(1), false, 900, 900, new Segments(9, 9, 0, 52))), List.of(),
                NOTHING);
        SettledSocket settled = ledger.settle(
                List.of(new SocketSample(1, 0, flow(1), false, 200, 300, new Segments(2, 3, 0, 52))), List.of(),
                NOTHING)
                .getFirst();
        assertEquals(List.of(200L, 300L, 2L, 3L), List.of(settled.rxPayload(), settled.txPayload(),
                settled.rxSegments(), settled.txSegments()));
    }

    @Test
    void segmentsAreCountedFromTheFirstSightOfASocketAndMayWrapRound() {
        ledger.settle(List.of(segments(1, -3, 5)), List.of(), NOTHING);
        SettledSocket settled = ledger.settle(List.of(segments(1, 4, 9)), List.of(), NOTHING).getFirst();
        assertEquals(7, settled.rxSegments());
        assertEquals(4, settled.txSegments());
        assertFalse(settled.isNew());
        assertTrue(ledger.settle(List.of(), List.of(segments(2, 1, 1)), NOTHING).getFirst().isNew());
    }

    private static SocketSample segments(long cookie, int received, int sent) {
        return new SocketSample(cookie, 0, flow(1), false, 0, 0, new Segments(received, sent, 0, 52));
    }

    @Test
    void eachDifferenceIsHandedOutOnce() {
        SocketSample first = socket(1, 100, 10, 20);
        assertEquals(new Questions(Set.of(100L), Map.of(), List.of()), ledger.questions(List.of(first)));
        assertEquals(List.of(usage(CURL.process(), 1, 10, 20)), settle(found(Map.of(100L, CURL)), first));
        assertEquals(new Questions(Set.of(), Map.of(), List.of()), ledger.questions(List.of(first)), "nothing moved");
        assertEquals(List.of(), settle(NOTHING, first));

        SocketSample second = socket(1, 100, 15, 20);
        assertEquals(new Questions(Set.of(), Map.of(100L, CURL), List.of()), ledger.questions(List.of(second)));
        assertEquals(List.of(usage(CURL.process(), 1, 5, 0)),
                settle(new Answers(Map.of(100L, CURL), Found.NOTHING, Set.of(), _ -> null), second));
    }

    private Questions move(long cookie, long bytes) {
        SocketSample moved = socket(cookie, 100 + cookie, bytes, 0);
        Questions questions = ledger.questions(List.of(moved));
        settle(new Answers(questions.known(), Found.NOTHING, Set.of(), _ -> null), moved);
        return questions;
    }

    @Test
    void aHolderThatWasConfirmedOftenIsConfirmedRarely() {
        for (long cookie = 1; cookie <= SocketLedger.CONFIRM_EVERY; cookie++) {
            settle(found(Map.of(100 + cookie, CURL)), socket(cookie, 100 + cookie, 0, 0));
            long bytes = 0;
            for (int i = 0; i < SocketLedger.PROMPT_CONFIRMATIONS; i++) {
                assertEquals(Map.of(100 + cookie, CURL), move(cookie, ++bytes).known());
            }
            int turn = 0;
            while (move(cookie, ++bytes).trusted().equals(List.of(new SocketLedger.Held(100 + cookie, CURL)))) {
                turn++;
            }
            assertEquals(cookie % SocketLedger.CONFIRM_EVERY, turn, "by turns");
            for (int i = 1; i < SocketLedger.CONFIRM_EVERY; i++) {
                assertEquals(Map.of(), move(cookie, ++bytes).known());
            }
            assertEquals(Map.of(100 + cookie, CURL), move(cookie, ++bytes).known());
        }
    }

    @Test
    void aNewHolderIsConfirmedAtEachLookAgain() {
        settle(found(Map.of(101L, CURL)), socket(1, 101, 0, 0));
        for (int i = 1; i <= SocketLedger.PROMPT_CONFIRMATIONS; i++) {
            move(1, i);
        }
        assertEquals(Map.of(), ledger.questions(List.of(socket(1, 101, 50, 0))).known());
        settle(found(Map.of(101L, SERVER)), socket(1, 101, 50, 0));
        assertEquals(Map.of(101L, SERVER), move(1, 51).known());
    }

    @Test
    void theOwnerStaysUntilTheLastBytes() {
        settle(found(Map.of(100L, CURL)), socket(1, 100, 0, 0));
        SocketSample orphan = socket(1, 0, 0, 7);
        assertEquals(new Questions(Set.of(), Map.of(), List.of()), ledger.questions(List.of(orphan)),
                "nobody to be asked");
        assertEquals(List.of(usage(CURL.process(), 1, 0, 7)), settle(NOTHING, orphan));
        assertEquals(List.of(usage(CURL.process(), 1, 3, 1)),
                settle(List.of(), List.of(socket(1, 0, 3, 8)), NOTHING));
        assertFalse(ledger.knows(1));
        assertEquals(0, ledger.size());
    }

    @Test
    void aSocketThatLeftTheListIsRememberedUntilItsEndIsTold() {
        settle(found(Map.of(100L, CURL)), socket(1, 100, 5, 5));
        assertEquals(List.of(), settle(NOTHING));
        assertEquals(List.of(), settle(NOTHING));
        assertTrue(ledger.knows(1));
        assertEquals(List.of(usage(CURL.process(), 1, 2, 0)),
                settle(List.of(), List.of(socket(1, 0, 7, 5)), NOTHING));

        var withoutNotices = new SocketLedger(false);
        withoutNotices.settle(List.of(socket(1, 100, 5, 5)), List.of(), NOTHING);
        withoutNotices.settle(List.of(), List.of(), NOTHING);
        assertEquals(0, withoutNotices.size());
    }

    @Test
    void aSocketThatWasGivenAwayIsItsNewHolders() {
        settle(found(Map.of(100L, SERVER)), socket(1, 100, 5, 5));
        Holder child = holder(81, "child");
        assertEquals(List.of(usage(child.process(), 1, 1, 0)),
                settle(found(Map.of(100L, child)), socket(1, 100, 6, 5)));
        assertEquals(List.of(usage(child.process(), 1, 1, 0)), settle(NOTHING, socket(1, 100, 7, 5)),
                "nobody else was found");
    }

    @Test
    void aConnectionThatWasNeverHeldBelongsToWhoListens() {
        Endpoint any = Endpoint.of(new byte[4], 8);
        Answers answers = found(Map.of(900L, SERVER));
        assertEquals(List.of(usage(SERVER.process(), 8, 1, 2)), settle(List.of(listener(50, 900, any)),
                List.of(socket(8, 0, 1, 2)), answers));
        assertEquals(List.of(usage(unattributed(Owner.Cause.EXITED), 9, 1, 2)),
                settle(List.of(), List.of(socket(9, 0, 1, 2)), NOTHING));
        assertEquals(List.of(), settle(List.of(), List.of(), NOTHING));
        assertEquals(List.of(usage(unattributed(Owner.Cause.EXITED), 8, 1, 2)),
                settle(List.of(), List.of(socket(8, 0, 1, 2)), NOTHING), "nobody has listened for two looks");
    }

    @Test
    void whoListensAtTheAddressComesBeforeWhoListensEverywhere() {
        settle(found(Map.of(900L, SERVER, 901L, CURL)), listener(50, 900, Endpoint.of(new byte[4], 8)),
                listener(51, 901, flow(8).local()));
        assertEquals(List.of(usage(CURL.process(), 8, 1, 2)),
                settle(List.of(), List.of(socket(8, 0, 1, 2)), NOTHING), "as of the look before");
    }

    private static SocketSample everywhere(long cookie, int addressBytes, boolean v6Only) {
        var local = Endpoint.of(new byte[addressBytes], 8);
        return SocketSample.uncounted(cookie, cookie, new Flow(Protocol.TCP, local, Endpoint.of(new byte[4], 0)), true,
                v6Only);
    }

    /** IPv4's server and IPv6's may be two programs; socket(8, ...) is of IPv4. */
    @Test
    void whoListensForIpv6OnlyGetsNoIpv4() {
        settle(found(Map.of(50L, CURL)), everywhere(50, 16, true));
        assertEquals(List.of(usage(unattributed(Owner.Cause.EXITED), 8, 1, 0)),
                settle(List.of(), List.of(socket(8, 0, 1, 0)), NOTHING));

        // CURL began earlier, and would have it of two on one port.
        settle(found(Map.of(50L, CURL, 51L, SERVER)), everywhere(50, 16, true), everywhere(51, 4, false));
        assertEquals(List.of(usage(SERVER.process(), 8, 2, 0)),
                settle(List.of(), List.of(socket(8, 0, 2, 0)), NOTHING));
    }

    @Test
    void whoListensForBothGetsIpv4UnlessSomebodyElseListensForIt() {
        settle(found(Map.of(50L, CURL)), everywhere(50, 16, false));
        assertEquals(List.of(usage(CURL.process(), 8, 1, 0)),
                settle(List.of(), List.of(socket(8, 0, 1, 0)), NOTHING));

        settle(found(Map.of(50L, CURL, 51L, SERVER)), everywhere(50, 16, false), everywhere(51, 4, false));
        assertEquals(List.of(usage(SERVER.process(), 8, 2, 0)),
                settle(List.of(), List.of(socket(8, 0, 2, 0)), NOTHING));
    }

    @Test
    void whoListensForIpv4GetsNoIpv6() {
        var six = new Flow(Protocol.TCP, Endpoint.ofIpv6(1, 1, 8), Endpoint.ofIpv6(1, 2, 443));
        settle(found(Map.of(50L, CURL, 51L, SERVER)), everywhere(50, 4, false), everywhere(51, 16, true));
        assertEquals(List.of(new Usage(SERVER.process(), six, ByteCounts.ofPayload(1, 0))),
                settle(List.of(), List.of(new SocketSample(8, 0, six, false, 1, 0, SEGMENTS)), NOTHING));
    }

    @Test
    void aConnectionIsTheListenersUntilItIsAccepted() {
        Endpoint any = Endpoint.of(new byte[16], 8);
        SocketSample listening = listener(50, 900, any);
        assertEquals(List.of(usage(SERVER.process(), 8, 1, 0)),
                settle(found(Map.of(900L, SERVER)), listening, socket(8, 0, 1, 0)));
        SocketSample accepted = socket(8, 77, 3, 0);
        assertEquals(Set.of(77L), ledger.questions(List.of(listening, accepted)).unknown());
        Holder child = holder(81, "child");
        assertEquals(List.of(usage(child.process(), 8, 2, 0)),
                settle(found(Map.of(77L, child)), listening, accepted));
    }

    /** Between fork in a server and close in its parent a search may miss a socket that has a holder all the time. */
    @Test
    void aHolderThatWasMissedIsSearchedAgain() {
        var missed = new Answers(Map.of(), new Found(Map.of(), 1), Set.of(100L), _ -> null);
        settle(missed, socket(1, 100, 1, 0));
        SocketSample moved = socket(1, 100, 2, 0);
        assertEquals(Set.of(100L), ledger.questions(List.of(moved)).unknown());
        Holder child = holder(81, "child");
        assertEquals(List.of(usage(child.process(), 1, 1, 0)), settle(found(Map.of(100L, child)), moved));
    }

    @Test
    void aSocketThatNobodyHoldsIsSearchedEverMoreRarely() {
        var missed = new Answers(Map.of(), Found.NOTHING, Set.of(100L), _ -> null);
        int searches = 0;
        for (int look = 1; look <= 2000; look++) {
            SocketSample moved = socket(1, 100, look, 0);
            boolean asked = !ledger.questions(List.of(moved)).unknown().isEmpty();
            searches += asked ? 1 : 0;
            settle(asked ? missed : found(Map.of()), moved);
        }
        assertTrue(searches > 4 && searches < 30, searches + " searches in 2,000 looks");
    }

    @Test
    void whatHasNoHolderHasACause() {
        SocketSample kernels = socket(1, 100, 1, 1);
        assertEquals(List.of(usage(unattributed(Owner.Cause.KERNEL), 1, 1, 1)),
                settle(new Answers(Map.of(), Found.NOTHING, Set.of(100L), _ -> null), kernels));
        assertEquals(Set.of(), ledger.questions(List.of(kernels)).unknown(), "nothing moved: nothing to ask");
        assertEquals(List.of(usage(unattributed(Owner.Cause.NO_PERMISSION), 2, 1, 1)),
                settle(new Answers(Map.of(), new Found(Map.of(), 3), Set.of(200L), _ -> null), socket(2, 200, 1, 1)));
        SocketSample gone = socket(3, 300, 1, 1);
        assertEquals(List.of(usage(unattributed(Owner.Cause.EXITED), 3, 1, 1)),
                settle(new Answers(Map.of(), new Found(Map.of(), 3), Set.of(), _ -> null), gone));
        assertEquals(Set.of(300L), ledger.questions(List.of(gone)).unknown(), "asked again");
    }

    @Test
    void noCounterFallsOnOneConnection() {
        settle(found(Map.of(100L, CURL)), socket(1, 100, 10, 1000));
        assertEquals(List.of(), settle(NOTHING, socket(1, 100, 9, 900)));
        assertEquals(List.of(usage(CURL.process(), 1, 1, 1)), settle(NOTHING, socket(1, 100, 11, 1001)));
    }

    @Test
    void aSocketThatIsConnectedAnewCountsAnew() {
        settle(found(Map.of(100L, CURL)), socket(1, 100, 10, 1000));
        var anew = new SocketSample(1, 100, flow(2), false, 12, 3, SEGMENTS);
        assertEquals(List.of(usage(CURL.process(), 2, 12, 3)), settle(NOTHING, anew));
        assertEquals(List.of(), settle(NOTHING, anew));
    }

    @Test
    void whatLeftWithoutANoticeIsBounded() {
        var many = new ArrayList<SocketSample>();
        for (int i = 1; i <= SocketLedger.DEPARTED_LIMIT + 10; i++) {
            many.add(new SocketSample(i, 0, flow(1), false, 1, 1, SEGMENTS));
        }
        ledger.settle(many, List.of(), NOTHING);
        ledger.settle(List.of(), List.of(), NOTHING);
        assertEquals(SocketLedger.DEPARTED_LIMIT, ledger.size());
    }
}
