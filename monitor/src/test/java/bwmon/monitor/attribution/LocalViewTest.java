package bwmon.monitor.attribution;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Set;

import bwmon.monitor.attribution.LocalView.End;
import bwmon.traffic.Endpoint;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** A host with 203.0.113.1 and 2001:db8::1 outside, 10.0.0.1 and 172.17.0.1 inside. */
class LocalViewTest {
    private static final LocalAddresses LOCAL = new LocalAddresses(
            Set.of(address("203.0.113.1"), address("2001:db8::1"), address("10.0.0.1"), address("172.17.0.1")),
            Set.of(address("10.0.0.255")));

    private static InetAddress address(String text) {
        return endpoint(text + ":0").address();
    }

    private static Endpoint endpoint(String text) {
        int colon = text.lastIndexOf(':');
        try {
            return new Endpoint(InetAddress.getByName(text.substring(0, colon)),
                    Integer.parseInt(text.substring(colon + 1)));
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    private static String text(LocalView view) {
        return switch (view) {
            case LocalView.Outgoing(End beginner) -> "out " + text(beginner);
            case LocalView.Incoming(End answerer) -> "in " + text(answerer);
            case LocalView.Internal(End beginner, End answerer) -> "both " + text(beginner) + " & " + text(answerer);
            case LocalView.Forwarded(End host, boolean isBeginner) ->
                "for " + host.local().address().getHostAddress() + (isBeginner ? " who began" : " who answers");
        };
    }

    private static String text(End end) {
        return end.local() + " to " + end.remote();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(textBlock = """
            client here,                  203.0.113.1:4000 198.51.100.7:443, 198.51.100.7:443 203.0.113.1:4000, out 203.0.113.1:4000 to 198.51.100.7:443
            client here by IPv6,          [2001:db8::1]:4000 [2001:db8:9::7]:443, [2001:db8:9::7]:443 [2001:db8::1]:4000, out [2001:db8::1]:4000 to [2001:db8:9::7]:443
            client here masqueraded,      10.0.0.1:4000 198.51.100.7:443, 198.51.100.7:443 203.0.113.1:61000, out 10.0.0.1:4000 to 198.51.100.7:443
            client here sent elsewhere,   203.0.113.1:4000 198.51.100.7:53, 192.0.2.9:5353 203.0.113.1:4000, out 203.0.113.1:4000 to 198.51.100.7:53
            server here,                  198.51.100.7:4000 203.0.113.1:22, 203.0.113.1:22 198.51.100.7:4000, in 203.0.113.1:22 to 198.51.100.7:4000
            server here on another port,  198.51.100.7:4000 203.0.113.1:80, 10.0.0.1:8080 198.51.100.7:4000, in 10.0.0.1:8080 to 198.51.100.7:4000
            transparent proxy here,       10.0.0.5:4000 198.51.100.7:80, 10.0.0.1:3128 10.0.0.5:4000, in 10.0.0.1:3128 to 10.0.0.5:4000
            server here source changed,   198.51.100.7:4000 203.0.113.1:22, 203.0.113.1:22 10.0.0.1:61000, in 203.0.113.1:22 to 10.0.0.1:61000
            both here by loopback,        127.0.0.1:4000 127.0.0.1:80, 127.0.0.1:80 127.0.0.1:4000, both 127.0.0.1:4000 to 127.0.0.1:80 & 127.0.0.1:80 to 127.0.0.1:4000
            both here by the own address, 203.0.113.1:4000 203.0.113.1:80, 203.0.113.1:80 203.0.113.1:4000, both 203.0.113.1:4000 to 203.0.113.1:80 & 203.0.113.1:80 to 203.0.113.1:4000
            both here redirected,         127.0.0.1:4000 127.0.0.3:8080, 127.0.0.1:8000 127.0.0.1:4000, both 127.0.0.1:4000 to 127.0.0.3:8080 & 127.0.0.1:8000 to 127.0.0.1:4000
            both here by IPv6,            [::1]:4000 [::1]:80, [::1]:80 [::1]:4000, both [::1]:4000 to [::1]:80 & [::1]:80 to [::1]:4000
            client of a published port,   10.0.0.1:4000 203.0.113.1:80, 172.17.0.2:8080 172.17.0.1:4000, out 10.0.0.1:4000 to 203.0.113.1:80
            masqueraded for a host,       10.0.0.5:4000 198.51.100.7:443, 198.51.100.7:443 203.0.113.1:61000, for 10.0.0.5 who began
            published for a container,    198.51.100.7:4000 203.0.113.1:80, 172.17.0.2:8080 198.51.100.7:4000, for 172.17.0.2 who answers
            published and masqueraded,    198.51.100.7:4000 203.0.113.1:80, 172.17.0.2:8080 172.17.0.1:61000, for 172.17.0.2 who answers
            routed out,                   10.0.0.5:4000 198.51.100.7:443, 198.51.100.7:443 10.0.0.5:4000, for 10.0.0.5 who began
            routed in,                    198.51.100.7:4000 10.0.0.5:443, 10.0.0.5:443 198.51.100.7:4000, for 10.0.0.5 who answers
            routed between networks,      198.51.100.7:4000 192.0.2.9:443, 192.0.2.9:443 198.51.100.7:4000, for 198.51.100.7 who began
            routed in by IPv6,            [2001:db8:9::7]:4000 [fd00::5]:443, [fd00::5]:443 [2001:db8:9::7]:4000, for fd00:0:0:0:0:0:0:5 who answers
            multicast from here,          10.0.0.1:5353 224.0.0.251:5353, 224.0.0.251:5353 10.0.0.1:5353, out 10.0.0.1:5353 to 224.0.0.251:5353
            multicast from another,       10.0.0.5:5353 224.0.0.251:5353, 224.0.0.251:5353 10.0.0.5:5353, in 224.0.0.251:5353 to 10.0.0.5:5353
            broadcast from another,       10.0.0.5:137 10.0.0.255:137, 10.0.0.255:137 10.0.0.5:137, in 10.0.0.255:137 to 10.0.0.5:137
            broadcast of nobody yet,      0.0.0.0:68 255.255.255.255:67, 255.255.255.255:67 0.0.0.0:68, in 255.255.255.255:67 to 0.0.0.0:68
            broadcast from here,          10.0.0.1:137 10.0.0.255:137, 10.0.0.255:137 10.0.0.1:137, out 10.0.0.1:137 to 10.0.0.255:137
            """)
    void endsAreFoundBySource(String name, String original, String reply, String expected) {
        String[] there = original.split(" ", -1);
        String[] back = reply.split(" ", -1);
        var ends = new FlowEnds(endpoint(there[0]), endpoint(there[1]), endpoint(back[0]), endpoint(back[1]));
        assertEquals(expected, text(LocalView.of(ends, LOCAL)), name);
    }
}
