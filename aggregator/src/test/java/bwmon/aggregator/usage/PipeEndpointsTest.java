package bwmon.aggregator.usage;

import java.util.Set;

import org.junit.jupiter.api.Test;

import static bwmon.aggregator.Samples.endpoint;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class PipeEndpointsTest {
    @Test
    void anAddressIsMetThereAndNowhereElse() {
        var pipes = new PipeEndpoints(Set.of(endpoint("127.0.0.1:2222")), Set.of(endpoint("192.0.2.1:0").address()));

        assertTrue(pipes.test(endpoint("127.0.0.1:2222")));
        assertFalse(pipes.test(endpoint("127.0.0.1:2223")));
        assertFalse(pipes.test(endpoint("192.0.2.1:2222")));
    }

    @Test
    void theWildcardIsMetAtEveryAddressOfThisHostAndAtNoOtherHosts() {
        var pipes = new PipeEndpoints(Set.of(endpoint("0.0.0.0:443")), Set.of(endpoint("192.0.2.1:0").address()));

        assertTrue(pipes.test(endpoint("192.0.2.1:443")));
        assertTrue(pipes.test(endpoint("127.0.0.7:443")));
        assertFalse(pipes.test(endpoint("198.51.100.1:443")));
        assertFalse(pipes.test(endpoint("192.0.2.1:80")));
    }
}
