package bwmon.aggregator.delivery;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;

import bwmon.aggregator.alert.AlertEvent;
import bwmon.cli.Terminal;
import org.jspecify.annotations.Nullable;

/**
 * Posts events to web servers. What the server answers beside its status is not read. A redirect is not followed: it
 * would post elsewhere than the configuration says. Only the scheme, host and port of an address are ever logged: the rest
 * is often a secret.
 *
 * <p>Tried again is what a later attempt may mend: no connection, no answer in time, 429 (too many requests) and 5xx.
 *
 * <p>Safe for any thread.
 */
final class Webhook implements AutoCloseable {
    /** Attempts for one event; with the delays between them they take three minutes, and ten seconds each. */
    static final int MAX_ATTEMPTS = 5;
    static final Duration CONNECT_LIMIT = Duration.ofSeconds(5);
    /** From the beginning of an attempt to the answer's status. */
    static final Duration WHOLE_LIMIT = Duration.ofSeconds(10);
    /** A server that asks for more patience than this is not given it (RFC 9110, Retry-After). */
    static final Duration MAX_RETRY_AFTER = Duration.ofMinutes(5);

    private static final Duration FIRST_DELAY = Duration.ofSeconds(2);
    private static final int DELAY_FACTOR = 4;
    private static final int TOO_MANY_REQUESTS = 429;
    /** Some have what the server sent. */
    private static final int MAX_REASON = 200;

    private final InstantSource clock;
    private final DoubleSupplier random;
    private final Duration connectLimit;
    private final Duration wholeLimit;
    /** Made for the first event: a client has threads, and takes a while to make. */
    private @Nullable HttpClient client;

    /**
     * Posts nothing yet.
     *
     * @param clock for dates in answers
     * @param random from 0 to 1, so that many who were refused at once do not come again at once
     */
    Webhook(InstantSource clock, DoubleSupplier random, Duration connectLimit, Duration wholeLimit) {
        this.clock = clock;
        this.random = random;
        this.connectLimit = connectLimit;
        this.wholeLimit = wholeLimit;
    }

    /** Posts with the limits that the program has. */
    static Webhook ofProgram() {
        return new Webhook(Clock.systemUTC(), () -> ThreadLocalRandom.current().nextDouble(), CONNECT_LIMIT,
                WHOLE_LIMIT);
    }

    /** Makes one attempt; the event's notification has a webhook. */
    Outcome attempt(AlertEvent event, int number) throws InterruptedException {
        URI address = event.notification().delivery().webhook();
        if (address == null) {
            throw new IllegalArgumentException("no webhook");
        }
        String place = place(address);
        HttpRequest request;
        try {
            request = request(address, Message.of(event).json());
        } catch (IllegalArgumentException | URISyntaxException e) {
            // Its message would have the whole address.
            return new Outcome.Failed("failed: " + place + ": not an address to post to");
        }
        HttpResponse<InputStream> response;
        try {
            response = client().send(request, HttpResponse.BodyHandlers.ofInputStream());
        } catch (IOException e) {
            return again(number, Duration.ZERO, "failed: " + place + ": " + reason(e));
        }
        abandon(response.body());
        int status = response.statusCode();
        if (status >= 200 && status < 300) {
            return new Outcome.Done("done: " + place + " answered " + status);
        }
        String detail = "failed: " + place + " answered " + status;
        if (status == TOO_MANY_REQUESTS || status >= 500) {
            return again(number, retryAfter(response), detail);
        }
        return new Outcome.Failed(status < 400 ? detail + "; redirects are not followed" : detail);
    }

    private HttpRequest request(URI address, String json) throws URISyntaxException {
        var plain = new URI(address.getScheme(), null, address.getHost(), address.getPort(), "/", null, null);
        String path = address.getRawPath();
        String query = address.getRawQuery();
        // Put together from the raw parts, so that what is escaped in them stays so.
        var target = URI.create(plain.toString().replaceFirst("/$", "") + (path == null || path.isEmpty() ? "/" : path)
                + (query == null ? "" : "?" + query));
        var builder = HttpRequest.newBuilder(target).timeout(wholeLimit).header("Content-Type", "application/json")
                .header("User-Agent", "bwmon").POST(HttpRequest.BodyPublishers.ofString(json));
        String user = address.getUserInfo();
        if (user != null) {
            builder.header("Authorization",
                    "Basic " + Base64.getEncoder().encodeToString(user.getBytes(StandardCharsets.UTF_8)));
        }
        return builder.build();
    }

    private synchronized HttpClient client() {
        HttpClient made = client;
        if (made == null) {
            made = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(connectLimit)
                    .followRedirects(HttpClient.Redirect.NEVER).build();
            client = made;
        }
        return made;
    }

    /** Closed unread: a body without an end costs nothing. */
    private static void abandon(InputStream body) {
        try {
            body.close();
        } catch (IOException e) {
            // The status has come, and nothing more is wanted of this connection.
            return;
        }
    }

    private Outcome again(int number, Duration atLeast, String detail) {
        if (number >= MAX_ATTEMPTS) {
            return new Outcome.Failed(detail + "; given up after " + number + " attempts");
        }
        double delay = FIRST_DELAY.toNanos() * Math.pow(DELAY_FACTOR, number - 1) * (0.5 + random.getAsDouble() / 2);
        return new Outcome.Again(detail, Duration.ofNanos(Math.max((long) delay, atLeast.toNanos())));
    }

    /** What Retry-After asks for, in bounds: seconds or a date. */
    private Duration retryAfter(HttpResponse<?> response) {
        Optional<String> text = response.headers().firstValue("Retry-After");
        if (text.isEmpty()) {
            return Duration.ZERO;
        }
        Duration asked;
        try {
            asked = text.get().matches("[0-9]{1,9}")
                    ? Duration.ofSeconds(Long.parseLong(text.get()))
                    : Duration.between(clock.instant(),
                            ZonedDateTime.parse(text.get(), DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
        } catch (DateTimeException | ArithmeticException e) {
            return Duration.ZERO;
        }
        return asked.isNegative() ? Duration.ZERO : asked.compareTo(MAX_RETRY_AFTER) > 0 ? MAX_RETRY_AFTER : asked;
    }

    /** The kind of failure; the client often gives no text but the kind of its cause, and none that has the address. */
    private static String reason(IOException e) {
        String kind = e.getClass().getSimpleName();
        Throwable cause = e.getCause();
        if (e.getMessage() != null) {
            return kind + " (" + Terminal.printable(Message.cut(e.getMessage(), MAX_REASON)) + ")";
        }
        if (cause != null && cause.getCause() instanceof UnresolvedAddressException) {
            cause = cause.getCause();
        }
        return cause == null ? kind : kind + " (" + cause.getClass().getSimpleName() + ")";
    }

    /** The scheme, host and port of an address. */
    static String place(URI address) {
        return Terminal.printable(address.getScheme() + "://" + (address.getHost() == null ? "?" : address.getHost())
                + (address.getPort() < 0 ? "" : ":" + address.getPort()));
    }

    /** Breaks off what runs. */
    @Override
    public synchronized void close() {
        if (client != null) {
            client.shutdownNow();
        }
    }
}
