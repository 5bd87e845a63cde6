package bwmon.monitor;

import java.io.IOException;

/** Interfaces that tell when they are read for the first time: that is right after the sockets were listed. */
final class ListedFirst implements Interfaces {
    private final Interfaces interfaces;
    private final SocketView.Listed listed;
    private boolean isListed;

    ListedFirst(Interfaces interfaces, SocketView.Listed listed) {
        this.interfaces = interfaces;
        this.listed = listed;
    }

    @Override
    public Look look() throws IOException {
        if (!isListed) {
            isListed = true;
            listed.reached();
        }
        return interfaces.look();
    }

    @Override
    public void close() {
        interfaces.close();
    }
}
