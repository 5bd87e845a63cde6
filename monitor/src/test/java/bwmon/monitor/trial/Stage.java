package bwmon.monitor.trial;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import bwmon.monitor.MonitorOptions.Kind;

/** A host and its peer, a monitor in the host, and the program that moves bytes between them: for many trials in a row. */
final class Stage implements AutoCloseable {
    private final Rig rig;
    private final Watch watch;
    private final Ways ways;
    private final Judge judge;

    private Stage(Rig rig, Watch watch, Ways ways, Offload offload) {
        this.rig = rig;
        this.watch = watch;
        this.ways = ways;
        judge = new Judge(watch, offload);
    }

    /** Opens a monitor whose programs count in the kernel. */
    static Stage open(Offload offload, Path folder) throws Exception {
        var ways = new Ways(folder);
        Rig rig = Rig.open(offload);
        boolean isOpen = false;
        try {
            for (NetworkNamespace namespace : List.of(rig.host(), rig.peer())) {
                // Everybody may ping; TCP Fast Open both ways, without a cookie (tcp_fastopen, ip-sysctl).
                namespace.exec("sysctl", "-qw", "net.ipv4.ping_group_range=0 0", "net.ipv4.tcp_fastopen=519");
            }
            Watch watch = Watch.open(rig.host(), Kind.EBPF, folder);
            isOpen = true;
            return new Stage(rig, watch, ways, offload);
        } finally {
            if (!isOpen) {
                rig.close();
            }
        }
    }

    Rig rig() {
        return rig;
    }

    Watch watch() {
        return watch;
    }

    Ways ways() {
        return ways;
    }

    Judge judge() {
        return judge;
    }

    /** The client in the host, its server in the peer; each to the byte. */
    void tryOut(Pair pair) throws Exception {
        watch.restart();
        try (Ways.Run server = ways.start(rig.peer(), pair.server());
                Ways.Run client = ways.start(rig.host(), pair.client(server.port()))) {
            List<Moved> here = client.end();
            judge.assertExact(pair.toString(), here, server.end());
        }
    }

    /** The server in the host. */
    void tryOutReversed(Pair pair) throws Exception {
        watch.restart();
        try (Ways.Run server = ways.start(rig.host(), pair.server());
                Ways.Run client = ways.start(rig.peer(), pair.client(server.port()))) {
            List<Moved> there = client.end();
            judge.assertExact(pair + ", reversed", server.end(), there);
        }
    }

    /** Both in the host, whose loopback device takes large packets whole. */
    void tryOutWithin(Pair pair) throws Exception {
        watch.restart();
        try (Ways.Run server = ways.start(rig.host(), pair.server());
                Ways.Run client = ways.start(rig.host(), pair.client(server.port()))) {
            List<Moved> here = new ArrayList<>(client.end());
            here.addAll(server.end());
            new Judge(watch, Offload.BY_THE_DEVICE).assertExact(pair + ", within the host", here, List.of());
        }
    }

    @Override
    public void close() throws IOException {
        try {
            watch.close();
        } finally {
            rig.close();
        }
    }
}
