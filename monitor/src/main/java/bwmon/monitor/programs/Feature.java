package bwmon.monitor.programs;

import java.util.EnumSet;

import bwmon.monitor.ebpf.Btf;

/** What newer kernels have, and the programs do without where it is absent; then a person is told what that costs. */
enum Feature {
    /** The tracepoints of sends and receives, trace/events/sock.h. */
    CALLS("payload is not counted, and a socket that is handed to another process stays with who made it, because this kernel"
            + " has no tracepoints of sends and receives; Linux 6.3 has"),
    /** kfree_skb tells for which socket a packet was. */
    RECEIVING_SOCKET(
            "what comes for connections that are over, or for nobody, is shown as untracked, because this kernel does"
                    + " not tell for whom a packet was that it drops; Linux 6.11 does"),
    /** A program of packets may read the kernel's own structure of the packet. */
    FRAGMENTS(
            "of a datagram in fragments the header is counted once, because this kernel does not show how long they are;"
                    + " Linux 6.2 does"),
    /** A program of packets may ask for the network namespace of a socket that nobody owns. */
    NAMESPACE_OF_PACKETS(
            "what the kernel itself sends in other network namespaces (containers) is counted as if it were this"
                    + " one's, because this kernel does not tell where it is; Linux 6.16 does");

    private final String notice;

    Feature(String notice) {
        this.notice = notice;
    }

    /** A sentence. */
    String notice() {
        return "eBPF: " + notice;
    }

    /** Those that this kernel may have. */
    static EnumSet<Feature> of(Btf btf, KernelFields fields) {
        EnumSet<Feature> features = EnumSet.of(NAMESPACE_OF_PACKETS);
        if (btf.typedef("btf_trace_" + CountingPrograms.SEND).isPresent()
                && btf.typedef("btf_trace_" + CountingPrograms.RECEIVE).isPresent()) {
            features.add(CALLS);
        }
        if (fields.hasReceivingSocket) {
            features.add(RECEIVING_SOCKET);
        }
        if (fields.castToKernel.isPresent()) {
            features.add(FRAGMENTS);
        }
        return features;
    }
}
