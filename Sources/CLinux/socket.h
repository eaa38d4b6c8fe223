// Netlink sockets, and one datagram to a service manager.
#ifndef ABL_CLINUX_SOCKET_H
#define ABL_CLINUX_SOCKET_H

#include "shim.h"
#include <linux/netlink.h>

// A netlink socket that is bound to a port of the kernel's choice; -1 if there is none to be had.
static inline int clinux_netlink(int protocol) {
  int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
  if (descriptor < 0) return -1;
  struct sockaddr_nl self = {.nl_family = AF_NETLINK};
  if (bind(descriptor, (struct sockaddr *)&self, sizeof self) == 0) return descriptor;
  int error = errno;
  close(descriptor);
  errno = error;
  return -1;
}

// The port it is bound to; 0 if that can't be told.
static inline uint32_t clinux_netlink_port(int descriptor) {
  struct sockaddr_nl self = {0};
  socklen_t length = sizeof self;
  return getsockname(descriptor, (struct sockaddr *)&self, &length) == 0 ? self.nl_pid : 0;
}

static inline int clinux_netlink_join(int descriptor, unsigned group) {
  return setsockopt(descriptor, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group);
}

// Asks for room; beyond the system's limits where the process may.
static inline void clinux_buffers(int descriptor, int sent, int received) {
  if (setsockopt(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, &sent, sizeof sent) != 0)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &sent, sizeof sent);
  if (setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &received, sizeof received) != 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &received, sizeof received);
}

// How much one message may have, as far as the socket's buffer goes.
static inline int clinux_send_room(int descriptor) {
  int room = 0;
  socklen_t length = sizeof room;
  return getsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &room, &length) == 0 ? room : 0;
}

static inline long clinux_send(int descriptor, const uint8_t *bytes, long count) {
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  ssize_t sent;
  do {
    sent = sendto(descriptor, bytes, (size_t)count, 0, (struct sockaddr *)&kernel, sizeof kernel);
  } while (sent < 0 && errno == EINTR);
  return sent;
}

// One datagram of the kernel's, after at most so many milliseconds; -1 with EAGAIN if none came. What others have sent is
// left out.
static inline long clinux_receive(int descriptor, uint8_t *bytes, long count, int milliseconds) {
  for (;;) {
    struct sockaddr_nl sender = {0};
    socklen_t length = sizeof sender;
    ssize_t got = recvfrom(descriptor, bytes, (size_t)count, 0, (struct sockaddr *)&sender, &length);
    if (got >= 0 && sender.nl_pid != 0) continue;
    if (got >= 0) return got;
    if (errno == EINTR) continue;
    if (errno != EAGAIN || milliseconds == 0) return -1;
    struct pollfd wait = {.fd = descriptor, .events = POLLIN};
    int ready = poll(&wait, 1, milliseconds);
    if (ready < 0 && errno != EINTR) return -1;
    if (ready == 0) milliseconds = 0;
  }
}

// One datagram to the socket `name`; a leading '@' means an abstract name. 0, or -1.
static inline int clinux_tell(const char *name, const char *text) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t length = strlen(name);
  if (length == 0 || length >= sizeof address.sun_path) {
    errno = EINVAL;
    return -1;
  }
  memcpy(address.sun_path, name, length);
  if (name[0] == '@') address.sun_path[0] = 0;
  int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -1;
  socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
  ssize_t sent = sendto(descriptor, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&address, size);
  int error = errno;
  close(descriptor);
  errno = error;
  return sent < 0 ? -1 : 0;
}

// A socket for connections, never to block and for no command.
static inline int clinux_stream_socket(int family) {
  return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

// The next connection in the queue of a socket that listens, never to block and for no command; -1 if there is none.
static inline int clinux_accept(int listening) {
  return accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

#endif
