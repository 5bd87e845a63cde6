package bwmon.aggregator.delivery;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

import bwmon.aggregator.alert.AlertEvent;
import bwmon.aggregator.usage.Alert;
import bwmon.cli.JsonLines;

/**
 * What is told of an event, in bounds: texts come from others' command lines.
 *
 * @param values by placeholder; none is longer than {@link #MAX_TEXT} bytes of UTF-8
 * @param json one object and a line feed, at most {@link #MAX_JSON} bytes of UTF-8
 * @param isCut whether a text was longer than it may be; what is left of it ends with {@code ...}
 */
record Message(Map<String, String> values, String json, boolean isCut) {
    /** Far below MAX_ARG_STRLEN (linux/binfmts.h), 128 KiB, of which a longer argument would fail the start. */
    static final int MAX_TEXT = 2048;
    /** The least that a pipe holds (pipe(7): a page), so that writing it to a command that reads nothing does not wait. */
    static final int MAX_JSON = 4096;

    private static final String ELLIPSIS = "...";

    static Message of(AlertEvent event) {
        Alert alert = event.alert();
        String label = cut(alert.label(), MAX_TEXT);
        String subject = cut(alert.subject(), MAX_TEXT);
        boolean isCut = !label.equals(alert.label()) || !subject.equals(alert.subject());
        byte[] json = json(alert, label, subject);
        // Escaping makes six characters of a control character.
        for (int max = MAX_TEXT / 2; json.length > MAX_JSON; max /= 2) {
            json = json(alert, cut(label, max), cut(subject, max));
            isCut = true;
        }
        var values = new LinkedHashMap<String, String>();
        values.put("application", subject);
        values.put("label", label);
        values.put("rate", Long.toString(alert.value()));
        values.put("value", Long.toString(alert.value()));
        values.put("threshold", Long.toString(alert.limit()));
        values.put("direction", alert.amount().label());
        values.put("state", alert.state().label());
        values.put("measure", alert.measure().label());
        return new Message(values, new String(json, StandardCharsets.UTF_8), isCut);
    }

    private static byte[] json(Alert alert, String label, String subject) {
        var shorter = new Alert(label, subject, alert.measure(), alert.amount(), alert.layer(), alert.state(),
                alert.value(), alert.limit(), alert.over(), alert.since(), alert.at());
        return JsonLines.render("alert", shorter::write);
    }

    /** The beginning of a text that is longer than so many bytes of UTF-8, whole characters only. */
    static String cut(String text, int max) {
        if (text.length() <= max && text.getBytes(StandardCharsets.UTF_8).length <= max) {
            return text;
        }
        int bytes = ELLIPSIS.length();
        int end = 0;
        while (end < text.length()) {
            int character = text.codePointAt(end);
            bytes += character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
            if (bytes > max) {
                break;
            }
            end += Character.charCount(character);
        }
        return text.substring(0, end) + ELLIPSIS;
    }
}
