/* Traffic of a known size, for bench/monitor/peers.
 * Usage: mover tcp ADDRESS PORT BYTES SECONDS          one connection, so many bytes spread over that time (0: at once)
 *        mover udp ADDRESS PORT DATAGRAMS BYTES SECONDS
 *        mover sink PORT                               takes both, and says "ready"; ends with its standard input */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static char data[65536];

static _Noreturn void fail(const char *what)
{
    perror(what);
    exit(1);
}

static int opened(int type, const char *address, const char *port, int listens)
{
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
    int s = socket(AF_INET, type, 0);
    if (s < 0 || inet_pton(AF_INET, address, &there.sin_addr) != 1
            || (listens ? bind : connect)(s, (struct sockaddr *) &there, sizeof there) != 0)
        fail(address);
    return s;
}

/* The n-th of so many steps of that time. */
static void pace(struct timespec begin, double seconds, long n, long steps)
{
    double until = begin.tv_sec + begin.tv_nsec / 1e9 + seconds * n / steps;
    struct timespec t = {.tv_sec = until, .tv_nsec = (until - (time_t) until) * 1e9};
    if (seconds > 0)
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static void sink(const char *port)
{
    static struct pollfd all[1024];
    int count = 3;
    all[0].fd = 0;
    all[1].fd = opened(SOCK_STREAM, "0.0.0.0", port, 1);
    all[2].fd = opened(SOCK_DGRAM, "0.0.0.0", port, 1);
    if (listen(all[1].fd, 512) != 0)
        fail("listen");
    puts("ready");
    fflush(stdout);
    for (;;) {
        for (int i = 0; i < count; i++)
            all[i].events = i == 1 && count == 1024 ? 0 : POLLIN;
        if (poll(all, count, -1) < 0)
            fail("poll");
        for (int i = count - 1; i >= 0; i--) {
            if (all[i].revents == 0)
                continue;
            if (i == 0)
                return;
            if (i == 1) {
                if ((all[count].fd = accept(all[1].fd, NULL, NULL)) >= 0)
                    all[count++].revents = 0;
            } else if (i == 2) {
                while (recv(all[2].fd, data, sizeof data, MSG_DONTWAIT) >= 0) {
                }
            } else if (recv(all[i].fd, data, sizeof data, 0) <= 0) {
                close(all[i].fd);
                all[i] = all[--count];
            }
        }
    }
}

int main(int count, char **words)
{
    struct timespec begin;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    if (count == 3 && strcmp(words[1], "sink") == 0) {
        sink(words[2]);
    } else if (count == 6 && strcmp(words[1], "tcp") == 0) {
        long bytes = atol(words[4]);
        int s = opened(SOCK_STREAM, words[2], words[3], 0);
        for (long sent = 0; sent < bytes;) {
            ssize_t n = send(s, data, bytes - sent < 32768 ? bytes - sent : 32768, 0);
            if (n < 0)
                fail("send");
            sent += n;
            pace(begin, atof(words[5]), sent, bytes);
        }
        shutdown(s, SHUT_WR);
        while (recv(s, data, sizeof data, 0) > 0) {
        }
    } else if (count == 7 && strcmp(words[1], "udp") == 0) {
        long datagrams = atol(words[4]), bytes = atol(words[5]);
        int s = opened(SOCK_DGRAM, words[2], words[3], 0);
        for (long i = 0; i < datagrams; i++) {
            if (send(s, data, bytes, 0) != bytes)
                fail("send");
            pace(begin, atof(words[6]), i + 1, datagrams);
        }
    } else {
        fputs("usage: see mover.c\n", stderr);
        return 64;
    }
    return 0;
}
