/*
 * Processes that live for a moment, and what they talk to. Everything is counted here, by process.
 *
 * shortlived serve tcp|udp ADDRESS PORT
 *     A TCP client sends two numbers, UP and DOWN (4 bytes each, of this machine's order), then UP bytes, and takes DOWN.
 *     A UDP client sends datagrams whose first 4 bytes say how many bytes it wants back for each. Says "ready", and at the
 *     end of its standard input "moved RECEIVED SENT".
 * shortlived launch tcp|udp ADDRESS PORT COUNT PERSECOND HOLDMICROS BYTES [up]
 *     Every other one sends, the rest receive; with "up" all send. Runs COUNT workers, each by fork and exec, at that pace. For each "worker PID LOCALPORT SENT RECEIVED LIFEMICROS",
 *     the life being from before the fork to after the wait.
 * shortlived worker tcp|udp ADDRESS PORT UP DOWN HOLDMICROS
 *     Says "LOCALPORT SENT RECEIVED"; lives so long after its connection is made.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DATAGRAM 1400

static char block[65536];

static void need(int is_true, const char *what) {
  if (!is_true) {
    perror(what);
    exit(1);
  }
}

static int64_t micros(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void until(int64_t when) {
  struct timespec t = {.tv_sec = when / 1000000, .tv_nsec = when % 1000000 * 1000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR) {
  }
}

static int resolve(const char *protocol, const char *address, const char *port, struct addrinfo **found) {
  struct addrinfo wanted = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                            .ai_socktype = *protocol == 't' ? SOCK_STREAM : SOCK_DGRAM};
  need(getaddrinfo(address, port, &wanted, found) == 0, "getaddrinfo");
  int s = socket((*found)->ai_family, (*found)->ai_socktype, 0);
  need(s >= 0, "socket");
  return s;
}

static long push(int s, long bytes) {
  long done = 0;
  while (done < bytes) {
    long size = bytes - done < (long)sizeof block ? bytes - done : (long)sizeof block;
    long n = send(s, block, size, MSG_NOSIGNAL);
    if (n <= 0) {
      break;
    }
    done += n;
  }
  return done;
}

static long pull(int s, long bytes) {
  long done = 0;
  char into[65536];
  while (done < bytes) {
    long size = bytes - done < (long)sizeof into ? bytes - done : (long)sizeof into;
    long n = recv(s, into, size, 0);
    if (n <= 0) {
      break;
    }
    done += n;
  }
  return done;
}

static long moved_in, moved_out;

static void *serve_one(void *socket_number) {
  int s = (int)(intptr_t)socket_number;
  uint32_t wanted[2];
  long in = recv(s, wanted, sizeof wanted, MSG_WAITALL), out = 0;
  if (in == sizeof wanted) {
    in += pull(s, wanted[0]);
    out = push(s, wanted[1]);
    in += pull(s, 1 << 30); /* the end of file */
  }
  close(s);
  __atomic_fetch_add(&moved_in, in, __ATOMIC_SEQ_CST);
  __atomic_fetch_add(&moved_out, out, __ATOMIC_SEQ_CST);
  return NULL;
}

static int serve(char **words) {
  struct addrinfo *at;
  int s = resolve(words[0], words[1], words[2], &at);
  int one = 1, large = 1 << 26, is_tcp = *words[0] == 't';
  setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &large, sizeof large);
  need(bind(s, at->ai_addr, at->ai_addrlen) == 0, "bind");
  need(!is_tcp || listen(s, 4096) == 0, "listen");
  puts("ready");
  fflush(stdout);
  for (;;) {
    struct pollfd wait[2] = {{.fd = s, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
    need(poll(wait, 2, -1) > 0, "poll");
    if (wait[0].revents && is_tcp) {
      pthread_t thread;
      need(pthread_create(&thread, NULL, serve_one, (void *)(intptr_t)accept(s, NULL, NULL)) == 0, "pthread_create");
      pthread_detach(thread);
    } else if (wait[0].revents) {
      struct sockaddr_storage from;
      socklen_t length = sizeof from;
      char data[65536];
      uint32_t back;
      long n = recvfrom(s, data, sizeof data, 0, (struct sockaddr *)&from, &length);
      if (n >= (long)sizeof back) {
        moved_in += n;
        memcpy(&back, data, sizeof back);
        if (back > 0 && back <= DATAGRAM) {
          n = sendto(s, block, back, 0, (struct sockaddr *)&from, length);
          moved_out += n > 0 ? n : 0;
        }
      }
    } else {
      printf("moved %ld %ld\n", __atomic_load_n(&moved_in, __ATOMIC_SEQ_CST),
             __atomic_load_n(&moved_out, __ATOMIC_SEQ_CST));
      return 0;
    }
  }
}

/* What is to be moved, in datagrams of at most DATAGRAM; each received one is asked for by one that is sent. */
static void exchange_datagrams(int s, long up, long down, long *out, long *in) {
  struct timeval patience = {.tv_sec = 2};
  char into[DATAGRAM];
  setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  while (*out < up || *in < down) {
    long left = up - *out;
    uint32_t back = down - *in < DATAGRAM ? down - *in : DATAGRAM;
    long size = left > DATAGRAM ? DATAGRAM : left > (long)sizeof back ? left : (long)sizeof back;
    memcpy(block, &back, sizeof back);
    need(send(s, block, size, 0) == size, "send");
    *out += size;
    if (back > 0) {
      long n = recv(s, into, sizeof into, 0);
      need(n == back, "recv");
      *in += n;
    }
  }
}

static int worker(char **words) {
  struct addrinfo *to;
  long up = atol(words[3]), down = atol(words[4]);
  int s = resolve(words[0], words[1], words[2], &to);
  struct sockaddr_in6 own;
  socklen_t length = sizeof own;
  long out = 0, in = 0;
  need(connect(s, to->ai_addr, to->ai_addrlen) == 0, "connect");
  int64_t end = micros() + atol(words[5]);
  need(getsockname(s, (struct sockaddr *)&own, &length) == 0, "getsockname");
  if (*words[0] == 't') {
    uint32_t wanted[2] = {up, down};
    memcpy(block, wanted, sizeof wanted);
    out = push(s, sizeof wanted) + push(s, up);
    in = pull(s, down);
  } else {
    exchange_datagrams(s, up, down, &out, &in);
  }
  if (atol(words[5]) > 0) {
    until(end);
  }
  printf("%d %ld %ld\n", ntohs(own.sin6_port), out, in);
  return 0;
}

static int launch(char **words) {
  char self[4096] = "";
  need(readlink("/proc/self/exe", self, sizeof self - 1) > 0, "readlink");
  long count = atol(words[3]), pace = 1000000 / atol(words[4]);
  char *bytes = words[6];
  int64_t begin = micros();
  for (long i = 0; i < count; i++) {
    until(begin + i * pace);
    int ends[2];
    need(pipe(ends) == 0, "pipe");
    int64_t born = micros();
    pid_t pid = fork();
    need(pid >= 0, "fork");
    if (pid == 0) {
      int is_down = i % 2 && !words[7];
      char *up = is_down ? "0" : bytes, *down = is_down ? bytes : "0";
      dup2(ends[1], 1);
      close(ends[0]);
      close(ends[1]);
      execl(self, "shortlived", "worker", words[0], words[1], words[2], up, down, words[5], NULL);
      _exit(127);
    }
    close(ends[1]);
    char said[100];
    long n = 0, got;
    while ((got = read(ends[0], said + n, sizeof said - 1 - n)) > 0) {
      n += got;
    }
    close(ends[0]);
    int status;
    need(waitpid(pid, &status, 0) == pid, "waitpid");
    need(status == 0 && n > 1, "worker");
    said[n - 1] = 0;
    printf("worker %d %s %ld\n", pid, said, (long)(micros() - born));
  }
  return 0;
}

int main(int count, char **words) {
  if (count == 5 && !strcmp(words[1], "serve")) {
    return serve(words + 2);
  }
  if ((count == 9 || count == 10) && !strcmp(words[1], "launch")) {
    return launch(words + 2);
  }
  if (count == 8 && !strcmp(words[1], "worker")) {
    return worker(words + 2);
  }
  fputs("see the head of the source\n", stderr);
  return 2;
}
