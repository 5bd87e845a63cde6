package bwmon.monitor;

import java.io.IOException;
import java.util.List;

import bwmon.cli.ProgramException;
import bwmon.cli.ProgramException.Kind;
import bwmon.traffic.Report;
import bwmon.traffic.SocketStates;

/** The sockets' payload alone. */
record SockDiagMonitor(SockDiagSource source) implements Monitor {
    static Monitor open(MonitorOptions options) throws ProgramException {
        try {
            return new SockDiagMonitor(SockDiagSource.open(options.procRoot(), options.ticker(), options.lookback()));
        } catch (IOException e) {
            throw new ProgramException(Kind.FAILURE, "this host's sockets cannot be read: " + e.getMessage(), e);
        }
    }

    @Override
    public String name() {
        return source.name();
    }

    @Override
    public Report collect() throws IOException {
        return source.collect();
    }

    @Override
    public List<String> notices() {
        return source.notices();
    }

    @Override
    public SocketStates sockets() throws IOException {
        throw new IOException("this source does not tell of single sockets");
    }

    @Override
    public void close() {
        source.close();
    }
}
