package bwmon.monitor.conntrack;

import java.io.InputStream;
import java.util.Set;
import java.util.TreeSet;
import javax.xml.parsers.DocumentBuilderFactory;

import org.jspecify.annotations.Nullable;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** What conntrack(8) prints with {@code -o xml,id}, and what we read, as lines that can be compared. */
final class ConntrackXml {
    private ConntrackXml() {}

    /** A line for each connection, without what changes by itself (the timeout). */
    static Set<String> lines(Iterable<Connection> connections) {
        var lines = new TreeSet<String>();
        for (Connection c : connections) {
            lines.add(direction(c.original(), c.originalCounters()) + " | " + direction(c.reply(), c.replyCounters())
                    + " | state " + c.tcpState() + " id " + Integer.toUnsignedString(c.id()) + " mark " + c.mark()
                    + " zone " + c.zone() + (c.isAssured() ? " assured" : "") + (c.hasReply() ? "" : " unreplied"));
        }
        return lines;
    }

    private static String direction(Tuple tuple, @Nullable Counters counters) {
        return tuple.protocol() + " " + tuple.source().host() + " " + tuple.source().port() + " "
                + tuple.destination().host() + " " + tuple.destination().port() + " " + (counters == null
                        ? "uncounted"
                        : counters.packets() + "/" + counters.bytes());
    }

    /** The same lines from XML. */
    static Set<String> lines(InputStream xml) throws Exception {
        var lines = new TreeSet<String>();
        NodeList flows = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(xml)
                .getElementsByTagName("flow");
        for (int i = 0; i < flows.getLength(); i++) {
            var flow = (Element) flows.item(i);
            var metas = flow.getElementsByTagName("meta");
            lines.add(direction((Element) metas.item(0)) + " | " + direction((Element) metas.item(1)) + " | state "
                    + text(flow, "state", "null") + " id " + text(flow, "id", "?") + " mark " + text(flow, "mark", "0")
                    + " zone " + text(flow, "zone", "0")
                    + (flow.getElementsByTagName("assured").getLength() > 0 ? " assured" : "")
                    + (flow.getElementsByTagName("unreplied").getLength() > 0 ? " unreplied" : ""));
        }
        return lines;
    }

    private static String direction(Element meta) {
        String packets = text(meta, "packets", "");
        return ((Element) meta.getElementsByTagName("layer4").item(0)).getAttribute("protonum") + " "
                + text(meta, "src", "?") + " " + text(meta, "sport", "0") + " " + text(meta, "dst", "?") + " "
                + text(meta, "dport", "0") + " "
                + (packets.isEmpty() ? "uncounted" : packets + "/" + text(meta, "bytes", "?"));
    }

    private static String text(Element in, String name, String missing) {
        NodeList found = in.getElementsByTagName(name);
        return found.getLength() == 0 ? missing : found.item(0).getTextContent();
    }
}
