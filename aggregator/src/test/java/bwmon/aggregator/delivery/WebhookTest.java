package bwmon.aggregator.delivery;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import bwmon.aggregator.usage.Alert;
import bwmon.traffic.Ticker;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static bwmon.aggregator.Samples.AT;
import static bwmon.aggregator.delivery.Events.LONG;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Against a real server, most often ill-behaved. */
@Timeout(60)
class WebhookTest {
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
    private final CountDownLatch end = new CountDownLatch(1);
    private final Webhook webhook = new Webhook(InstantSource.fixed(AT), () -> 1, LONG, LONG);
    private final HttpServer server;

    WebhookTest() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    }

    @BeforeEach
    void start() {
        server.setExecutor(threads);
        server.start();
    }

    @AfterEach
    void stop() {
        end.countDown();
        webhook.close();
        server.stop(0);
        threads.shutdownNow();
    }

    private URI address(String path) {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path);
    }

    private String place() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    private void serve(HttpHandler handler) {
        server.createContext("/", exchange -> {
            requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI() + " "
                    + exchange.getRequestHeaders().getFirst("Content-Type") + " "
                    + exchange.getRequestHeaders().getFirst("Authorization") + " "
                    + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            handler.handle(exchange);
        });
    }

    private static void answer(HttpExchange exchange, int status) throws IOException {
        exchange.sendResponseHeaders(status, -1);
        exchange.close();
    }

    private Outcome attempt(String path, int number) throws InterruptedException {
        return webhook.attempt(Events.webhook("label", address(path), Alert.State.FIRING), number);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/hook", "/", "/a%2Fb/%20c?key=%26secret&x=1"})
    void theJsonIsPosted(String path) throws InterruptedException {
        serve(exchange -> answer(exchange, 204));
        assertEquals(new Outcome.Done("done: " + place() + " answered 204"), attempt(path, 1));
        String json = Message.of(Events.webhook("label", address(path), Alert.State.FIRING)).json();
        assertEquals(List.of("POST " + path + " application/json null " + json), requests);
        assertTrue(json.startsWith("{\"type\":\"alert\",\"schema\":1,"), json);
    }

    @Test
    void credentialsAreSentAndNeverSaid() throws InterruptedException {
        serve(exchange -> answer(exchange, 403));
        URI secret = URI.create(address("/token-secret?key=secret").toString().replace("//", "//user:secret@"));
        Outcome outcome = webhook.attempt(Events.webhook("label", secret, Alert.State.FIRING), 1);
        assertEquals(new Outcome.Failed("failed: " + place() + " answered 403"), outcome);
        assertTrue(requests.getFirst().contains(" Basic dXNlcjpzZWNyZXQ= "), requests.toString());
        for (String bad : List.of("ftp://user:secret@host/secret", "http:secret", "http:///secret", "secret")) {
            Outcome refused = webhook.attempt(Events.webhook("label", URI.create(bad), Alert.State.FIRING), 1);
            assertFalse(assertInstanceOf(Outcome.Failed.class, refused).detail().contains("secret"), refused.detail());
        }
    }

    @Test
    void unavailableTwiceAndThenWell() throws InterruptedException {
        serve(exchange -> answer(exchange, requests.size() < 3 ? 503 : 200));
        var later = new ConcurrentLinkedQueue<Runnable>();
        var delays = new ArrayList<Duration>();
        var lanes = new Lanes(Way.WEBHOOK, new Lanes.Bounds(2, 10, 10), webhook::attempt, (delay, task) -> {
            delays.add(delay);
            later.add(task);
        }, Ticker.SYSTEM);
        lanes.offer(Events.webhook("label", address("/firing"), Alert.State.FIRING));
        lanes.offer(Events.webhook("label", address("/resolved"), Alert.State.RESOLVED));
        await().atMost(LONG).until(() -> {
            Runnable task = later.poll();
            if (task != null) {
                task.run();
            }
            return lanes.counts().done() == 2;
        });
        assertEquals(List.of("/firing", "/firing", "/firing", "/resolved"),
                requests.stream().map(request -> request.split(" ", 3)[1]).toList());
        assertEquals(List.of(Duration.ofSeconds(2), Duration.ofSeconds(8)), delays);
        lanes.close(System.nanoTime());
    }

    @Test
    void delaysGrowAreJitteredAndEnd() throws InterruptedException {
        serve(exchange -> answer(exchange, 500));
        var least = new Webhook(InstantSource.fixed(AT), () -> 0, LONG, LONG);
        var seconds = new ArrayList<Long>();
        for (int number = 1; number < Webhook.MAX_ATTEMPTS; number++) {
            var event = Events.webhook("label", address("/"), Alert.State.FIRING);
            seconds.add(assertInstanceOf(Outcome.Again.class, least.attempt(event, number)).after().toSeconds());
            seconds.add(assertInstanceOf(Outcome.Again.class, webhook.attempt(event, number)).after().toSeconds());
        }
        assertEquals(List.of(1L, 2L, 4L, 8L, 16L, 32L, 64L, 128L), seconds);
        assertEquals(new Outcome.Failed("failed: " + place() + " answered 500; given up after 5 attempts"),
                attempt("/", Webhook.MAX_ATTEMPTS));
        least.close();
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '"', value = {"120,120", "99999999,300", "999999999999999999999,2", "0,2", "-5,2",
            "soon,2",
            "\"Sat, 21 Nov 2026 10:01:01 GMT\",60", "\"Sat, 21 Nov 2020 10:01:01 GMT\",2",
            "\"Sat, 31 Dec 2044 10:01:01 GMT\",300"})
    void whatTheServerAsksForIsRespectedInBounds(String retryAfter, long seconds) throws InterruptedException {
        serve(exchange -> {
            exchange.getResponseHeaders().set("Retry-After", retryAfter);
            answer(exchange, 429);
        });
        assertEquals(new Outcome.Again("failed: " + place() + " answered 429", Duration.ofSeconds(seconds)),
                attempt("/", 1));
    }

    @Test
    void aRedirectIsNotFollowed() throws InterruptedException {
        serve(exchange -> {
            exchange.getResponseHeaders().set("Location", "/elsewhere");
            answer(exchange, 307);
        });
        assertEquals(new Outcome.Failed("failed: " + place() + " answered 307; redirects are not followed"),
                attempt("/", 1));
        assertEquals(1, requests.size());
    }

    @Test
    void oneThatHangsIsGivenUpAndTriedAgain() throws InterruptedException {
        serve(exchange -> {
            try {
                end.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        try (var hasty = new Webhook(InstantSource.fixed(AT), () -> 1, LONG, Duration.ofMillis(300))) {
            Outcome outcome = hasty.attempt(Events.webhook("label", address("/"), Alert.State.FIRING), 1);
            assertEquals("failed: " + place() + ": HttpTimeoutException (request timed out)",
                    assertInstanceOf(Outcome.Again.class, outcome).detail());
        }
    }

    @Test
    void oneThatRefusesIsTriedAgain() throws IOException, InterruptedException {
        int port;
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        var event = Events.webhook("label", URI.create("http://127.0.0.1:" + port + "/secret"), Alert.State.FIRING);
        assertTrue(assertInstanceOf(Outcome.Again.class, webhook.attempt(event, 4)).detail()
                .startsWith("failed: http://127.0.0.1:" + port + ": ConnectException"));
        assertInstanceOf(Outcome.Failed.class, webhook.attempt(event, 5));
    }

    @Test
    void aNameThatNobodyKnowsIsSaid() throws InterruptedException {
        var event = Events.webhook("label", URI.create("http://nobody.invalid/"), Alert.State.FIRING);
        assertEquals("failed: http://nobody.invalid: ConnectException (UnresolvedAddressException)",
                webhook.attempt(event, 5).detail().replaceFirst(";.*", ""));
    }

    @Test
    void aBodyWithoutEndIsNotRead() throws InterruptedException {
        serve(exchange -> {
            exchange.sendResponseHeaders(200, 0);
            try (OutputStream body = exchange.getResponseBody()) {
                while (end.getCount() > 0) {
                    body.write(new byte[8192]);
                }
            }
        });
        assertEquals(new Outcome.Done("done: " + place() + " answered 200"), attempt("/", 1));
    }
}
