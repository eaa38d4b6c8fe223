// What of libc the core uses, and the few calls that Swift cannot make: variadic ones and macros.
#ifndef ABL_CSYSTEM_H
#define ABL_CSYSTEM_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static inline int csystem_errno(void) { return errno; }

static inline int csystem_open(const char *path, int flags, unsigned mode) {
  return open(path, flags | O_CLOEXEC, mode);
}

static inline int csystem_openat(int directory, const char *name, int flags, unsigned mode) {
  return openat(directory, name, flags | O_CLOEXEC, mode);
}

// Moves `descriptor` out of the way of standard input, output and error.
static inline int csystem_dup_above(int descriptor, int lowest) {
  return fcntl(descriptor, F_DUPFD_CLOEXEC, lowest);
}

static inline int csystem_is_open(int descriptor) { return fcntl(descriptor, F_GETFD) != -1; }

static inline int csystem_set_cloexec(int descriptor) {
  return fcntl(descriptor, F_SETFD, FD_CLOEXEC);
}

static inline int csystem_is_regular(const struct stat *status) {
  return S_ISREG(status->st_mode);
}

static inline int csystem_is_directory(const struct stat *status) {
  return S_ISDIR(status->st_mode);
}

// glibc declares the resources of rlimit as an enumeration for C++ and GNU C only.
enum {
  CSYSTEM_FSIZE = RLIMIT_FSIZE,
  CSYSTEM_AS = RLIMIT_AS,
  CSYSTEM_DATA = RLIMIT_DATA,
  CSYSTEM_NOFILE = RLIMIT_NOFILE
};

static inline int csystem_getrlimit(int resource, struct rlimit *limit) {
  return getrlimit(resource, limit);
}

static inline int csystem_setrlimit(int resource, const struct rlimit *limit) {
  return setrlimit(resource, limit);
}

#endif
