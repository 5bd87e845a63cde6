package bwmon.monitor.ebpf;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The running kernel's own types, as bpftool and the C compiler see them. Any user may read them. */
class BtfIT {
    private static final String KERNEL = "/sys/kernel/btf/vmlinux";

    /** Fields by value, in structs of no name, in unions, arrays, pointers. */
    private static final List<String> FIELDS = List.of("sock __sk_common.skc_family", "sock __sk_common.skc_state",
            "sock __sk_common.skc_cookie", "sock __sk_common.skc_daddr", "sock __sk_common.skc_rcv_saddr",
            "sock __sk_common.skc_dport", "sock __sk_common.skc_num", "sock __sk_common.skc_net.net",
            "sock __sk_common.skc_v6_daddr.in6_u.u6_addr32", "sock sk_protocol", "sock sk_type", "sock sk_socket",
            "sock_common skc_addrpair", "tcp_sock inet_conn.icsk_inet.sk.sk_protocol", "tcp_sock copied_seq",
            "tcp_sock rcv_nxt", "tcp_sock bytes_sent", "tcp_sock bytes_received", "sk_buff len", "sk_buff sk",
            "sk_buff head", "sk_buff network_header", "sk_buff protocol", "sk_buff cb", "skb_shared_info gso_segs",
            "task_struct tgid", "task_struct group_leader", "task_struct start_boottime", "task_struct comm",
            "task_struct cred", "task_struct mm", "task_struct thread_info.flags", "mm_struct arg_start",
            "mm_struct arg_end", "cred euid.val", "net net_cookie", "file private_data", "socket type", "socket sk",
            "bpf_iter__task_file task", "bpf_iter__task_file file", "bpf_iter_meta seq", "inet_sock inet_sport",
            "tcphdr source", "ipv6hdr daddr", "sockaddr_in6 sin6_addr");

    private static final List<String> CONSTANTS = List.of("skb_drop_reason SKB_DROP_REASON_NO_SOCKET",
            "skb_drop_reason SKB_NOT_DROPPED_YET", "sock_type SOCK_STREAM", "bpf_map_type BPF_MAP_TYPE_SK_STORAGE",
            "perf_callchain_context PERF_CONTEXT_KERNEL");

    @SuppressWarnings("OrphanedFormatString") // the C compiler's
    private static final String BEGINNING = """
            #include "vmlinux.h"
            int printf(const char *, ...);
            #define O(s, f) printf(#s " " #f " %d %d\\n", (int) __builtin_offsetof(struct s, f), \\
                    (int) sizeof(((struct s *) 0)->f))
            #define N(e, c) printf(#e " " #c " %d\\n", (int) c)
            int main(void) {
            """;

    @Test
    void fieldsAndConstantsAreTheCompilers(@TempDir Path folder) throws IOException {
        Btf btf = Btf.ofKernel();
        String header = Printed.byIfThere("bpftool", "btf", "dump", "file", KERNEL, "format", "c");
        Files.writeString(folder.resolve("vmlinux.h"), header);
        var expected = new ArrayList<String>();
        var source = new StringBuilder(BEGINNING);
        for (String field : FIELDS) {
            String[] names = field.split(" ", 2);
            Btf.Field found = btf.field(names[0], names[1]).orElseThrow(() -> new AssertionError(field));
            expected.add(field + " " + found.offset() + " " + found.size());
            source.append("O(").append(names[0]).append(", ").append(names[1]).append(");\n");
        }
        for (String constant : CONSTANTS) {
            String[] names = constant.split(" ", 2);
            expected.add(constant + " " + btf.enumValue(names[0], names[1]).orElseThrow());
            source.append("N(").append(names[0]).append(", ").append(names[1]).append(");\n");
        }
        source.append("return 0; }\n");
        Path program = folder.resolve("program");
        Path text = Files.writeString(folder.resolve("program.c"), source);
        assertEquals("", Printed.byIfThere("cc", "-std=gnu11", "-w", "-o", program.toString(), text.toString()));
        assertEquals(Printed.by(program.toString()).strip(), String.join("\n", expected));
    }

    @Test
    void idsAreThoseOfBpftool() throws IOException {
        String dump = Printed.byIfThere("bpftool", "btf", "dump", "file", KERNEL, "format", "raw");
        var ids = new HashMap<String, Integer>();
        var types = new HashMap<Integer, String>();
        Matcher type = Pattern.compile("(?m)^\\[(\\d+)] (\\w+) '([^']*)'(.*)$").matcher(dump);
        while (type.find()) {
            int id = Integer.parseInt(type.group(1));
            ids.putIfAbsent(type.group(2) + " " + type.group(3), id);
            types.put(id, type.group(4));
        }
        assertTrue(types.size() > 10_000, types.size() + " types");
        Btf btf = Btf.ofKernel();
        int checked = 0;
        for (Map.Entry<String, Integer> entry : ids.entrySet()) {
            String[] names = entry.getKey().split(" ", 2);
            // Of the many functions some: a search for each takes a while.
            boolean isLookedFor = names[0].equals("TYPEDEF") || names[0].equals("STRUCT")
                    || (names[0].equals("FUNC") && names[1].startsWith("bpf_iter"));
            if (!isLookedFor || names[1].equals("(anon)")) {
                continue;
            }
            int found = (switch (names[0]) {
                case "TYPEDEF" -> btf.typedef(names[1]);
                case "STRUCT" -> btf.struct(names[1]);
                default -> btf.function(names[1]);
            }).orElse(0);
            assertEquals(entry.getValue(), found, entry.getKey());
            checked++;
            if (names[1].startsWith("btf_trace_")) {
                String pointer = types.getOrDefault(number(types.getOrDefault(found, ""), "type_id"), "");
                String prototype = types.getOrDefault(number(pointer, "type_id"), "");
                assertEquals(number(prototype, "vlen"), btf.parameters(names[1]).orElse(-1), names[1]);
            }
        }
        assertTrue(checked > 5_000, checked + " checked");
    }

    private static int number(String line, String name) {
        Matcher matcher = Pattern.compile(name + "=(\\d+)").matcher(line);
        return matcher.find() ? Integer.parseInt(matcher.group(1)) : -1;
    }

    @Test
    void whatThereIsNotIsEmpty() throws IOException {
        Btf btf = Btf.ofKernel();
        assertTrue(btf.struct("no_such_struct").isEmpty());
        assertTrue(btf.typedef("btf_trace_no_such_tracepoint").isEmpty());
        assertTrue(btf.parameters("btf_trace_no_such_tracepoint").isEmpty());
        assertTrue(btf.parameters("u32").isEmpty());
        assertTrue(btf.function("no_such_function").isEmpty());
        assertTrue(btf.field("sock", "no_such_field").isEmpty());
        assertTrue(btf.field("no_such_struct", "sk").isEmpty());
        assertTrue(btf.field("sock", "sk_socket.sk").isEmpty(), "through a pointer");
        assertTrue(btf.field("task_struct", "sched_migrated").isEmpty(), "a bit field");
        assertTrue(btf.field("sock", "").isEmpty());
        assertTrue(btf.enumValue("skb_drop_reason", "NO_SUCH_REASON").isEmpty());
        assertFalse(btf.enumValue("skb_drop_reason", "SKB_DROP_REASON_NO_SOCKET").isEmpty());
    }
}
