package bwmon.monitor.rtnetlink;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** Sizes and offsets, exactly as the C compiler sees them in linux/rtnetlink.h, linux/if_link.h and linux/if_addr.h. */
class LayoutTest {
    private static final String PROGRAM = """
            #include <stdio.h>
            #include <stddef.h>
            #include <linux/rtnetlink.h>
            #include <linux/if_link.h>
            #include <linux/if_addr.h>
            #include <linux/if_ether.h>
            #define O(s, f) printf(#s "." #f " %zu\\n", offsetof(struct s, f))
            #define S(s) printf(#s " %zu\\n", sizeof(struct s))
            #define N(c) printf(#c " %d\\n", (int) (c))
            int main(void) {
                S(ifinfomsg); O(ifinfomsg, ifi_type); O(ifinfomsg, ifi_index); O(ifinfomsg, ifi_flags); S(ifaddrmsg);
                O(rtnl_link_stats64, rx_packets); O(rtnl_link_stats64, tx_packets);
                O(rtnl_link_stats64, rx_bytes); O(rtnl_link_stats64, tx_bytes);
                N(IFLA_IFNAME); N(IFLA_LINK); N(IFLA_MASTER); N(IFLA_LINKINFO); N(IFLA_STATS64);
                N(IFLA_LINK_NETNSID); N(IFLA_INFO_KIND); N(IFA_ADDRESS); N(IFA_LOCAL); N(IFA_BROADCAST);
                N(RTM_GETLINK); N(RTM_GETADDR); N(NETLINK_ROUTE); N(ETH_HLEN);
                return 0;
            }
            """;

    @Test
    void offsetsAreTheCompilers(@TempDir Path folder) throws IOException {
        Path source = Files.writeString(folder.resolve("layout.c"), PROGRAM);
        Path program = folder.resolve("layout");
        String compiled;
        try {
            compiled = output(List.of("cc", "-o", program.toString(), source.toString()));
        } catch (IOException e) {
            Assumptions.abort("no C compiler: " + e.getMessage());
            return;
        }
        assertEquals("", compiled);
        assertEquals("""
                ifinfomsg %d
                ifinfomsg.ifi_type %d
                ifinfomsg.ifi_index %d
                ifinfomsg.ifi_flags %d
                ifaddrmsg %d
                rtnl_link_stats64.rx_packets %d
                rtnl_link_stats64.tx_packets %d
                rtnl_link_stats64.rx_bytes %d
                rtnl_link_stats64.tx_bytes %d
                IFLA_IFNAME %d
                IFLA_LINK %d
                IFLA_MASTER %d
                IFLA_LINKINFO %d
                IFLA_STATS64 %d
                IFLA_LINK_NETNSID %d
                IFLA_INFO_KIND %d
                IFA_ADDRESS %d
                IFA_LOCAL %d
                IFA_BROADCAST %d
                RTM_GETLINK %d
                RTM_GETADDR %d
                NETLINK_ROUTE 0
                ETH_HLEN %d
                """.formatted(Link.IFINFOMSG_BYTES, Link.TYPE, Link.INDEX, Link.FLAGS, Addresses.IFADDRMSG_BYTES,
                LinkCounters.RX_PACKETS, LinkCounters.TX_PACKETS, LinkCounters.RX_BYTES, LinkCounters.TX_BYTES,
                Link.IFLA_IFNAME, Link.IFLA_LINK, Link.IFLA_MASTER, Link.IFLA_LINKINFO, Link.IFLA_STATS64,
                Link.IFLA_LINK_NETNSID, Link.IFLA_INFO_KIND, Addresses.IFA_ADDRESS, Addresses.IFA_LOCAL,
                Addresses.IFA_BROADCAST, Links.RTM_GETLINK, Links.RTM_GETADDR, LinkHeader.ETH_HLEN),
                output(List.of(program.toString())));
    }

    private static String output(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
}
