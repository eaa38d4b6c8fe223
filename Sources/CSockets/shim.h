// Local sockets: what Swift can't say without turning addresses into other types. Each returns -1 and sets errno on failure.
#ifndef ABL_CSOCKETS_H
#define ABL_CSOCKETS_H

#include <errno.h>
#include <stddef.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static inline int csockets_errno(void) { return errno; }

static inline long csockets_read(int descriptor, void *bytes, size_t count) { return read(descriptor, bytes, count); }

static inline int csockets_address(const char *path, struct sockaddr_un *address) {
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  if (strlen(path) >= sizeof address->sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  strcpy(address->sun_path, path);
  return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static inline int csockets_failed(int descriptor) {
  int number = errno;
  close(descriptor);
  errno = number;
  return -1;
}

static inline int csockets_connect(const char *path) {
  struct sockaddr_un address;
  int descriptor = csockets_address(path, &address);
  if (descriptor < 0) return -1;
  if (connect(descriptor, (struct sockaddr *)&address, sizeof address) != 0) return csockets_failed(descriptor);
  return descriptor;
}

// In place of what stood there.
static inline int csockets_listen(const char *path, unsigned mode) {
  struct sockaddr_un address;
  int descriptor = csockets_address(path, &address);
  if (descriptor < 0) return -1;
  unlink(path);
  if (bind(descriptor, (struct sockaddr *)&address, sizeof address) != 0 || chmod(path, mode) != 0 ||
      listen(descriptor, 64) != 0)
    return csockets_failed(descriptor);
  return descriptor;
}

static inline int csockets_accept(int descriptor) {
  int accepted = accept(descriptor, NULL, NULL);
  if (accepted >= 0) {
    fcntl(accepted, F_SETFD, FD_CLOEXEC);
    fcntl(accepted, F_SETFL, O_NONBLOCK);
  }
  return accepted;
}

// The user of the process at the other end, when it connected; -1 if that is not to be learned.
static inline long csockets_peer_user(int descriptor) {
  struct { int process; unsigned user, group; } peer; // struct ucred, which glibc declares for GNU C only
  socklen_t size = sizeof peer;
  return getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? (long)peer.user : -1;
}

// Without SIGPIPE.
static inline long csockets_send(int descriptor, const void *bytes, size_t count) {
  return send(descriptor, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);
}

#endif
