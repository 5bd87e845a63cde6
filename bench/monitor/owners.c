/* Many small processes with a socket each, which all send and receive a little every second.
 * Usage: owners PROCESSES [BYTES]
 * Says "ready" when all are there. Each has a UDP socket connected to ours and answers what it gets. Ends, and they with it,
 * when its standard input does. */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static _Noreturn void fail(const char *what)
{
    perror(what);
    kill(0, SIGTERM);
    exit(1);
}

static _Noreturn void answer(struct sockaddr_in *ours, pid_t parent)
{
    char data[2048] = "hello";
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int s = socket(AF_INET, SOCK_DGRAM, 0);
    if (getppid() != parent || s < 0 || connect(s, (struct sockaddr *) ours, sizeof *ours) != 0 || send(s, data, 1, 0) != 1)
        _exit(1);
    for (;;) {
        ssize_t n = recv(s, data, sizeof data, 0);
        if (n < 0 || send(s, data, n, 0) != n)
            _exit(1);
    }
}

int main(int count, char **words)
{
    int processes = count > 1 ? atoi(words[1]) : 10000;
    int bytes = count > 2 ? atoi(words[2]) : 32, room = 8 << 20;
    struct sockaddr_in ours = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, *theirs = calloc(processes, sizeof ours);
    socklen_t size = sizeof ours;
    char data[2048] = {0};
    setpgid(0, 0); /* so that fail() ends those we started and nobody else */
    signal(SIGCHLD, SIG_IGN);
    int s = socket(AF_INET, SOCK_DGRAM, 0);
    if (theirs == NULL || bytes > (int) sizeof data || s < 0 || bind(s, (struct sockaddr *) &ours, size) != 0
            || getsockname(s, (struct sockaddr *) &ours, &size) != 0)
        fail("socket");
    setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    pid_t self = getpid();
    for (int i = 0; i < processes; i++) {
        pid_t pid = fork();
        if (pid < 0)
            fail("fork");
        if (pid == 0)
            answer(&ours, self);
        size = sizeof ours;
        if (recvfrom(s, data, sizeof data, 0, (struct sockaddr *) &theirs[i], &size) < 0)
            fail("recvfrom");
    }
    puts("ready");
    fflush(stdout);
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    struct pollfd input = {.fd = 0, .events = POLLIN};
    while (poll(&input, 1, 0) == 0) {
        for (int i = 0; i < processes; i++) {
            if (sendto(s, data, bytes, 0, (struct sockaddr *) &theirs[i], sizeof ours) < 0)
                fail("sendto");
            while (recv(s, data, sizeof data, MSG_DONTWAIT) > 0) {
            }
        }
        next.tv_sec++;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
        while (recv(s, data, sizeof data, MSG_DONTWAIT) > 0) {
        }
    }
    signal(SIGTERM, SIG_IGN);
    kill(0, SIGTERM);
    return 0;
}
