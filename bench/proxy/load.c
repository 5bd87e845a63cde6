/* The load for bench/proxy: both ends of the connections that a forwarder stands between.
 *
 * Usage: load server PORT                               says "ready"; ends with its standard input
 *        load up   PORT STREAMS SECONDS                 bulk from the client to the server
 *        load down PORT STREAMS SECONDS                 bulk from the server to the client
 *        load connect  PORT CONNECTIONS SECONDS         so many at once: connect, request, answer, close
 *        load pingpong PORT CONNECTIONS SECONDS         requests and answers over connections that stay
 *        load idle PORT CONNECTIONS                     opens them, one exchange over each, says "up"; ends with its standard input
 *
 * Everything is on 127.0.0.1. Either side has as many processes as there are processors, but a client one only for a single
 * connection, and for exchanges over connections that stay. A client prints one line of JSON; what failed is counted in
 * "errors", and the first of it told in "error". What failed at the server goes to standard error.
 *
 * A connection begins with a request of 64 bytes, whose first byte says what it is for: 'e' wants 64 bytes as an answer, as
 * often as it is sent; after 'u' the server counts what comes until its end, and answers with the count; after 'd' and a
 * number of milliseconds it sends blocks of 256 KiB for so long, and closes. Bulk is counted where it is received.
 *
 * What is sent comes from one block that stays in the processor's cache: sendfile() from a file in memory, and vmsplice() of
 * huge pages, took more processor time a byte, since they hand over the kernel's pages one by one. What is received is
 * discarded with MSG_TRUNC, which counts but does not copy, once 1 MiB is there (SO_RCVLOWAT), so that the processors are left
 * to what stands between. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { REQUEST = 64, BLOCK = 256 << 10, HEAP = 1 << 20, TURN = 4, EVENTS = 256, SOURCES = 16, PROCESSES = 16,
    PATIENCE_MILLIS = 10000 };

/* One connection; indexed by its descriptor. */
struct connection {
    char mode;           /* of the server: 0 until the first request is complete */
    char connecting;
    int partial;         /* bytes of a request, an answer or a block that are there, or sent */
    uint64_t bytes;      /* received, or sent */
    int64_t begin;       /* of an exchange; at the server: when to stop sending. In ns */
};

static struct connection *connections;
static int most, epoll, open_now;
static char scratch[BLOCK], request[REQUEST];
static uint32_t *samples; /* in ns, saturating at 4 s */
static size_t room;

/* What a process of a client found; the samples follow it when it is handed over. */
static struct result {
    int64_t nanos;
    uint64_t bytes;
    size_t sampled;
    long errors;
    char error[200]; /* the first */
} result;

static _Noreturn void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void failed(const char *what, int number)
{
    if (result.errors++ == 0)
        snprintf(result.error, sizeof result.error, "%s%s%s", what, number ? ": " : "", number ? strerror(number) : "");
}

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void watch(int operation, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};
    if (epoll_ctl(epoll, operation, fd, &event) != 0)
        fail("epoll_ctl");
}

static void set(int fd, int level, int name, int value)
{
    if (setsockopt(fd, level, name, &value, sizeof value) != 0)
        fail("setsockopt");
}

static struct connection *of(int fd)
{
    if (fd >= most) {
        fputs("more descriptors than expected\n", stderr);
        exit(1);
    }
    return &connections[fd];
}

static int processors(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : count > PROCESSES ? PROCESSES : count;
}

static void prepare(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    most = limit.rlim_cur > 1 << 20 ? 1 << 20 : limit.rlim_cur;
    connections = calloc(most, sizeof *connections);
    epoll = epoll_create1(0);
    if (connections == NULL || epoll < 0)
        fail("prepare");
}

static void done(int fd)
{
    close(fd);
    open_now--;
}

/* Sends whole blocks until it is time to stop: 1 if there is more to be sent, 0 if it would block, -1 if it is done, -2 if the
 * connection died. */
static int send_blocks(int fd, struct connection *c, int64_t stop)
{
    for (int i = 0; i < TURN; i++) {
        if (c->partial == 0 && now() >= stop)
            return -1;
        ssize_t n = send(fd, scratch + c->partial, BLOCK - c->partial, MSG_NOSIGNAL);
        if (n < 0)
            return errno == EAGAIN ? 0 : -2;
        c->bytes += n;
        c->partial = (c->partial + n) % BLOCK;
    }
    return 1;
}

/* Discards what has come: 1 if there may be more, 0 if there is none, -1 at the end, -2 if the connection died. */
static int receive_blocks(int fd, struct connection *c)
{
    for (int i = 0; i < TURN; i++) {
        ssize_t n = recv(fd, NULL, 4 * HEAP, MSG_TRUNC);
        if (n <= 0)
            return n == 0 ? -1 : errno == EAGAIN ? 0 : -2;
        c->bytes += n;
        if (n < HEAP)
            return 0;
    }
    return 1;
}

/* ---- the server */

static void serve(int fd, struct connection *c)
{
    if (c->mode == 'd') {
        int more = send_blocks(fd, c, c->begin);
        if (more == -2)
            perror("load server: send");
        if (more < 0)
            done(fd);
        return;
    }
    if (c->mode == 'u') {
        int more = receive_blocks(fd, c);
        if (more == -2)
            perror("load server: recv");
        if (more == -1)
            send(fd, &c->bytes, sizeof c->bytes, MSG_NOSIGNAL);
        if (more < 0)
            done(fd);
        return;
    }
    ssize_t n = recv(fd, scratch, REQUEST - c->partial, 0);
    if (n <= 0) {
        if (n == 0 || errno != EAGAIN)
            done(fd);
        return;
    }
    if (c->partial == 0)
        c->mode = scratch[0];
    if (c->mode == 'u')
        set(fd, SOL_SOCKET, SO_RCVLOWAT, HEAP);
    if (c->mode == 'd' && c->partial == 0 && n == REQUEST) {
        uint32_t millis;
        memcpy(&millis, scratch + 4, sizeof millis);
        c->begin = now() + millis * INT64_C(1000000);
        watch(EPOLL_CTL_MOD, fd, EPOLLOUT);
        return;
    }
    char mode = c->mode;
    if ((c->partial += n) < REQUEST) {
        if (mode != 'e')
            done(fd); /* the client tells of it: no forwarder divides the first 64 bytes for no reason */
        return;
    }
    c->partial = 0;
    if (mode == 'e' && send(fd, request, REQUEST, MSG_NOSIGNAL) != REQUEST)
        done(fd);
}

static int listening(int port)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    set(listener, SOL_SOCKET, SO_REUSEADDR, 1);
    set(listener, SOL_SOCKET, SO_REUSEPORT, 1);
    set(listener, IPPROTO_TCP, TCP_NODELAY, 1);
    if (bind(listener, (struct sockaddr *) &here, sizeof here) != 0 || listen(listener, 4096) != 0)
        fail("listen");
    return listener;
}

/* One process of the server. */
static void server(int listener)
{
    prepare();
    watch(EPOLL_CTL_ADD, listener, EPOLLIN);
    watch(EPOLL_CTL_ADD, STDIN_FILENO, EPOLLIN);
    for (;;) {
        struct epoll_event events[EVENTS];
        int count = epoll_wait(epoll, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            if (fd == STDIN_FILENO)
                return;
            if (fd != listener) {
                serve(fd, of(fd));
                continue;
            }
            int accepted;
            while ((accepted = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
                *of(accepted) = (struct connection) {0};
                open_now++;
                watch(EPOLL_CTL_ADD, accepted, EPOLLIN);
                serve(accepted, of(accepted)); /* the request is there already, most often */
            }
            if (errno != EAGAIN && errno != ECONNABORTED)
                fail("accept");
        }
    }
}

static void servers(int port)
{
    int listeners[PROCESSES], count = processors();
    for (int i = 0; i < count; i++)
        listeners[i] = listening(port); /* all before the first connection, which the kernel deals out among them */
    for (int i = 1; i < count; i++) {
        pid_t child = fork();
        if (child < 0)
            fail("fork");
        if (child == 0) {
            server(listeners[i]);
            exit(0);
        }
    }
    puts("ready");
    fflush(stdout);
    server(listeners[0]);
}

/* ---- the client */

static void sample(int64_t nanos)
{
    if (result.sampled == room && (samples = realloc(samples, (room = room ? 2 * room : 1 << 16) * sizeof *samples)) == NULL)
        fail("realloc");
    samples[result.sampled++] = nanos > UINT32_MAX ? UINT32_MAX : nanos;
}

/* Begins to connect, from one of several source addresses in turn, so that their ports do not run out. */
static void begin(int port, uint32_t then)
{
    static unsigned source;
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + source++ % SOURCES)};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int64_t time = now();
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd < 0)
        fail("socket");
    set(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    *of(fd) = (struct connection) {.connecting = 1, .begin = time};
    if (bind(fd, (struct sockaddr *) &from, sizeof from) != 0)
        fail("bind");
    if (connect(fd, (struct sockaddr *) &to, sizeof to) != 0 && errno != EINPROGRESS) {
        failed("connect", errno);
        close(fd);
        return;
    }
    open_now++;
    /* On loopback it is there already, as a rule, and the request need not wait. */
    of(fd)->connecting = send(fd, request, REQUEST, MSG_NOSIGNAL) != REQUEST;
    watch(EPOLL_CTL_ADD, fd, of(fd)->connecting ? EPOLLOUT : then);
}

/* The connection is there now, or not; sends the first request. */
static void connected(int fd, struct connection *c, uint32_t then)
{
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
    c->connecting = 0;
    if (error == 0 && send(fd, request, REQUEST, MSG_NOSIGNAL) == REQUEST) {
        if (then != EPOLLOUT)
            watch(EPOLL_CTL_MOD, fd, then);
        return;
    }
    failed("connect", error ? error : errno);
    done(fd);
}

/* 1 if the answer is complete, 0 if not yet, -1 if the connection died. */
static int answered(int fd, struct connection *c)
{
    ssize_t n = recv(fd, scratch, REQUEST - c->partial, 0);
    if (n < 0 && errno == EAGAIN)
        return 0;
    if (n <= 0) {
        failed(n == 0 ? "closed before the answer" : "recv", n == 0 ? 0 : errno);
        done(fd);
        return -1;
    }
    if ((c->partial += n) < REQUEST)
        return 0;
    c->partial = 0;
    return 1;
}

static int wait_for(struct epoll_event *events)
{
    int count = epoll_wait(epoll, events, EVENTS, PATIENCE_MILLIS);
    if (count == 0) {
        failed("nothing moved for 10 s", 0);
        result.errors += open_now - 1;
    }
    return count;
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;
    return x < y ? -1 : x > y;
}

static double quantile(double q)
{
    return result.sampled == 0 ? 0 : samples[(size_t) (q * (result.sampled - 1) + 0.5)] / 1e3;
}

/* Prints the result, with quantiles in us and the processor seconds of the processes that made it. */
static void tell(void)
{
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    double load = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    qsort(samples, result.sampled, sizeof *samples, by_value);
    printf("{\"seconds\": %.6f, \"bytes\": %ju, \"count\": %zu, \"p50\": %.1f, \"p99\": %.1f, \"p999\": %.1f, \"max\": %.1f,"
           " \"load\": %.6f, \"errors\": %ld, \"error\": \"%s\"}\n", result.nanos / 1e9, (uintmax_t) result.bytes, result.sampled,
           quantile(0.5), quantile(0.99), quantile(0.999), quantile(1), load, result.errors, result.error);
    fflush(stdout);
}

/* The time runs from the first byte until the last one is known to have arrived. */
static void bulk(char mode, int port, int streams, double seconds)
{
    uint32_t millis = seconds * 1000;
    request[0] = mode;
    memcpy(request + 4, &millis, sizeof millis);
    uint32_t then = mode == 'u' ? EPOLLOUT : EPOLLIN;
    for (int i = 0; i < streams; i++)
        begin(port, then);
    int64_t start = now(), stop = start + millis * INT64_C(1000000);
    while (open_now > 0) {
        struct epoll_event events[EVENTS];
        int count = wait_for(events);
        if (count == 0)
            break;
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            struct connection *c = of(fd);
            if (c->connecting) {
                connected(fd, c, then);
            } else if (mode == 'd') {
                if (c->bytes == 0)
                    set(fd, SOL_SOCKET, SO_RCVLOWAT, HEAP);
                int more = receive_blocks(fd, c);
                if (more == -2)
                    failed("recv", errno);
                else if (more == -1 && (c->bytes == 0 || c->bytes % BLOCK != 0))
                    failed("ended in the middle of a block", 0);
                if (more < 0) {
                    result.bytes += c->bytes;
                    done(fd);
                }
            } else if (events[i].events & EPOLLIN) {
                uint64_t arrived = 0;
                ssize_t n = recv(fd, &arrived, sizeof arrived, MSG_WAITALL);
                if (n != sizeof arrived)
                    failed("no count from the server", n < 0 ? errno : 0);
                else if (arrived != c->bytes)
                    failed("not all that was sent arrived", 0);
                result.bytes += arrived;
                done(fd);
            } else {
                int more = send_blocks(fd, c, stop);
                if (more == -1) {
                    shutdown(fd, SHUT_WR);
                    watch(EPOLL_CTL_MOD, fd, EPOLLIN);
                } else if (more == -2) {
                    failed("send", errno);
                    done(fd);
                }
            }
        }
    }
    result.nanos = now() - start;
}

/* Exchanges over connections that stay, or that are made anew for each. */
static void exchanges(int stays, int port, int at_once, double seconds)
{
    request[0] = 'e';
    for (int i = 0; i < at_once; i++)
        begin(port, EPOLLIN);
    int64_t start = now(), stop = start + seconds * 1e9, time = start;
    while (open_now > 0) {
        struct epoll_event events[EVENTS];
        int count = wait_for(events);
        if (count == 0)
            break;
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            struct connection *c = of(fd);
            int there = 0;
            if (!c->connecting)
                there = answered(fd, c);
            else
                connected(fd, c, EPOLLIN);
            if (there == 1) {
                if (!stays)
                    done(fd);
                time = now();
                sample(time - c->begin);
                if (stays && time < stop) {
                    c->begin = time;
                    if (send(fd, request, REQUEST, MSG_NOSIGNAL) != REQUEST) {
                        failed("send", errno);
                        done(fd);
                    }
                } else if (stays) {
                    done(fd);
                }
            }
            if (!stays && there != 0 && time < stop)
                begin(port, EPOLLIN);
        }
    }
    result.nanos = time - start;
}

static void idle(int port, int wanted)
{
    request[0] = 'e';
    int begun = 0, up = 0;
    prepare();
    watch(EPOLL_CTL_ADD, STDIN_FILENO, EPOLLIN);
    for (;;) {
        for (; begun < wanted && begun - up < 64; begun++)
            begin(port, EPOLLIN);
        struct epoll_event events[EVENTS];
        int count = up < wanted ? wait_for(events) : epoll_wait(epoll, events, EVENTS, -1);
        if (count == 0)
            break;
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            struct connection *c = of(fd);
            if (fd == STDIN_FILENO) {
                return;
            }
            if (c->connecting) {
                connected(fd, c, EPOLLIN);
            } else if (answered(fd, c) == 1 && ++up == wanted) {
                printf("up %d\n", up);
                fflush(stdout);
            }
            if (result.errors > 0) {
                return;
            }
        }
    }
}

static void whole(int fd, int reads, void *data, size_t length)
{
    for (size_t at = 0; at < length;) {
        ssize_t n = reads ? read(fd, (char *) data + at, length - at) : write(fd, (char *) data + at, length - at);
        if (n <= 0)
            fail("a process of the load did not hand over its result");
        at += n;
    }
}

/* Divides a measurement among processes, and puts together what they found. */
static void divided(const char *what, int port, int count, double seconds)
{
    /* One is enough for exchanges, which then wait less for each other. */
    int processes = what[0] == 'p' ? 1 : count < processors() ? count : processors(), ends[PROCESSES][2];
    for (int i = 0; i < processes; i++) {
        pid_t child = pipe(ends[i]) == 0 ? fork() : -1;
        if (child < 0)
            fail("fork");
        if (child == 0) {
            int mine = count / processes + (i < count % processes);
            prepare();
            if (what[0] == 'u' || what[0] == 'd')
                bulk(what[0], port, mine, seconds);
            else
                exchanges(what[0] == 'p', port, mine, seconds);
            whole(ends[i][1], 0, &result, sizeof result);
            whole(ends[i][1], 0, samples, result.sampled * sizeof *samples);
            exit(0);
        }
        close(ends[i][1]);
    }
    for (int i = 0; i < processes; i++) {
        struct result one;
        whole(ends[i][0], 1, &one, sizeof one);
        size_t all = result.sampled + one.sampled;
        if (all > 0 && (samples = realloc(samples, all * sizeof *samples)) == NULL)
            fail("realloc");
        whole(ends[i][0], 1, samples + result.sampled, one.sampled * sizeof *samples);
        if (result.errors == 0)
            memcpy(result.error, one.error, sizeof one.error);
        result.errors += one.errors;
        result.sampled = all;
        result.bytes += one.bytes;
        result.nanos = one.nanos > result.nanos ? one.nanos : result.nanos;
    }
    while (wait(NULL) > 0) {
    }
    tell();
}

int main(int count, char **words)
{
    const char *what = count > 2 ? words[1] : "";
    if (count == 3 && strcmp(what, "server") == 0) {
        servers(atoi(words[2]));
    } else if (count == 4 && strcmp(what, "idle") == 0) {
        idle(atoi(words[2]), atoi(words[3]));
        if (result.errors > 0)
            tell();
    } else if (count == 5 && (strcmp(what, "up") == 0 || strcmp(what, "down") == 0 || strcmp(what, "connect") == 0
            || strcmp(what, "pingpong") == 0)) {
        divided(what, atoi(words[2]), atoi(words[3]), atof(words[4]));
    } else {
        fputs("usage: see load.c\n", stderr);
        return 64;
    }
    return 0;
}
