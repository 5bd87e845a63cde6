package bwmon.aggregator.usage;

import java.util.Map;
import java.util.Set;

import bwmon.traffic.Owner;
import org.junit.jupiter.api.Test;

import static bwmon.aggregator.Samples.endpoint;
import static org.junit.jupiter.api.Assertions.assertEquals;

class PipeEndpointsTest {
    private static final Owner.Pipe PIPE = new Owner.Pipe("p", "pipe-1:h:2");

    @Test
    void anAddressIsMetThereAndNowhereElse() {
        var pipes = new PipeEndpoints(Map.of(endpoint("127.0.0.1:2222"), PIPE),
                Set.of(endpoint("192.0.2.1:0").address()));

        assertEquals(PIPE, pipes.at(endpoint("127.0.0.1:2222")));
        assertEquals(null, pipes.at(endpoint("127.0.0.1:2223")));
        assertEquals(null, pipes.at(endpoint("192.0.2.1:2222")));
    }

    @Test
    void theWildcardIsMetAtEveryAddressOfThisHostAndAtNoOtherHosts() {
        var pipes = new PipeEndpoints(Map.of(endpoint("0.0.0.0:443"), PIPE), Set.of(endpoint("192.0.2.1:0").address()));

        assertEquals(PIPE, pipes.at(endpoint("192.0.2.1:443")));
        assertEquals(PIPE, pipes.at(endpoint("127.0.0.7:443")));
        assertEquals(null, pipes.at(endpoint("198.51.100.1:443")));
        assertEquals(null, pipes.at(endpoint("192.0.2.1:80")));
    }
}
