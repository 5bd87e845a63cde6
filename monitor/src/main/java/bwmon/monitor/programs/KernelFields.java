package bwmon.monitor.programs;

import java.util.OptionalInt;

import bwmon.monitor.ebpf.Btf;
import bwmon.monitor.ebpf.Btf.Field;

/** Where the running kernel has the members of its structures that the programs read; found by their names, once. */
final class KernelFields {
    /** struct sock, include/net/sock.h. */
    record Sock(Field family, Field localPort, Field remotePort, Field localV4, Field remoteV4, Field localV6,
            Field remoteV6, Field net, Field flags, Field protocol, Field type, Field state,
            Field locked) {}

    /** struct task_struct, include/linux/sched.h. */
    record Task(Field tgid, Field flags, Field leader, Field start, Field comm, Field cred, Field memory,
            Field cgroups) {}

    /** struct tcp_sock, include/linux/tcp.h. */
    record Tcp(Field received, Field next, Field copied) {}

    /** struct sk_buff, include/linux/skbuff.h. */
    record Skb(Field length, Field head, Field data, Field networkHeader, Field protocol, Field device,
            Field control) {}

    final Sock sock;
    final Task task;
    final Tcp tcp;
    final Skb skb;
    final Field mtu;
    /** Within sk_buff's cb: how long the longest fragment was; 0 if there was none. */
    final Field fragmentV4;
    final Field fragmentV6;
    /** Leads a program of packets to the kernel's own structure; empty before Linux 6.2. */
    final OptionalInt castToKernel;
    /** struct net: its cookie. */
    final Field netCookie;
    /** struct net_device: its struct net. */
    final Field deviceNet;
    final Field effectiveUser;
    final Field executable;
    /** struct file: its dentry. */
    final Field fileEntry;
    /** struct dentry, include/linux/dcache.h. */
    final Field entryName;
    final Field entryParent;
    final Field argumentsBegin;
    final Field argumentsEnd;
    final Field defaultCgroup;
    final Field cgroupNode;
    final Field nodeId;
    final Field socketSock;
    /** Bit of struct sock's flags. */
    final int sockDone;
    /** enum skb_drop_reason. */
    final int reasonNoSocket;
    final boolean hasReceivingSocket;

    private final Btf btf;

    KernelFields(Btf btf) throws UnavailableException {
        this.btf = btf;
        sock = new Sock(sock("__sk_common.skc_family"), sock("__sk_common.skc_num"), sock("__sk_common.skc_dport"),
                sock("__sk_common.skc_rcv_saddr"), sock("__sk_common.skc_daddr"),
                sock("__sk_common.skc_v6_rcv_saddr"), sock("__sk_common.skc_v6_daddr"),
                sock("__sk_common.skc_net.net"), sock("__sk_common.skc_flags"), sock("sk_protocol"), sock("sk_type"),
                sock("__sk_common.skc_state"), sock("sk_lock.owned"));
        task = new Task(task("tgid"), task("flags"), task("group_leader"), task("start_boottime"), task("comm"),
                task("cred"), task("mm"), task("cgroups"));
        tcp = new Tcp(field("tcp_sock", "bytes_received"), field("tcp_sock", "rcv_nxt"),
                field("tcp_sock", "copied_seq"));
        skb = new Skb(field("sk_buff", "len"), field("sk_buff", "head"), field("sk_buff", "data"),
                field("sk_buff", "network_header"), field("sk_buff", "protocol"), field("sk_buff", "dev"),
                field("sk_buff", "cb"));
        mtu = field("net_device", "mtu");
        fragmentV4 = field("inet_skb_parm", "frag_max_size");
        fragmentV6 = field("inet6_skb_parm", "frag_max_size");
        castToKernel = btf.function("bpf_cast_to_kern_ctx");
        netCookie = field("net", "net_cookie");
        deviceNet = field("net_device", "nd_net.net");
        effectiveUser = field("cred", "euid.val");
        executable = field("mm_struct", "exe_file");
        fileEntry = field("file", "f_path.dentry");
        entryName = field("dentry", "d_name.name");
        entryParent = field("dentry", "d_parent");
        argumentsBegin = field("mm_struct", "arg_start");
        argumentsEnd = field("mm_struct", "arg_end");
        defaultCgroup = field("css_set", "dfl_cgrp");
        cgroupNode = field("cgroup", "kn");
        nodeId = field("kernfs_node", "id");
        socketSock = field("socket", "sk");
        sockDone = btf.enumValue("sock_flags", "SOCK_DONE").orElseThrow(() -> absent("SOCK_DONE"));
        reasonNoSocket = btf.enumValue("skb_drop_reason", "SKB_DROP_REASON_NO_SOCKET").orElse(-1);
        // One parameter is the context that every such prototype begins with.
        hasReceivingSocket = btf.parameters("btf_trace_kfree_skb").orElse(0) >= 5;
    }

    private Field sock(String path) throws UnavailableException {
        return field("sock", path);
    }

    private Field task(String path) throws UnavailableException {
        return field("task_struct", path);
    }

    private Field field(String struct, String path) throws UnavailableException {
        return btf.field(struct, path).orElseThrow(() -> absent(struct + "." + path));
    }

    private static UnavailableException absent(String what) {
        return new UnavailableException(UnavailableException.Cause.KERNEL,
                "this kernel has no " + what
                        + ", which the programs read; Linux 6.18 has it, and earlier ones since 5.12 should");
    }
}
