/* Sending and receiving by io_uring, one at a time, by its bare system calls (linux/io_uring.h). */
#include "ways.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef IORING_CQE_F_NOTIF
#define IORING_CQE_F_NOTIF (1U << 3)
#endif
/* enum io_uring_op, since Linux 6.0 */
#define OP_SEND_ZC 47

static struct {
  int fd;
  struct io_uring_params params;
  char *submitted, *completed;
  struct io_uring_sqe *entries;
} ring = {.fd = -1};

static unsigned *at(char *start, unsigned offset) {
  return (unsigned *)(start + offset);
}

static void *map(unsigned long size, uint64_t offset) {
  void *start = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring.fd, (off_t)offset);
  need(start != MAP_FAILED, "mmap");
  return start;
}

static void open_ring(unsigned flags) {
  static pid_t owner;
  if (owner == getpid()) {
    return;
  }
  /* A child does not use its parent's. */
  owner = getpid();
  memset(&ring.params, 0, sizeof ring.params);
  ring.params.flags = flags;
  ring.params.sq_thread_idle = 1000;
  ring.fd = (int)syscall(SYS_io_uring_setup, 8, &ring.params);
  if (ring.fd < 0) {
    absent(flags ? "io_uring with IORING_SETUP_SQPOLL" : "io_uring");
  }
  struct io_sqring_offsets *sq = &ring.params.sq_off;
  struct io_cqring_offsets *cq = &ring.params.cq_off;
  ring.submitted = map(sq->array + ring.params.sq_entries * sizeof(unsigned), IORING_OFF_SQ_RING);
  ring.completed = map(cq->cqes + ring.params.cq_entries * sizeof(struct io_uring_cqe), IORING_OFF_CQ_RING);
  ring.entries = map(ring.params.sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
}

/* The result of the next completion, and its flags. */
static int await(unsigned to_submit, unsigned *flags) {
  unsigned *head = at(ring.completed, ring.params.cq_off.head), *tail = at(ring.completed, ring.params.cq_off.tail);
  unsigned enter = IORING_ENTER_GETEVENTS;
  if (ring.params.flags & IORING_SETUP_SQPOLL) {
    enter |= IORING_ENTER_SQ_WAKEUP;
  }
  while (*head == __atomic_load_n(tail, __ATOMIC_ACQUIRE)) {
    long n = syscall(SYS_io_uring_enter, ring.fd, to_submit, 1, enter, NULL, 0);
    need(n >= 0 || errno == EINTR, "io_uring_enter");
    if (n > 0) {
      to_submit = 0;
    }
  }
  unsigned mask = *at(ring.completed, ring.params.cq_off.ring_mask);
  struct io_uring_cqe *done = (struct io_uring_cqe *)(ring.completed + ring.params.cq_off.cqes) + (*head & mask);
  int result = done->res;
  *flags = done->flags;
  __atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
  return result;
}

static long operation(unsigned code, unsigned setup, unsigned flags, struct end *end, long most) {
  open_ring(setup);
  unsigned *tail = at(ring.submitted, ring.params.sq_off.tail);
  unsigned index = *tail & *at(ring.submitted, ring.params.sq_off.ring_mask);
  long size = most < end->size ? most : end->size;
  struct io_uring_sqe *entry = &ring.entries[index];
  memset(entry, 0, sizeof *entry);
  entry->opcode = code;
  entry->flags = flags;
  entry->fd = end->fd;
  entry->addr = (uintptr_t)block;
  entry->len = size < BLOCK ? size : BLOCK;
  at(ring.submitted, ring.params.sq_off.array)[index] = index;
  __atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
  unsigned told;
  int result = await(1, &told);
  if (result == -EINVAL && code == OP_SEND_ZC) {
    absent("IORING_OP_SEND_ZC");
  }
  errno = -result;
  need(result >= 0, "io_uring");
  if (code == OP_SEND_ZC && told & IORING_CQE_F_MORE) {
    await(0, &told);
    need((told & IORING_CQE_F_NOTIF) != 0, "the notice that the buffer is free");
  }
  return result;
}

long uring_send(struct end *end, long most) {
  return operation(IORING_OP_SEND, 0, 0, end, most);
}

long uring_send_async(struct end *end, long most) {
  return operation(IORING_OP_SEND, 0, IOSQE_ASYNC, end, most);
}

long uring_send_polled(struct end *end, long most) {
  return operation(IORING_OP_SEND, IORING_SETUP_SQPOLL, 0, end, most);
}

long uring_send_zerocopy(struct end *end, long most) {
  return operation(OP_SEND_ZC, 0, 0, end, most);
}

long uring_receive(struct end *end, long most) {
  return operation(IORING_OP_RECV, 0, 0, end, most);
}

long uring_receive_async(struct end *end, long most) {
  return operation(IORING_OP_RECV, 0, IOSQE_ASYNC, end, most);
}

long uring_receive_polled(struct end *end, long most) {
  return operation(IORING_OP_RECV, IORING_SETUP_SQPOLL, 0, end, most);
}
