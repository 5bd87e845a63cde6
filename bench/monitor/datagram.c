/* Sends a datagram over loopback and receives it, again and again, in one process: ns of the clock and of processor time a pair.
 * Usage: datagram PAIRS [BYTES] */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

static double now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}

int main(int count, char **words)
{
    long pairs = count > 1 ? atol(words[1]) : 1000000;
    size_t bytes = count > 2 ? strtoul(words[2], NULL, 10) : 64;
    char data[65536] = {0};
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof there;
    int in = socket(AF_INET, SOCK_DGRAM, 0), out = socket(AF_INET, SOCK_DGRAM, 0);
    if (bytes > sizeof data || in < 0 || out < 0 || bind(in, (struct sockaddr *) &there, size) != 0
            || getsockname(in, (struct sockaddr *) &there, &size) != 0) {
        perror("datagram");
        return 1;
    }
    double wall = 0, processor = 0;
    for (long i = -pairs / 10; i < pairs; i++) {
        if (i == 0) {
            wall = now(CLOCK_MONOTONIC);
            processor = now(CLOCK_PROCESS_CPUTIME_ID);
        }
        if (sendto(out, data, bytes, 0, (struct sockaddr *) &there, size) != (ssize_t) bytes
                || recv(in, data, sizeof data, 0) != (ssize_t) bytes) {
            perror("datagram");
            return 1;
        }
    }
    printf("%.1f %.1f\n", (now(CLOCK_MONOTONIC) - wall) / pairs, (now(CLOCK_PROCESS_CPUTIME_ID) - processor) / pairs);
    return 0;
}
