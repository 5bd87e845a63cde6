package bwmon.traffic;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The sockets at one moment.
 *
 * @param sockets each one that a process may hold; what is left of closed connections (TIME_WAIT) is only counted
 * @param tcpStates how many TCP sockets are in each state, remnants included; states without a socket are left out
 */
public record SocketStates(List<SocketState> sockets, Map<String, Integer> tcpStates) {
    public SocketStates {
        sockets = List.copyOf(sockets);
        tcpStates = Collections.unmodifiableMap(new TreeMap<>(tcpStates));
    }
}
