/*
 * What goes below TCP and UDP, of the program ways:
 *
 * ways ping ADDRESS COUNT SIZE datagram|raw   echo requests of so many bytes (header included), each answered
 * ways raw send|receive ADDRESS COUNT SIZE    packets of IP protocol 253 (for experiments, RFC 3692); a receiver says "ready"
 * ways frames DEVICE MAC FROM TO COUNT SIZE datagram|raw
 *     IPv4 packets of protocol 253 that it writes to the link layer itself, so long without the link layer's header
 * ways errors ADDRESS PORT COUNT SIZE
 *     datagrams to where nobody is, each of which comes back with the error (MSG_ERRQUEUE): that is nothing received
 */
#include "ways.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define EXPERIMENT 253

static struct addrinfo *find(const char *address, const char *port, int type) {
  struct addrinfo wanted = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = type}, *found;
  need(getaddrinfo(address, port, &wanted, &found) == 0, "getaddrinfo");
  return found;
}

static int patient(int s) {
  struct timeval patience = {.tv_sec = 3};
  int large = 1 << 26;
  need(s >= 0, "socket");
  setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &large, sizeof large);
  return s;
}

static void pause_sometimes(long i) {
  struct timespec pause = {.tv_nsec = 300000};
  if (i % 64 == 63) {
    nanosleep(&pause, NULL);
  }
}

/* RFC 1071. */
static uint16_t checksum(const void *start, long length) {
  const uint8_t *at = start;
  uint32_t sum = 0;
  for (long i = 0; i < length; i++) {
    sum += i % 2 ? at[i] : at[i] << 8;
  }
  while (sum >> 16) {
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return htons(~sum);
}

int ping(char **words) {
  int is_raw = *words[3] == 'r';
  long count = atol(words[1]), size = atol(words[2]), sent = 0, received = 0;
  struct addrinfo *to = find(words[0], NULL, SOCK_DGRAM);
  int is_v6 = to->ai_family == AF_INET6;
  int s = socket(to->ai_family, is_raw ? SOCK_RAW : SOCK_DGRAM, is_v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
  if (s < 0 && !is_raw) {
    absent("ping sockets for this group");
  }
  patient(s);
  if (is_raw && is_v6) {
    struct icmp6_filter replies;
    ICMP6_FILTER_SETBLOCKALL(&replies);
    ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &replies);
    setsockopt(s, IPPROTO_ICMPV6, ICMP6_FILTER, &replies, sizeof replies);
  }
  need(connect(s, to->ai_addr, to->ai_addrlen) == 0, "connect");
  for (long i = 0; i < count; i++) {
    struct icmphdr echo = {.type = is_v6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO};
    echo.un.echo.id = htons(getpid() & 0xffff);
    echo.un.echo.sequence = htons(i);
    memcpy(block, &echo, sizeof echo);
    echo.checksum = is_v6 ? 0 : checksum(block, size);
    memcpy(block, &echo, sizeof echo);
    long n = send(s, block, size, 0);
    need(n == size, "send");
    sent += n;
    n = recv(s, block, BLOCK, 0);
    need(n > 0, "recv");
    received += n;
  }
  say_moved(sent, received);
  return 0;
}

int raw(char **words) {
  int is_send = *words[0] == 's';
  long count = atol(words[2]), size = atol(words[3]), moved = 0;
  struct addrinfo *at = find(words[1], NULL, SOCK_DGRAM);
  int s = patient(socket(at->ai_family, SOCK_RAW, EXPERIMENT));
  if (is_send) {
    need(connect(s, at->ai_addr, at->ai_addrlen) == 0, "connect");
  } else {
    need(bind(s, at->ai_addr, at->ai_addrlen) == 0, "bind");
    puts("ready");
    fflush(stdout);
  }
  for (long i = 0; i < count; i++) {
    long n = is_send ? send(s, block, size, 0) : recv(s, block, BLOCK, 0);
    if (n < 0 && !is_send && errno == EAGAIN) {
      break;
    }
    need(n > 0, "raw");
    moved += n;
    pause_sometimes(i);
  }
  say_moved(is_send ? moved : 0, is_send ? 0 : moved);
  return 0;
}

int frames(char **words) {
  int is_raw = *words[6] == 'r';
  long count = atol(words[4]), size = atol(words[5]), sent = 0;
  int s = socket(AF_PACKET, is_raw ? SOCK_RAW : SOCK_DGRAM, 0);
  struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_halen = ETH_ALEN};
  struct ether_header link = {.ether_type = htons(ETH_P_IP)};
  unsigned mac[ETH_ALEN];
  need(s >= 0, "socket");
  need((to.sll_ifindex = (int)if_nametoindex(words[0])) > 0, words[0]);
  need(sscanf(words[1], "%x:%x:%x:%x:%x:%x", mac, mac + 1, mac + 2, mac + 3, mac + 4, mac + 5) == ETH_ALEN, words[1]);
  for (int i = 0; i < ETH_ALEN; i++) {
    to.sll_addr[i] = link.ether_dhost[i] = mac[i];
  }
  struct iphdr ip = {.version = 4, .ihl = 5, .ttl = 64, .protocol = EXPERIMENT, .tot_len = htons(size)};
  ip.saddr = inet_addr(words[2]);
  ip.daddr = inet_addr(words[3]);
  ip.check = checksum(&ip, sizeof ip);
  long header = is_raw ? (long)sizeof link : 0;
  memcpy(block, &link, header);
  memcpy(block + header, &ip, sizeof ip);
  for (long i = 0; i < count; i++) {
    long n = sendto(s, block, header + size, 0, (struct sockaddr *)&to, sizeof to);
    need(n == header + size, "sendto");
    sent += n;
    pause_sometimes(i);
  }
  say_moved(sent, 0);
  return 0;
}

int errors(char **words) {
  long count = atol(words[2]), size = atol(words[3]), sent = 0, errors = 0;
  struct addrinfo *to = find(words[0], words[1], SOCK_DGRAM);
  int s = socket(to->ai_family, SOCK_DGRAM, 0), one = 1;
  int is_v6 = to->ai_family == AF_INET6;
  need(setsockopt(s, is_v6 ? IPPROTO_IPV6 : IPPROTO_IP, is_v6 ? IPV6_RECVERR : IP_RECVERR, &one, sizeof one) == 0,
       "RECVERR");
  need(connect(s, to->ai_addr, to->ai_addrlen) == 0, "connect");
  for (long i = 0; i < count; i++) {
    struct pollfd wait = {.fd = s};
    long n = send(s, block, size, 0);
    sent += n > 0 ? n : 0;
    while (poll(&wait, 1, 50) == 1 && recv(s, block, BLOCK, MSG_ERRQUEUE | MSG_DONTWAIT) > 0) {
      errors++;
    }
  }
  need(errors > 0, "no error came back");
  say_moved(sent, 0);
  return 0;
}
