// What of libc the core uses, and the few calls that Swift cannot make: variadic ones and macros.
#ifndef ABL_CSYSTEM_H
#define ABL_CSYSTEM_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <grp.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sched.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

// libc shows these only to programs that ask for more of its headers than Swift's own import of it does: see memory.h.
int getresuid(uid_t *real, uid_t *effective, uid_t *saved);
int setresuid(uid_t real, uid_t effective, uid_t saved);
int pipe2(int ends[2], int flags);
int mkostemp(char *pattern, int flags);
void *memmem(const void *text, size_t length, const void *wanted, size_t wanted_length);

static inline int csystem_errno(void) { return errno; }
static inline void csystem_set_errno(int number) { errno = number; }

static inline int csystem_open(const char *path, int flags, unsigned mode) {
  return openat(AT_FDCWD, path, flags | O_CLOEXEC, mode);
}

static inline int csystem_openat(int directory, const char *name, int flags, unsigned mode) {
  return openat(directory, name, flags | O_CLOEXEC, mode);
}

// Moves `descriptor` out of the way of standard input, output and error.
static inline int csystem_dup_above(int descriptor, int lowest) {
  return fcntl(descriptor, F_DUPFD_CLOEXEC, lowest);
}

static inline int csystem_set_cloexec(int descriptor) {
  return fcntl(descriptor, F_SETFD, FD_CLOEXEC);
}

static inline int csystem_is_regular(const struct stat *status) {
  return S_ISREG(status->st_mode);
}

static inline int csystem_is_directory(const struct stat *status) {
  return S_ISDIR(status->st_mode);
}

static inline uint64_t csystem_device(unsigned major, unsigned minor) { return makedev(major, minor); }

static inline const char *csystem_entry_name(const struct dirent *entry) { return entry->d_name; }

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

// How many columns the terminal has; 0 if that is not to be learned.
static inline int csystem_columns(int terminal) {
  struct winsize size = {0};
  return ioctl(terminal, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

#endif
