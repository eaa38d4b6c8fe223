// Running a program for an administrator, from within somebody else's process.
//
// That process may have threads, one of which has a lock of libc's at the moment of the clone; its copy would be locked for
// ever. So the children make only calls that signal-safety(7) names, and system calls: no fork (it takes malloc's locks), no
// setresuid of libc's (it waits for the other threads), no syslog. And it may be su's, whose caller has set what a process
// inherits: none of that goes on to the program.
#ifndef ABL_CSYSTEM_COMMAND_H
#define ABL_CSYSTEM_COMMAND_H

#include "inheritance.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

// ---- what it says: a line for the system's log, as syslog(3) would send it ----

struct csystem_line {
  char text[PATH_MAX + 64];
  size_t length;
};

__attribute__((minsize)) static inline void csystem_add(struct csystem_line *line, const char *text) {
  while (*text && line->length < sizeof line->text) line->text[line->length++] = *text++;
}

__attribute__((minsize)) static inline void csystem_add_number(struct csystem_line *line, unsigned number) {
  char digits[3 * sizeof number + 1];
  char *digit = digits + sizeof digits - 1;
  *digit = 0;
  do *--digit = (char)('0' + number % 10);
  while (number /= 10);
  csystem_add(line, digit);
}

// A log that takes nothing holds us up for so many seconds only.
__attribute__((minsize)) static inline void csystem_send(const struct csystem_line *line, unsigned seconds) {
  struct sockaddr_un log = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
  struct timeval patience = {.tv_sec = seconds};
  int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sendto(descriptor, line->text, line->length, MSG_NOSIGNAL, (struct sockaddr *)&log, sizeof log);
  close(descriptor);
}

// Logs "'name' WHAT NUMBER END", at LOG_AUTHPRIV | LOG_ERR.
__attribute__((minsize)) static inline void csystem_complain(const char *name, const char *what, unsigned number,
                                    const char *end, unsigned seconds) {
  static struct csystem_line line; // of this process alone; a thread's stack may be small
  csystem_add(&line, "<83>pam_abl: '");
  csystem_add(&line, name);
  csystem_add(&line, what);
  csystem_add_number(&line, number);
  csystem_add(&line, end);
  csystem_send(&line, seconds);
}

// ---- the processes ----

// A fork without libc's locks. The parent is told of its end by `signal`, or not at all: sshd takes SIGCHLD for the end of
// a child of its own.
__attribute__((minsize)) static inline pid_t csystem_fork(long signal) {
  return (pid_t)syscall(SYS_clone, signal, 0L, 0L, 0L, 0L);
}

__attribute__((noreturn)) __attribute__((minsize)) static inline void csystem_become(char *const argv[]) {
  static char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL};
  static const char none[CSYSTEM_SIGNAL_SET];
  setpgid(0, 0);
  syscall(SYS_rt_sigprocmask, (long)SIG_SETMASK, none, NULL, (long)CSYSTEM_SIGNAL_SET);
  execve(argv[0], argv, environment);
  _exit(127);
}

// Whether a child ends within so many seconds. All signals are blocked.
__attribute__((minsize)) static inline int csystem_ends_in_time(unsigned seconds) {
  const uint64_t child = UINT64_C(1) << (SIGCHLD - 1);
  const long patience[2] = {seconds, 0};
  long number;
  do number = syscall(SYS_rt_sigtimedwait, &child, NULL, patience, (long)CSYSTEM_SIGNAL_SET);
  while (number < 0 && errno == EINTR); // stopped and continued, or the machine slept
  return number == SIGCHLD;
}

// Waits for `program` for so many seconds, and logs how it failed, if it did.
__attribute__((minsize)) static inline void csystem_await(pid_t program, const char *name, unsigned seconds) {
  int in_time = csystem_ends_in_time(seconds), status = 0;
  if (!in_time && kill(-program, SIGKILL) != 0) kill(program, SIGKILL);
  waitpid(program, &status, 0);
  if (!in_time)
    csystem_complain(name, "' took over ", seconds, " s, ended it", seconds);
  else if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
    csystem_complain(name, "' failed: exit status ", (unsigned)WEXITSTATUS(status), "", seconds);
  else if (WIFSIGNALED(status))
    csystem_complain(name, "' failed: signal ", (unsigned)WTERMSIG(status), "", seconds);
}

__attribute__((noreturn)) __attribute__((minsize)) static inline void csystem_supervise(char *const argv[],
                                                               unsigned seconds) {
  if (csystem_shed() != 0) _exit(1);
  pid_t program = csystem_fork(SIGCHLD);
  if (program == 0) csystem_become(argv);
  if (program > 0) csystem_await(program, argv[0], seconds);
  _exit(0);
}

// Runs a program in the background, for so many seconds at the most. `texts` are its arguments, one behind the other,
// each ended by a NUL, `length` bytes in all. The caller has blocked all signals, and is root in setuid programs.
__attribute__((minsize)) static inline int csystem_run(const char *texts, long length, unsigned seconds) {
  char *argv[64] = {0};
  int count = 0;
  for (const char *text = texts; text < texts + length && count < 63; text += strlen(text) + 1)
    argv[count++] = (char *)text;
  if (count == 0) return -1;
  pid_t middle = csystem_fork(0);
  if (middle == 0) {
    if (csystem_fork(0) == 0) csystem_supervise(argv, seconds);
    _exit(0);
  }
  if (middle < 0) return -1;
  while (waitpid(middle, NULL, __WCLONE) < 0 && errno == EINTR) {
  }
  return 0;
}

#endif
