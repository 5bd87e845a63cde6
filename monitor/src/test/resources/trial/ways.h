/* What the parts of the program ways (see ways.c) share. */
#ifndef WAYS_H
#define WAYS_H
#define _GNU_SOURCE
#include <sys/socket.h>

/* An end of a connection, or of datagrams. */
struct end {
  int fd;
  int is_datagram;
  long size;                  /* bytes that a call is to move at most */
  struct sockaddr_storage to; /* where datagrams go ... */
  socklen_t to_length;        /* ... 0 if the socket is connected */
};

/* Moves at most so many bytes, and gives back how many the system's calls said that they moved: 0 at the end. */
typedef long (*mover)(struct end *end, long most);

#define BLOCK (1 << 18)
extern char block[BLOCK];

/* Ends the program where a call failed that must not. */
void need(int is_true, const char *what);
/* Ends the program with status 77: this kernel does not have it. */
void absent(const char *what);
/* Prints what this process moved. */
void say_moved(long sent, long received);

/* The way of that name; ends the program where there is none. */
mover way_of(int is_send, const char *name);
/* Before anything is received that way. */
void make_ready(struct end *end, const char *name);

long uring_send(struct end *end, long most);
long uring_send_async(struct end *end, long most);
long uring_send_polled(struct end *end, long most);
long uring_send_zerocopy(struct end *end, long most);
long uring_receive(struct end *end, long most);
long uring_receive_async(struct end *end, long most);
long uring_receive_polled(struct end *end, long most);

/* Programs below TCP and UDP. */
int ping(char **words);
int raw(char **words);
int frames(char **words);
int errors(char **words);

#endif
