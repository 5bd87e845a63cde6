package bwmon.traffic;

/**
 * The two ends between which bytes moved, as this host sees them.
 *
 * @param protocol the transport protocol
 * @param local the end that belongs to the owner
 * @param remote the end that it talks to
 */
public record Flow(Protocol protocol, Endpoint local, Endpoint remote) {

    /** The same flow, seen from its other end: how a flow between two processes of one host meets itself. */
    public Flow reversed() {
        return new Flow(protocol, remote, local);
    }

    /** Whether both ends are loopback addresses, so that no byte of the flow leaves the host. */
    public boolean isLoopback() {
        return local.isLoopback() && remote.isLoopback();
    }

    @Override
    public String toString() {
        return protocol.label() + " " + local + " -> " + remote;
    }
}
