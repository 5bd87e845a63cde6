/*
 * Moves bytes one way, in many ways, and counts them by what the system's calls gave back.
 *
 * ways listen|connect send|receive WAY tcp|udp|mptcp ADDRESS PORT BYTES [OPTION=VALUE ...]
 *     A listener says "port N". A datagram socket that listens, and is to send, sends to whom it hears from first; who
 *     connects, and is to receive, therefore says hello. A receiver ends after so many bytes.
 *     size=BYTES      of a call; of a datagram (default 65536 and 1000)
 *     before=BYTES    moves so many first, which do not count
 *     hold=1          says "holding", and waits for a line of standard input before it moves bytes; only then it counts
 *     via=fork        the second half is moved by a forked child, on the same socket
 *     via=exec        likewise, by a program that the child executes, as descriptor 3
 *     via=pass        likewise, by a process that got the socket over a UNIX socket (SCM_RIGHTS)
 *     own=BYTES       what is moved before the child is (default: half of them)
 *     via=many        so many children as count=N says: each connects (or accepts, of one listener) and moves so many bytes
 *     back=BYTES      after the end of the one direction (shutdown(2)), so many in the other
 *     end=orphan      ends without waiting for what is sent to arrive
 *     unconnected=1   a datagram socket that is told the address each time
 *     fastopen=1      the first bytes go with the SYN
 * ways inherited send|receive WAY tcp|udp BYTES SIZE
 *     does it on descriptor 3.
 * ways ping|raw|frames|errors ...: see ways_below.c.
 *
 * Each process that moved bytes says at its end "moved PID SENT RECEIVED COMMAND...". Status 77: "absent WHAT".
 */
#include "ways.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif
#define TCPI_OPT_SYN_DATA_LINUX 32 /* linux/tcp.h */

char block[BLOCK];

static const char *place, *way, *protocol, *address, *port;
static char **options;
static int is_send;
static long bytes, sent, received;

void need(int is_true, const char *what) {
  if (!is_true) {
    perror(what);
    exit(1);
  }
}

void absent(const char *what) {
  printf("absent %s\n", what);
  exit(77);
}

void say_moved(long out, long in) {
  char line[1000];
  int length = snprintf(line, 200, "moved %d %ld %ld ", getpid(), out, in);
  int fd = open("/proc/self/cmdline", O_RDONLY);
  long n = read(fd, line + length, sizeof line - length - 1);
  need(n > 0, "cmdline");
  close(fd);
  for (long i = 0; i < n; i++) {
    if (line[length + i] == 0) {
      line[length + i] = ' ';
    }
  }
  line[length + n - 1] = '\n';
  /* One write, so that lines of several processes stay whole. */
  need(write(1, line, length + n) == length + n, "standard output");
}

static const char *option(const char *name, const char *otherwise) {
  size_t length = strlen(name);
  for (char **word = options; *word; word++) {
    if (!strncmp(*word, name, length) && (*word)[length] == '=') {
      return *word + length + 1;
    }
  }
  return otherwise;
}

static long number(const char *name, long otherwise) {
  const char *text = option(name, NULL);
  return text ? atol(text) : otherwise;
}

static int is_via(const char *name) {
  return !strcmp(option("via", ""), name);
}

static void move(struct end *end, int is_sending, mover mover, long most) {
  long done = 0, calls = 0;
  while (done < most) {
    long n = mover(end, most - done);
    if (n <= 0) {
      break;
    }
    done += n;
    if (is_sending && end->is_datagram && ++calls % 64 == 0) {
      /* Else the receiver's backlog overflows: net.core.netdev_max_backlog. */
      struct timespec pause = {.tv_nsec = 300000};
      nanosleep(&pause, NULL);
    }
  }
  *(is_sending ? &sent : &received) += done;
}

static void start(struct end *end, struct addrinfo **found) {
  struct addrinfo wanted = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                            .ai_socktype = *protocol == 'u' ? SOCK_DGRAM : SOCK_STREAM};
  int one = 1, zero = 0, large = 1 << 26;
  struct timeval patience = {.tv_sec = 3};
  need(getaddrinfo(address, port, &wanted, found) == 0, "getaddrinfo");
  end->is_datagram = wanted.ai_socktype == SOCK_DGRAM;
  end->size = number("size", end->is_datagram ? 1000 : 65536);
  end->fd = socket((*found)->ai_family, wanted.ai_socktype, *protocol == 'm' ? IPPROTO_MPTCP : 0);
  if (end->fd < 0 && *protocol == 'm') {
    absent("MPTCP");
  }
  need(end->fd >= 0, "socket");
  if ((*found)->ai_family == AF_INET6) {
    setsockopt(end->fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero);
  }
  setsockopt(end->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  make_ready(end, way);
  if (end->is_datagram) {
    setsockopt(end->fd, SOL_SOCKET, SO_RCVBUFFORCE, &large, sizeof large);
    setsockopt(end->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
}

static void listen_at(struct end *end) {
  struct addrinfo *at;
  struct sockaddr_in6 own;
  socklen_t length = sizeof own;
  int queue = 100;
  start(end, &at);
  need(bind(end->fd, at->ai_addr, at->ai_addrlen) == 0, "bind");
  if (!end->is_datagram) {
    need(!number("fastopen", 0) || setsockopt(end->fd, IPPROTO_TCP, TCP_FASTOPEN, &queue, sizeof queue) == 0,
         "TCP_FASTOPEN");
    need(listen(end->fd, queue) == 0, "listen");
  }
  need(getsockname(end->fd, (struct sockaddr *)&own, &length) == 0, "getsockname");
  printf("port %d\n", ntohs(own.sin6_port));
  fflush(stdout);
}

/* Takes a connection, or hears from whom datagrams are to be sent to. */
static void take(struct end *end) {
  char hello[100];
  if (!end->is_datagram) {
    end->fd = accept(end->fd, NULL, NULL);
    need(end->fd >= 0, "accept");
  } else if (is_send) {
    end->to_length = sizeof end->to;
    long n = recvfrom(end->fd, hello, sizeof hello, 0, (struct sockaddr *)&end->to, &end->to_length);
    need(n > 0, "hello");
    received += n;
    if (!number("unconnected", 0)) {
      need(connect(end->fd, (struct sockaddr *)&end->to, end->to_length) == 0, "connect");
      end->to_length = 0;
    }
  }
}

static void connect_to(struct end *end) {
  struct addrinfo *to;
  int large = 1 << 24;
  start(end, &to);
  if (!strcmp(option("end", ""), "orphan")) {
    need(setsockopt(end->fd, SOL_SOCKET, SO_SNDBUFFORCE, &large, sizeof large) == 0, "SO_SNDBUFFORCE");
  }
  if (number("fastopen", 0)) {
    long n = sendto(end->fd, block, 1000, MSG_FASTOPEN, to->ai_addr, to->ai_addrlen);
    need(n > 0, "MSG_FASTOPEN");
    sent += n;
    bytes -= n;
  } else if (number("unconnected", 0)) {
    memcpy(&end->to, to->ai_addr, end->to_length = to->ai_addrlen);
  } else {
    need(connect(end->fd, to->ai_addr, to->ai_addrlen) == 0, "connect");
  }
  if (end->is_datagram && !is_send) {
    long n = sendto(end->fd, "hello", 5, 0, end->to_length ? (struct sockaddr *)&end->to : NULL, end->to_length);
    need(n == 5, "hello");
    sent += n;
  }
}

/* The rest of the bytes is another process's. */
static void child_moves(struct end *end, int passing) {
  if (passing >= 0) {
    char space[CMSG_SPACE(sizeof(int))] = "";
    struct iovec one = {.iov_base = space, .iov_len = 1};
    struct msghdr message = {.msg_iov = &one, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
    need(recvmsg(passing, &message, 0) == 1 && CMSG_FIRSTHDR(&message), "SCM_RIGHTS");
    memcpy(&end->fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof end->fd);
  }
  if (is_via("exec")) {
    char self[4096] = "", rest[30], size[30];
    need(readlink("/proc/self/exe", self, sizeof self - 1) > 0, "readlink");
    sprintf(rest, "%ld", bytes - number("own", bytes / 2));
    sprintf(size, "%ld", end->size);
    if (end->fd != 3) {
      need(dup2(end->fd, 3) == 3, "dup2");
      close(end->fd);
    }
    execl(self, "inheritor", "inherited", is_send ? "send" : "receive", way, protocol, rest, size, NULL);
    need(0, "exec");
  }
  sent = received = 0;
  move(end, is_send, way_of(is_send, way), bytes - number("own", bytes / 2));
  say_moved(sent, received);
  exit(0);
}

static void pass(int over, int fd) {
  char space[CMSG_SPACE(sizeof fd)] = "";
  struct iovec one = {.iov_base = block, .iov_len = 1};
  struct msghdr message = {.msg_iov = &one, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
  struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof fd);
  memcpy(CMSG_DATA(rights), &fd, sizeof fd);
  need(sendmsg(over, &message, 0) == 1, "SCM_RIGHTS");
}

static void await_child(void) {
  int status;
  need(wait(&status) > 0, "wait");
  if (status != 0) {
    exit(WEXITSTATUS(status));
  }
}

/* Ends a connection so that all that was sent has arrived. */
static void finish(struct end *end) {
  struct end plain = *end;
  plain.size = 65536;
  long back = number("back", 0);
  if (end->is_datagram || !strcmp(option("end", ""), "orphan")) {
    return;
  }
  if (is_send) {
    shutdown(end->fd, SHUT_WR);
    need(back == 0 || send(end->fd, block, 1000, MSG_NOSIGNAL) == -1, "no send after shutdown");
    move(&plain, 0, way_of(0, "recv"), back);
  }
  need(recv(end->fd, block, 1, 0) == 0, "end of file");
  if (!is_send) {
    move(&plain, 1, way_of(1, "send"), back);
  }
  if (number("fastopen", 0) && is_send) {
    struct tcp_info info;
    socklen_t length = sizeof info;
    need(getsockopt(end->fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0, "TCP_INFO");
    if (!(info.tcpi_options & TCPI_OPT_SYN_DATA_LINUX)) {
      absent("TCP Fast Open");
    }
  }
  close(end->fd);
}

static void run(struct end *end) {
  int over[2] = {-1, -1}, is_shared = is_via("fork") || is_via("exec") || is_via("pass");
  pid_t child = 0;
  if (is_via("pass")) {
    need(socketpair(AF_UNIX, SOCK_STREAM, 0, over) == 0, "socketpair");
    need((child = fork()) >= 0, "fork");
    if (child == 0) {
      struct end none = {.is_datagram = *protocol == 'u'};
      none.size = number("size", none.is_datagram ? 1000 : 65536);
      child_moves(&none, over[1]);
    }
  }
  if (*place == 'l') {
    if (!is_via("many")) {
      listen_at(end);
    }
    take(end);
  } else {
    connect_to(end);
  }
  move(end, is_send, way_of(is_send, is_send ? "sendto" : "recv"), number("before", 0));
  if (number("hold", 0)) {
    sent = received = 0;
    puts("holding");
    fflush(stdout);
    while (getchar() >= ' ') {
    }
  }
  move(end, is_send, way_of(is_send, way), is_shared ? number("own", bytes / 2) : bytes);
  if (child > 0) {
    pass(over[0], end->fd);
  } else if (is_shared) {
    need((child = fork()) >= 0, "fork");
    if (child == 0) {
      child_moves(end, -1);
    }
  }
  if (child > 0) {
    await_child();
  }
  finish(end);
  say_moved(sent, received);
}

int main(int count, char **words) {
  struct end end = {.fd = 3};
  if (count == 7 && !strcmp(words[1], "inherited")) {
    end.is_datagram = *words[4] == 'u';
    end.size = atol(words[6]);
    is_send = *words[2] == 's';
    move(&end, is_send, way_of(is_send, words[3]), atol(words[5]));
    say_moved(sent, received);
    return 0;
  }
  if (count > 2 && !strcmp(words[1], "ping")) {
    return ping(words + 2);
  }
  if (count > 2 && !strcmp(words[1], "raw")) {
    return raw(words + 2);
  }
  if (count > 2 && !strcmp(words[1], "frames")) {
    return frames(words + 2);
  }
  if (count > 2 && !strcmp(words[1], "errors")) {
    return errors(words + 2);
  }
  if (count < 8) {
    fputs("see the head of the source\n", stderr);
    return 2;
  }
  place = words[1];
  is_send = *words[2] == 's';
  way = words[3];
  protocol = words[4];
  address = words[5];
  port = words[6];
  bytes = atol(words[7]);
  options = words + 8;
  if (!is_via("many")) {
    run(&end);
    return 0;
  }
  if (*place == 'l') {
    listen_at(&end);
  }
  long children = number("count", 1);
  for (long i = 0; i < children; i++) {
    pid_t child = fork();
    need(child >= 0, "fork");
    if (child == 0) {
      run(&end);
      exit(0);
    }
  }
  for (long i = 0; i < children; i++) {
    await_child();
  }
  return 0;
}
