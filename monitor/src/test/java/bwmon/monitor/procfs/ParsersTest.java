package bwmon.monitor.procfs;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;

import bwmon.traffic.ByteCounts;
import bwmon.traffic.Endpoint;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ParsersTest {
    private static final String AFTER_NAME = " S 1 4711 4711 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 8192 10 18446744"
            + "073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0\n";

    private static final String SNMP = """
            Ip: Forwarding DefaultTTL InReceives ForwDatagrams InDelivers
            Ip: 1 64 900 77 800
            Icmp: InMsgs
            Icmp: 3
            """;

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @ValueSource(strings = {"curl", "Web Content", "a) S 9 9 9 (b", "((", "))", "", "a\nb", "tmux: server", "ä€"})
    void aNameMayHoldAnything(String comm) {
        assertEquals(Optional.of(new ProcessStat(4711, comm, false, 987654)),
                ProcessStat.parse(bytes("4711 (" + comm + ")" + AFTER_NAME)));
    }

    @Test
    void aKernelThreadIsToldByItsFlag() {
        var stat = ProcessStat.parse(bytes("2 (kthreadd)" + AFTER_NAME.replace("4194560", "2129984")));
        assertTrue(stat.orElseThrow().isKernelThread());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1", "1 (", "1 (a", "1 (a)", "1 (a) ", "1 (a) S 1 2", "(a) S", "x (a) S 1 2 3 4 5 6",
            "0 (a) S 1 4711 4711 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654",
            "1 (a) S 1 4711 4711 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 x"})
    void aStatOfAnotherFormIsNone(String content) {
        assertEquals(Optional.empty(), ProcessStat.parse(bytes(content)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"curl^-s^http://x/^|curl -s http://x/", "''|''",
            "nginx: worker process^^^^|nginx: worker process", "no end|no end", "a^^b^|a  b", "^|''"})
    void argumentsAreJoinedBySpaces(String content, String expected) {
        assertEquals(expected, CommandLine.parse(bytes(content.replace('^', '\0'))));
    }

    @Test
    void whatIsNoUtf8IsReplaced() {
        assertEquals("a\ufffd b", CommandLine.parse(new byte[]{'a', (byte) 0xc3, 0, 'b', 0}));
    }

    @Test
    void theEffectiveUserIsTheSecondNumber() {
        assertEquals(OptionalLong.of(33),
                ProcessStatus.effectiveUid(bytes("Name:\tx\nUid:\t0\t33\t0\t33\nGid:\t1\t2\n")));
        assertEquals(OptionalLong.of(4294967294L),
                ProcessStatus.effectiveUid(bytes("Uid:\t0\t4294967294\t0\t33")));
        assertEquals(OptionalLong.empty(), ProcessStatus.effectiveUid(bytes("Name:\tUid:\nUid:\t1\n")));
        assertEquals(OptionalLong.empty(), ProcessStatus.effectiveUid(bytes("")));
    }

    private static final String ID = "0123456789abcdef".repeat(4);
    private static final String OTHER = "f".repeat(64);

    @ParameterizedTest
    @CsvSource(nullValues = "none", value = {
            "/system.slice/docker-ID.scope, ID",
            "/docker/ID, ID",
            "/docker/ID/system.slice/nginx.service, ID",
            "/machine.slice/libpod-ID.scope/container, ID",
            "/machine.slice/libpod-conmon-ID.scope, none",
            "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-ID.scope, ID",
            "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1_2.slice/cri-containerd-ID.scope, ID",
            "/kubepods/besteffort/pod3f2a/ID, ID",
            "/kubepods.slice/kubepods-pod1.slice/crio-ID.scope, ID",
            "/docker/ID/kubepods/besteffort/pod1/OTHER, OTHER",
            "/lxc.payload.web1/system.slice/ssh.service, web1",
            "/lxc.payload/web1, web1",
            "/lxc/web1/init.scope, web1",
            "/lxc.monitor.web1, none",
            "/machine.slice/systemd-nspawn@build.service/payload, build",
            "/machine.slice/machine-my\\x2dbox.scope, my-box",
            "/machine.slice/machine-qemu\\x2d1\\x2dvm.scope, none",
            "/system.slice/nginx.service, none",
            "/, none"})
    void containersAreToldByTheirPath(String path, @Nullable String container) {
        String expected = container == null ? null : container.replace("ID", ID).replace("OTHER", OTHER);
        assertEquals(expected, Cgroups.container(path.replace("ID", ID).replace("OTHER", OTHER)));
    }

    @Test
    void theUnifiedPathIsTheOwnersAndOldHierarchiesMayNameTheContainer() {
        assertEquals(new Cgroups("/system.slice/cron.service", null),
                Cgroups.parse(bytes("0::/system.slice/cron.service\n")));
        assertEquals(new Cgroups("/", ID),
                Cgroups.parse(bytes("9:name=systemd:/\n4:memory:/docker/" + ID + "\n0::/\n")));
        assertEquals(new Cgroups(null, null), Cgroups.parse(bytes("rubbish\n1:cpu\n\n")));
        assertEquals(new Cgroups("/a:b", null), Cgroups.parse(bytes("0::/a:b\n")));
    }

    @ParameterizedTest
    @CsvSource({"socket:[4711], 4711", "socket:[0], 0", "pipe:[4711], -1", "socket:[], -1", "socket:[12, -1",
            "socket:[1x], -1", "/tmp/socket:[1], -1", "socket:[-1], -1", "socket:[1234567890123456789], -1"})
    void aSocketsLinkBearsItsInode(String target, long inode) {
        assertEquals(inode, SocketLink.inode(MemorySegment.ofArray(bytes(target))));
    }

    @Test
    void interfacesAreReadFromNetDev() {
        String content = """
                Inter-|   Receive                                                |  Transmit
                 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
                    lo:    3193      29    0    0    0     0          0         0     3194      30    0    0    0     0       0          0
                eth0:189482619    6805    0    0    0     0          0         0   775720    5717    0    0    0     0       0          0
                eth0:1: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16
                bad: 1 2 3
                worse: 1 2 3 4 5 6 7 x 9 10 11 12 13 14 15 -16
                """;
        assertEquals(Map.of("lo", ByteCounts.ofIp(3193, 3194, 29, 30), "eth0",
                ByteCounts.ofIp(189482619, 775720, 6805, 5717), "eth0:1", ByteCounts.ofIp(1, 9, 2, 10)),
                NetDev.parse(bytes(content)));
    }

    @Test
    void usersAreReadFromPasswd() {
        assertEquals(Map.of(0L, "root", 33L, "www-data"), Users.parse(bytes(
                "root:x:0:0:root:/root:/bin/bash\ntoor:x:0:0::/:\n#c\n+::::::\nwww-data:x:33:33::/:\nx:x:y:1:\n:x:7:\n")));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void anyBytesAreParsed(long seed) {
        var random = new Random(seed);
        var samples = List.of(bytes("4711 (a b)" + AFTER_NAME), bytes("0::/docker/" + ID + "\n1:cpu:/\n"),
                bytes("Uid:\t1\t2\t3\t4\n"), bytes("eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"),
                bytes("root:x:0:0:root:/root:/bin/bash\n"), bytes(SNMP));
        for (int i = 0; i < 5_000; i++) {
            byte[] sample = samples.get(random.nextInt(samples.size()));
            byte[] content = Arrays.copyOf(sample, random.nextInt(sample.length + 1));
            for (int flips = random.nextInt(6); flips > 0 && content.length > 0; flips--) {
                content[random.nextInt(content.length)] = (byte) random.nextInt();
            }
            ProcessStat.parse(content).ifPresent(stat -> assertTrue(stat.pid() > 0 && stat.startTicks() >= 0));
            assertTrue(CommandLine.parse(content).length() <= content.length);
            assertTrue(ProcessStatus.effectiveUid(content).orElse(0) >= 0);
            Cgroups.parse(content);
            NetDev.parse(content);
            assertTrue(Snmp.forwardedPackets(content) >= 0);
            Users.parse(content);
            assertTrue(SocketLink.inode(MemorySegment.ofArray(content)) >= -1);
        }
    }

    @Test
    void packetsPassedOnAreRead() {
        assertEquals(77, Snmp.forwardedPackets(bytes(SNMP)));
        assertEquals(12,
                Snmp.forwardedPackets(bytes("Ip6InReceives                  \t9\nIp6OutForwDatagrams  \t12\n")));
        assertEquals(0, Snmp.forwardedPackets(bytes("Ip: InReceives\nIp: 7\n")));
        assertEquals(0, Snmp.forwardedPackets(bytes("Ip: Forwarding ForwDatagrams\nIp: 1\n")), "cut");
    }

    @Test
    void addressesOfIpv6AreRead() throws IOException {
        String file = """
                fe8000000000000030d49efffe5a0b51 02 40 20 80     eth0
                00000000000000000000000000000001 01 80 10 80       lo
                0000000000000000000000000000000 01 80 10 80     short
                x
                """;
        Set<String> read = IfInet6.read(new ByteArrayInputStream(bytes(file))).stream()
                .map(address -> new Endpoint(address, 0).host()).collect(Collectors.toSet());
        assertEquals(Set.of("fe80::30d4:9eff:fe5a:b51", "::1"), read);
    }

    @Test
    void addressesOfIpv4AreReadFromTheRoutes() throws IOException {
        String file = """
                Local:
                  +-- 0.0.0.0/1 2 0 2
                     +-- 10.3.3.0/24 2 0 2
                           |-- 10.3.3.0
                              /24 link UNICAST
                           |-- 10.3.3.1
                              /32 host LOCAL
                        |-- 10.3.3.255
                           /32 link BROADCAST
                           |-- 10.3.3.999
                              /32 host LOCAL
                        |-- 127.0.0.0
                           /8 host LOCAL
                """;
        FibTrie read = FibTrie.read(new ByteArrayInputStream(bytes(file)));
        assertEquals("[/10.3.3.1]", read.local().toString());
        assertEquals("[/10.3.3.255]", read.broadcast().toString());
    }
}
