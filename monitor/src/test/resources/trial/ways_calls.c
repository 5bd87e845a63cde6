/* The ways of the program ways, but for io_uring. */
#include "ways.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

/* linux/udp.h */
#define UDP_SEGMENT 103
#define UDP_GRO 104
#define SEGMENTS 20
#define MESSAGES 8

static long least(long a, long b) {
  return a < b ? a : b;
}

static long size_of(struct end *end, long most) {
  return least(least(most, end->size), BLOCK);
}

/* What a receiving call gave: nothing any more after a datagram socket's patience. */
static long got(long n) {
  need(n >= 0 || errno == EAGAIN, "receive");
  return n < 0 ? 0 : n;
}

static long gave(long n) {
  need(n > 0, "send");
  return n;
}

static long by_write(struct end *end, long most) {
  return gave(write(end->fd, block, size_of(end, most)));
}

static long by_send(struct end *end, long most) {
  return gave(send(end->fd, block, size_of(end, most), MSG_NOSIGNAL));
}

static struct sockaddr *to(struct end *end) {
  return end->to_length ? (struct sockaddr *)&end->to : NULL;
}

static long by_sendto(struct end *end, long most) {
  return gave(sendto(end->fd, block, size_of(end, most), MSG_NOSIGNAL, to(end), end->to_length));
}

/* Three parts, one of them empty. */
static int parts(struct iovec *three, long size) {
  three[0] = (struct iovec){.iov_base = block, .iov_len = size / 3};
  three[1] = (struct iovec){.iov_base = block, .iov_len = 0};
  three[2] = (struct iovec){.iov_base = block + size / 3, .iov_len = size - size / 3};
  return 3;
}

static long by_writev(struct end *end, long most) {
  struct iovec three[3];
  return gave(writev(end->fd, three, parts(three, size_of(end, most))));
}

static struct msghdr message(struct end *end, struct iovec *three, long size) {
  return (struct msghdr){.msg_name = to(end),
                         .msg_namelen = end->to_length,
                         .msg_iov = three,
                         .msg_iovlen = parts(three, size)};
}

static long by_sendmsg(struct end *end, long most) {
  struct iovec three[3];
  struct msghdr one = message(end, three, size_of(end, most));
  return gave(sendmsg(end->fd, &one, MSG_NOSIGNAL));
}

static long by_sendmmsg(struct end *end, long most) {
  struct iovec parts_of[MESSAGES][3];
  struct mmsghdr all[MESSAGES] = {0};
  int count = 0;
  long done = 0;
  for (long left = most; count < MESSAGES && left > 0; count++) {
    all[count].msg_hdr = message(end, parts_of[count], size_of(end, left));
    left -= size_of(end, left);
  }
  int n = gave(sendmmsg(end->fd, all, count, MSG_NOSIGNAL));
  for (int i = 0; i < n; i++) {
    done += all[i].msg_len;
  }
  return done;
}

static long by_sendfile(struct end *end, long most) {
  static int file = -1;
  off_t offset = 0;
  if (file < 0) {
    file = memfd_create("ways", 0);
    need(file >= 0 && write(file, block, BLOCK) == BLOCK, "memfd");
  }
  return gave(sendfile(end->fd, file, &offset, size_of(end, most)));
}

static int *the_pipe(void) {
  static int ends[2] = {-1, -1};
  if (ends[0] < 0) {
    need(pipe(ends) == 0, "pipe");
  }
  return ends;
}

static long by_splice_out(struct end *end, long most) {
  long size = gave(write(the_pipe()[1], block, least(size_of(end, most), 32768))), done = 0;
  while (done < size) {
    done += gave(splice(the_pipe()[0], NULL, end->fd, NULL, size - done, 0));
  }
  return done;
}

static long by_zerocopy(struct end *end, long most) {
  static int is_on;
  if (!is_on) {
    is_on = 1;
    if (setsockopt(end->fd, SOL_SOCKET, SO_ZEROCOPY, &is_on, sizeof is_on) != 0) {
      absent("SO_ZEROCOPY");
    }
  }
  for (;;) {
    char control[200];
    struct msghdr notice = {.msg_control = control, .msg_controllen = sizeof control};
    long n = sendto(end->fd, block, size_of(end, most), MSG_NOSIGNAL | MSG_ZEROCOPY, to(end), end->to_length);
    /* What it says of the end of sending is no payload. */
    while (recvmsg(end->fd, &notice, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0) {
      notice.msg_controllen = sizeof control;
    }
    if (n >= 0 || errno != ENOBUFS) {
      return gave(n);
    }
  }
}

/* One call for up to 20 datagrams (generic segmentation offload). */
static long by_gso(struct end *end, long most) {
  int size = end->size;
  struct end large = *end;
  large.size = least(SEGMENTS * end->size, 60000 / size * size);
  if (setsockopt(end->fd, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof size) != 0) {
    absent("UDP_SEGMENT");
  }
  return by_sendto(&large, most);
}

static long by_read(struct end *end, long most) {
  return got(read(end->fd, block, size_of(end, most)));
}

static long by_recv(struct end *end, long most) {
  return got(recv(end->fd, block, size_of(end, most), 0));
}

static long by_recvfrom(struct end *end, long most) {
  struct sockaddr_storage from;
  socklen_t length = sizeof from;
  return got(recvfrom(end->fd, block, size_of(end, most), 0, (struct sockaddr *)&from, &length));
}

static long by_readv(struct end *end, long most) {
  struct iovec three[3];
  return got(readv(end->fd, three, parts(three, size_of(end, most))));
}

static long by_recvmsg(struct end *end, long most) {
  struct iovec three[3];
  struct msghdr one = {.msg_iov = three, .msg_iovlen = parts(three, size_of(end, most))};
  return got(recvmsg(end->fd, &one, 0));
}

static long by_recvmmsg(struct end *end, long most) {
  struct iovec parts_of[MESSAGES][3];
  struct mmsghdr all[MESSAGES] = {0};
  int count = 0;
  long done = 0;
  for (long left = most; count < MESSAGES && left > 0; count++) {
    all[count].msg_hdr.msg_iov = parts_of[count];
    all[count].msg_hdr.msg_iovlen = parts(parts_of[count], size_of(end, left));
    left -= size_of(end, left);
  }
  int n = got(recvmmsg(end->fd, all, count, MSG_WAITFORONE, NULL));
  for (int i = 0; i < n; i++) {
    done += all[i].msg_len;
  }
  return done;
}

static long by_splice_in(struct end *end, long most) {
  long size = got(splice(end->fd, NULL, the_pipe()[1], NULL, least(size_of(end, most), 65536), 0));
  for (long left = size; left > 0;) {
    left -= gave(read(the_pipe()[0], block, left));
  }
  return size;
}

/* Looks twice before it takes; only taking counts. */
static long by_peek(struct end *end, long most) {
  got(recv(end->fd, block, size_of(end, most), MSG_PEEK));
  got(recv(end->fd, block, size_of(end, most) / 2, MSG_PEEK));
  return by_recv(end, most);
}

static long by_waitall(struct end *end, long most) {
  return got(recv(end->fd, block, size_of(end, most), MSG_WAITALL));
}

/* A stream drops the bytes; a datagram's true length is given back, though less was there to take it. */
static long by_trunc(struct end *end, long most) {
  return got(recv(end->fd, block, end->is_datagram ? 100 : size_of(end, most), MSG_TRUNC));
}

/* The rest of each datagram is lost. */
static long by_short(struct end *end, long most) {
  return got(recv(end->fd, block, least(most, 100), 0));
}

/* Several datagrams of a sender at once (generic receive offload), for which the socket was made ready. */
static long by_gro(struct end *end, long most) {
  return most <= 0 ? 0 : got(recv(end->fd, block, 65536, 0));
}

void make_ready(struct end *end, const char *name) {
  int one = 1;
  if (!strcmp(name, "gro") && setsockopt(end->fd, IPPROTO_UDP, UDP_GRO, &one, sizeof one) != 0) {
    absent("UDP_GRO");
  }
}

/* Pages of the receive queue, by getsockopt(2); what does not fill a page is copied by the same call, or is to be read. */
static long by_mmap(struct end *end, long most) {
  static void *pages = MAP_FAILED;
  struct pollfd readable = {.fd = end->fd, .events = POLLIN};
  struct tcp_zerocopy_receive call = {.copybuf_address = (uintptr_t)block, .copybuf_len = 20000};
  socklen_t length = sizeof call;
  if (pages == MAP_FAILED && (pages = mmap(NULL, BLOCK, PROT_READ, MAP_SHARED, end->fd, 0)) == MAP_FAILED) {
    absent("mmap of a TCP socket");
  }
  call.address = (uintptr_t)pages;
  call.length = least(most, BLOCK);
  need(poll(&readable, 1, 3000) == 1, "poll");
  if (getsockopt(end->fd, IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE, &call, &length) != 0) {
    absent("TCP_ZEROCOPY_RECEIVE");
  }
  long done = call.length + (call.copybuf_len > 0 ? call.copybuf_len : 0);
  if (call.recv_skip_hint > 0) {
    done += got(recv(end->fd, block, least(least(call.recv_skip_hint, most - done), BLOCK), 0));
  }
  return done;
}

mover way_of(int is_send, const char *name) {
  static const struct {
    const char *name;
    mover send, receive;
  } all[] = {{"write", by_write, NULL},
             {"send", by_send, NULL},
             {"sendto", by_sendto, NULL},
             {"writev", by_writev, NULL},
             {"sendmsg", by_sendmsg, NULL},
             {"sendmmsg", by_sendmmsg, NULL},
             {"sendfile", by_sendfile, NULL},
             {"zerocopy", by_zerocopy, NULL},
             {"gso", by_gso, NULL},
             {"read", NULL, by_read},
             {"recv", NULL, by_recv},
             {"recvfrom", NULL, by_recvfrom},
             {"readv", NULL, by_readv},
             {"recvmsg", NULL, by_recvmsg},
             {"recvmmsg", NULL, by_recvmmsg},
             {"peek", NULL, by_peek},
             {"waitall", NULL, by_waitall},
             {"trunc", NULL, by_trunc},
             {"short", NULL, by_short},
             {"gro", NULL, by_gro},
             {"mmap", NULL, by_mmap},
             {"splice", by_splice_out, by_splice_in},
             {"uring", uring_send, uring_receive},
             {"uring-async", uring_send_async, uring_receive_async},
             {"uring-polled", uring_send_polled, uring_receive_polled},
             {"uring-zerocopy", uring_send_zerocopy, NULL}};
  for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
    if (!strcmp(all[i].name, name) && (is_send ? all[i].send : all[i].receive)) {
      return is_send ? all[i].send : all[i].receive;
    }
  }
  errno = EINVAL;
  need(0, name);
  return NULL;
}
