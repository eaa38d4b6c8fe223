// append.h: one line to the end of a file with one write, from inside any process: sshd, su, a signal handler.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

// With `ulimit -f` of a hostile caller the write raises SIGXFSZ, which would kill the program under test.
// The signal is blocked for the write and, if the write caused it, taken away.
static inline void append_unlimited(int fd, const char *line, size_t length) {
  sigset_t xfsz, before, pending;
  sigemptyset(&xfsz);
  sigaddset(&xfsz, SIGXFSZ);
  sigpending(&pending);
  sigprocmask(SIG_BLOCK, &xfsz, &before);
  ssize_t written = write(fd, line, length);
  if (written < 0 && errno == EFBIG && !sigismember(&pending, SIGXFSZ))
    sigtimedwait(&xfsz, NULL, &(struct timespec){0, 0});
  sigprocmask(SIG_SETMASK, &before, NULL);
}

// Whatever goes wrong, the caller goes on as if nothing had been asked. The open comes first: where a sandbox
// (sshd's seccomp filter) forbids it, no further system call is tried. O_NONBLOCK: the file may be a FIFO without reader.
static inline void append_line(const char *path, int extra_flags, const char *line, size_t length) {
  int saved = errno;
  int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | extra_flags, 0644);
  if (fd >= 0) {
    append_unlimited(fd, line, length);
    close(fd);
  }
  errno = saved;
}
