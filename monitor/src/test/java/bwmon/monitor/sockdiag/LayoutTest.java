package bwmon.monitor.sockdiag;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** Sizes and offsets, exactly as the C compiler sees them in linux/inet_diag.h and linux/tcp.h. */
class LayoutTest {
    private static final String PROGRAM = """
            #include <stdio.h>
            #include <stddef.h>
            #include <linux/inet_diag.h>
            #include <linux/sock_diag.h>
            #include <linux/netlink.h>
            #include <linux/tcp.h>
            #define O(s, f) printf(#s "." #f " %zu\\n", offsetof(struct s, f))
            #define S(s) printf(#s " %zu\\n", sizeof(struct s))
            #define N(c) printf(#c " %d\\n", (int) (c))
            int main(void) {
                S(nlmsghdr); S(nlattr); S(sockaddr_nl); O(sockaddr_nl, nl_pid);
                S(inet_diag_req_v2); O(inet_diag_req_v2, sdiag_protocol); O(inet_diag_req_v2, idiag_ext);
                O(inet_diag_req_v2, idiag_states);
                O(inet_diag_req_v2, id.idiag_sport); O(inet_diag_req_v2, id.idiag_dport);
                O(inet_diag_req_v2, id.idiag_src); O(inet_diag_req_v2, id.idiag_dst); O(inet_diag_req_v2, id.idiag_if);
                O(inet_diag_req_v2, id.idiag_cookie);
                S(inet_diag_msg); O(inet_diag_msg, idiag_state); O(inet_diag_msg, id.idiag_sport);
                O(inet_diag_msg, id.idiag_dport); O(inet_diag_msg, id.idiag_src); O(inet_diag_msg, id.idiag_dst);
                O(inet_diag_msg, id.idiag_cookie); O(inet_diag_msg, idiag_rqueue); O(inet_diag_msg, idiag_wqueue);
                O(inet_diag_msg, idiag_inode);
                O(inet_diag_msg, id.idiag_if); O(inet_diag_msg, idiag_uid);
                O(tcp_info, tcpi_options); O(tcp_info, tcpi_rtt); O(tcp_info, tcpi_rttvar); O(tcp_info, tcpi_snd_cwnd);
                O(tcp_info, tcpi_total_retrans); O(tcp_info, tcpi_segs_out); O(tcp_info, tcpi_segs_in);
                O(tcp_info, tcpi_min_rtt); O(tcp_info, tcpi_delivery_rate); O(tcp_info, tcpi_dsack_dups);
                O(tcp_info, tcpi_reord_seen); O(tcp_info, tcpi_rcv_ooopack);
                O(tcp_info, tcpi_pacing_rate); O(tcp_info, tcpi_bytes_acked); O(tcp_info, tcpi_bytes_received);
                O(tcp_info, tcpi_notsent_bytes); O(tcp_info, tcpi_bytes_sent); O(tcp_info, tcpi_bytes_retrans);
                N(INET_DIAG_INFO); N(INET_DIAG_PROTOCOL); N(INET_DIAG_SKV6ONLY); N(TCPI_OPT_TIMESTAMPS);
                N(SOCK_DIAG_BY_FAMILY); N(SKNLGRP_INET_TCP_DESTROY); N(SKNLGRP_INET6_TCP_DESTROY);
                N(SK_MEMINFO_DROPS); N(NETLINK_SOCK_DIAG); N(NLM_F_DUMP); N(NLM_F_DUMP_INTR); N(NLA_TYPE_MASK & 0xffff);
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
        assertEquals("", compiled, "headers older than Linux 4.19 lack tcpi_bytes_sent");
        assertEquals("""
                nlmsghdr 16
                nlattr 4
                sockaddr_nl 12
                sockaddr_nl.nl_pid 4
                inet_diag_req_v2 %d
                inet_diag_req_v2.sdiag_protocol %d
                inet_diag_req_v2.idiag_ext %d
                inet_diag_req_v2.idiag_states %d
                inet_diag_req_v2.id.idiag_sport %d
                inet_diag_req_v2.id.idiag_dport %d
                inet_diag_req_v2.id.idiag_src %d
                inet_diag_req_v2.id.idiag_dst %d
                inet_diag_req_v2.id.idiag_if %d
                inet_diag_req_v2.id.idiag_cookie %d
                inet_diag_msg %d
                inet_diag_msg.idiag_state %d
                inet_diag_msg.id.idiag_sport %d
                inet_diag_msg.id.idiag_dport %d
                inet_diag_msg.id.idiag_src %d
                inet_diag_msg.id.idiag_dst %d
                inet_diag_msg.id.idiag_cookie %d
                inet_diag_msg.idiag_rqueue %d
                inet_diag_msg.idiag_wqueue %d
                inet_diag_msg.idiag_inode %d
                inet_diag_msg.id.idiag_if %d
                inet_diag_msg.idiag_uid %d
                tcp_info.tcpi_options %d
                tcp_info.tcpi_rtt %d
                tcp_info.tcpi_rttvar %d
                tcp_info.tcpi_snd_cwnd %d
                tcp_info.tcpi_total_retrans %d
                tcp_info.tcpi_segs_out %d
                tcp_info.tcpi_segs_in %d
                tcp_info.tcpi_min_rtt %d
                tcp_info.tcpi_delivery_rate %d
                tcp_info.tcpi_dsack_dups %d
                tcp_info.tcpi_reord_seen %d
                tcp_info.tcpi_rcv_ooopack %d
                tcp_info.tcpi_pacing_rate %d
                tcp_info.tcpi_bytes_acked %d
                tcp_info.tcpi_bytes_received %d
                tcp_info.tcpi_notsent_bytes %d
                tcp_info.tcpi_bytes_sent %d
                tcp_info.tcpi_bytes_retrans %d
                INET_DIAG_INFO %d
                INET_DIAG_PROTOCOL %d
                INET_DIAG_SKV6ONLY %d
                TCPI_OPT_TIMESTAMPS %d
                SOCK_DIAG_BY_FAMILY 20
                SKNLGRP_INET_TCP_DESTROY 1
                SKNLGRP_INET6_TCP_DESTROY 3
                SK_MEMINFO_DROPS 8
                NETLINK_SOCK_DIAG 4
                NLM_F_DUMP 768
                NLM_F_DUMP_INTR 16
                NLA_TYPE_MASK & 0xffff 16383
                """.formatted(SocketRequest.SIZE, SocketRequest.PROTOCOL, SocketRequest.EXT, SocketRequest.STATES,
                SocketRequest.SPORT, SocketRequest.DPORT, SocketRequest.SRC, SocketRequest.DST,
                SocketRequest.INTERFACE, SocketRequest.COOKIE, InetDiagMessage.SIZE, InetDiagMessage.STATE,
                InetDiagMessage.SPORT, InetDiagMessage.DPORT, InetDiagMessage.SRC, InetDiagMessage.DST,
                InetDiagMessage.COOKIE, InetDiagMessage.RQUEUE, InetDiagMessage.WQUEUE, InetDiagMessage.INODE,
                InetDiagMessage.INTERFACE, InetDiagMessage.UID, TcpInfo.OPTIONS, TcpInfo.RTT, TcpInfo.RTTVAR,
                TcpInfo.SND_CWND, TcpInfo.TOTAL_RETRANS, TcpInfo.SEGS_OUT, TcpInfo.SEGS_IN, TcpInfo.MIN_RTT,
                TcpInfo.DELIVERY_RATE, TcpInfo.DSACK_DUPS, TcpInfo.REORD_SEEN, TcpInfo.RCV_OOOPACK,
                TcpInfo.SHORTEST, TcpInfo.BYTES_ACKED, TcpInfo.BYTES_RECEIVED, TcpInfo.NOTSENT_BYTES,
                TcpInfo.BYTES_SENT, TcpInfo.BYTES_RETRANS, InetDiagMessage.INET_DIAG_INFO,
                InetDiagMessage.INET_DIAG_PROTOCOL, InetDiagMessage.INET_DIAG_SKV6ONLY,
                TcpInfo.TCPI_OPT_TIMESTAMPS),
                output(List.of(program.toString())));
    }

    private static String output(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
}
