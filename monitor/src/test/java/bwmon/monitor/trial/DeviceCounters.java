package bwmon.monitor.trial;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

import bwmon.traffic.Direction;

/**
 * What a device counted, read by the trials themselves.
 *
 * @param rxBytes received, with what the link layer puts before each packet
 * @param rxPackets received
 * @param txBytes transmitted, likewise
 * @param txPackets transmitted
 * @param dropped of both ways
 * @param headerBytes what the link layer puts before a packet and the device counts: 14 for Ethernet, 0 for loopback
 */
record DeviceCounters(long rxBytes, long rxPackets, long txBytes, long txPackets, long dropped, int headerBytes) {

    /** Of the calling thread's network namespace, by the devices' names. */
    static Map<String, DeviceCounters> read() throws IOException {
        var devices = new TreeMap<String, DeviceCounters>();
        for (String line : Files.readAllLines(Path.of("/proc/thread-self/net/dev")).stream().skip(2).toList()) {
            String[] words = line.strip().split("[: ]+", -1);
            // The loopback device counts after it took the (empty) Ethernet header off: loopback_xmit().
            devices.put(words[0],
                    new DeviceCounters(Long.parseLong(words[1]), Long.parseLong(words[2]), Long.parseLong(words[9]),
                            Long.parseLong(words[10]), Long.parseLong(words[4]) + Long.parseLong(words[12]),
                            words[0].equals("lo") ? 0 : 14));
        }
        return devices;
    }

    DeviceCounters minus(DeviceCounters before) {
        return new DeviceCounters(rxBytes - before.rxBytes, rxPackets - before.rxPackets, txBytes - before.txBytes,
                txPackets - before.txPackets, dropped - before.dropped, headerBytes);
    }

    /** Bytes of the network layer. */
    long ip(Direction direction) {
        return direction == Direction.RX ? rxBytes - headerBytes * rxPackets : txBytes - headerBytes * txPackets;
    }
}
