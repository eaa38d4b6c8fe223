// What of libc the core uses, and the few calls that Swift cannot make: variadic ones and macros.
#ifndef ABL_CSYSTEM_H
#define ABL_CSYSTEM_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sched.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <syslog.h>
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

// Running a program for an administrator, from within somebody else's process.

// A fork of which the process is told nothing: sshd takes SIGCHLD for the end of a child of its own.
static inline pid_t csystem_silent_fork(void) { return (pid_t)syscall(SYS_clone, 0, 0, 0, 0, 0); }

__attribute__((noreturn)) static inline void csystem_become(char *const argv[]) {
  static char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL};
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
  execve(argv[0], argv, environment);
  _exit(127);
}

// Waits for `program` for so many seconds, and logs how it failed, if it did.
static inline void csystem_await(pid_t program, const char *name, unsigned seconds) {
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  struct timespec patience = {seconds, 0};
  int in_time = sigtimedwait(&child, NULL, &patience) == SIGCHLD;
  if (!in_time) kill(-program, SIGKILL);
  int status = 0;
  waitpid(program, &status, 0);
  if (!in_time)
    syslog(LOG_AUTHPRIV | LOG_ERR, "pam_abl: '%s' took over %u s, ended it", name, seconds);
  else if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
    syslog(LOG_AUTHPRIV | LOG_ERR, "pam_abl: '%s' failed: exit status %d", name,
           WEXITSTATUS(status));
  else if (WIFSIGNALED(status))
    syslog(LOG_AUTHPRIV | LOG_ERR, "pam_abl: '%s' failed: signal %d", name, WTERMSIG(status));
}

__attribute__((noreturn)) static inline void csystem_supervise(char *const argv[],
                                                               unsigned seconds) {
  setsid();
  closelog();
  syscall(SYS_close_range, 0, ~0U, 0);
  open("/dev/null", O_RDWR);
  dup(0);
  dup(0);
  umask(022);
  if (chdir("/") != 0) _exit(1);
  signal(SIGCHLD, SIG_DFL);
  pid_t program = fork();
  if (program == 0) {
    setpgid(0, 0);
    csystem_become(argv);
  }
  if (program > 0) csystem_await(program, argv[0], seconds);
  _exit(0);
}

// Runs a program in the background, for so many seconds at the most. `texts` are its arguments, one behind the other,
// each ended by a NUL, `length` bytes in all. The caller has blocked all signals, and is root in setuid programs.
static inline int csystem_run(const char *texts, long length, unsigned seconds) {
  char *argv[64] = {0};
  int count = 0;
  for (const char *text = texts; text < texts + length && count < 63; text += strlen(text) + 1)
    argv[count++] = (char *)text;
  if (count == 0) return -1;
  pid_t middle = csystem_silent_fork();
  if (middle == 0) {
    if (csystem_silent_fork() == 0) csystem_supervise(argv, seconds);
    _exit(0);
  }
  if (middle < 0) return -1;
  while (waitpid(middle, NULL, __WCLONE) < 0 && errno == EINTR) {
  }
  return 0;
}

#endif
