// What of Linux the daemon uses beside the core, and the few calls that Swift cannot make: variadic ones, macros, unions.
#ifndef ABL_CLINUX_H
#define ABL_CLINUX_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

static inline int clinux_errno(void) { return errno; }

// Milliseconds since 1970 by the wall clock.
static inline int64_t clinux_wall_milliseconds(void) {
  struct timespec now = {0, 0};
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// Milliseconds by the clock that the kernel's time-outs run by: it never steps, and stands while the machine sleeps.
static inline int64_t clinux_milliseconds(void) {
  struct timespec now = {0, 0};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline uint64_t clinux_microseconds(void) {
  struct timespec now = {0, 0};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

// Opens `path`, makes it if it is missing, and takes its lock; -1 with EWOULDBLOCK if another process has that.
static inline int clinux_take_lock(const char *path) {
  int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor >= 0 && flock(descriptor, LOCK_EX | LOCK_NB) == 0) return descriptor;
  int error = errno;
  if (descriptor >= 0) close(descriptor);
  errno = error;
  return -1;
}

// 1 if another process has that lock, else 0.
static inline int clinux_is_locked(const char *path) {
  int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) return 0;
  int is_locked = flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  close(descriptor);
  return is_locked;
}

// Makes a directory that all may look into, whatever the mask is; -1 if it is there.
static inline int clinux_make_open_directory(const char *path) {
  return mkdir(path, 0755) == 0 ? chmod(path, 0755) : -1;
}

// Lets this process have so many descriptors, as far as it may.
static inline void clinux_allow_descriptors(unsigned long count) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= count) return;
  limit.rlim_cur = limit.rlim_max < count ? limit.rlim_max : count;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// The number of a user; -1 if there is none of that name.
static inline long clinux_user(const char *name) {
  struct passwd *user = getpwnam(name);
  return user ? (long)user->pw_uid : -1;
}

// syslog is variadic.
static inline void clinux_syslog(int priority, const char *text) { syslog(priority | LOG_DAEMON, "%s", text); }

#endif
