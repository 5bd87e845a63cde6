package bwmon.monitor.trial;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Machines and cables: a peer (10.77.0.2, fd77::2), the host under test (10.77.0.1, fd77::1; its device {@code net0}), and
 * where asked for a container behind the host (10.78.0.2, fd78::2), at the host's device {@code box0}. Neighbours are known
 * to each other, so that nobody asks for them. Tests state who forwards and who translates.
 */
final class Rig implements AutoCloseable {
    static final String PEER = "10.77.0.2";
    static final String PEER_V6 = "fd77::2";
    static final String HOST = "10.77.0.1";
    static final String HOST_V6 = "fd77::1";
    static final String CONTAINER = "10.78.0.2";

    private static final String IP = "/usr/sbin/ip";
    private static final String ETHTOOL = "/usr/sbin/ethtool";

    private final List<NetworkNamespace> namespaces = new ArrayList<>();

    private Rig() {}

    /** The host and its peer. */
    static Rig open(Offload offload) throws IOException, InterruptedException {
        return open(offload, false);
    }

    /** The host between its peer and its container. */
    static Rig withContainer(Offload offload) throws IOException, InterruptedException {
        return open(offload, true);
    }

    private static Rig open(Offload offload, boolean hasContainer) throws IOException, InterruptedException {
        var rig = new Rig();
        boolean isOpen = false;
        try {
            for (int i = 0; i < (hasContainer ? 3 : 2); i++) {
                NetworkNamespace namespace = NetworkNamespace.open(IP, ETHTOOL);
                rig.namespaces.add(namespace);
                namespace.exec("sysctl", "-qw", "net.ipv6.conf.default.router_solicitations=0",
                        "net.ipv6.conf.default.addr_gen_mode=1");
            }
            rig.cable("net0", 77, rig.peer(), offload);
            rig.peer().exec("ip", "route", "add", "default", "via", HOST);
            if (hasContainer) {
                rig.cable("box0", 78, rig.container(), offload);
                rig.container().exec("ip", "route", "add", "default", "via", "10.78.0.1");
            }
            isOpen = true;
            return rig;
        } finally {
            if (!isOpen) {
                rig.close();
            }
        }
    }

    NetworkNamespace host() {
        return namespaces.get(0);
    }

    NetworkNamespace peer() {
        return namespaces.get(1);
    }

    NetworkNamespace container() {
        return namespaces.get(2);
    }

    private void cable(String device, int network, NetworkNamespace other, Offload offload)
            throws IOException, InterruptedException {
        // Addresses of the link layer: locally administered, the network and who.
        String near = "02:00:00:00:" + network + ":01";
        String far = "02:00:00:00:" + network + ":02";
        host().exec("ip", "link", "add", device, "address", near, "type", "veth", "peer", "name", "net0", "address",
                far, "netns", other.name());
        end(host(), device, network, 1, far, 2, offload);
        end(other, "net0", network, 2, near, 1, offload);
    }

    private static void end(NetworkNamespace namespace, String device, int network, int own, String neighbour,
            int others, Offload offload) throws IOException, InterruptedException {
        if (offload != Offload.BY_THE_DEVICE) {
            namespace.exec("ethtool", "-K", device, "tso", "off", "gso", "off", "gro", "off",
                    "tx-udp-segmentation", "off");
        }
        if (offload == Offload.NONE) {
            namespace.exec("ip", "link", "set", device, "gso_max_segs", "1");
        }
        namespace.exec("ip", "addr", "add", "10." + network + ".0." + own + "/24", "dev", device);
        namespace.exec("ip", "addr", "add", "fd" + network + "::" + own + "/64", "dev", device, "nodad");
        namespace.exec("ip", "link", "set", device, "up");
        namespace.exec("ip", "neigh", "add", "10." + network + ".0." + others, "lladdr", neighbour, "dev", device,
                "nud", "permanent");
        namespace.exec("ip", "neigh", "add", "fd" + network + "::" + others, "lladdr", neighbour, "dev", device, "nud",
                "permanent");
    }

    /** Ends with it the devices, the tables and the rules. */
    @Override
    public void close() throws IOException {
        Collections.reverse(namespaces);
        IOException failure = null;
        for (NetworkNamespace namespace : namespaces) {
            try {
                namespace.close();
            } catch (IOException e) {
                failure = e;
            }
        }
        namespaces.clear();
        if (failure != null) {
            throw failure;
        }
    }
}
