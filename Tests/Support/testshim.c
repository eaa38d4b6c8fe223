// testshim.c → testshim.so: a preloaded library (LD_PRELOAD or /etc/ld.so.preload) that lets a test move the clock,
// read what was logged and count what was synced, in programs that know nothing of it (sshd, su, sudo, login).
//
//   CLOCK   The wall clock (clock_gettime REALTIME and REALTIME_COARSE, time, gettimeofday, timespec_get) is shifted by
//           the whole number of seconds in a file, read anew at each call; no file is 0. Other clocks stay true.
//           With `=` in front it stands still at so many seconds of the epoch.
//   SYSLOG  Each syslog call becomes one line `<priority> ident: text` at the end of a file; a newline inside the text is
//           written as \n, every other byte as it is. No file: the message is dropped, it never reaches the machine's log.
//           So does what is sent to /dev/log without syslog: a datagram `<NUMBER>ident: text`.
//   SYNCS   Each fsync, fdatasync, msync(MS_SYNC), sync_file_range, syncfs, sync, and each pwrite, pwritev or pwritev2 to a descriptor
//           with O_DSYNC or O_SYNC, becomes one line `function pid` at the end of a file, if that file exists.
//
//   WAITS   Each nanosleep, which is how pam_abl.so waits, becomes one line `MICROSECONDS program pid`, if that file exists: what it
//           asked for, however long it took on a busy machine.
//   PATIENCE  A wait for one descriptor for at most 100 ms, which is how pam_abl.so waits for abld, lasts for as many as
//           ABL_TEST_PATIENCE says: where a test is of what is answered, not of how soon.
//   SLOW    Each of these but pwrite takes as many milliseconds longer as a file says, if that file exists: a slow disk.
//
// The files are named by ABL_TEST_CLOCK, ABL_TEST_SYSLOG, ABL_TEST_SYNCS, ABL_TEST_WAITS and ABL_TEST_SLOW when the program starts. Where
// they are not set, and in setuid programs whatever is set, they are clock, syslog, syncs, waits and slow in /run/abl-test.
//
//   ABL_TEST_CLOCK=/tmp/clock LD_PRELOAD=.build/support/testshim.so date
//
// Everything goes straight to the kernel: no dlsym, no allocation, no lock, and so no recursion and no order of start-up.
#define _GNU_SOURCE
#include "append.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <syslog.h>

enum { path_size = 512, text_size = 8192, ident_size = 256 };

// Empty until the constructor ran: a call from an earlier constructor sees no shim.
static char clock_path[path_size];
static char syslog_path[path_size];
static char syncs_path[path_size];
static char waits_path[path_size];
static char slow_path[path_size];
static int patience; // milliseconds

static void choose_path(char *path, const char *variable, const char *otherwise) {
  const char *chosen = secure_getenv(variable); // NULL in a setuid program, where the caller wrote the environment
  if (chosen == NULL || strlen(chosen) >= path_size) chosen = otherwise;
  strcpy(path, chosen);
}

__attribute__((constructor)) static void choose_paths(void) {
  choose_path(clock_path, "ABL_TEST_CLOCK", "/run/abl-test/clock");
  choose_path(syslog_path, "ABL_TEST_SYSLOG", "/run/abl-test/syslog");
  choose_path(syncs_path, "ABL_TEST_SYNCS", "/run/abl-test/syncs");
  choose_path(waits_path, "ABL_TEST_WAITS", "/run/abl-test/waits");
  choose_path(slow_path, "ABL_TEST_SLOW", "/run/abl-test/slow");
  const char *chosen = secure_getenv("ABL_TEST_PATIENCE");
  patience = chosen ? atoi(chosen) : 0;
}

// ---- clock ----

static long long parse_seconds(const char *text) {
  long long value = 0;
  int negative = *text == '-';
  for (text += negative || *text == '+'; *text >= '0' && *text <= '9' && value < 1000000000000LL; text++)
    value = value * 10 + (*text - '0');
  return negative ? -value : value;
}

// No file means no shift. What is said of a standing clock is its time, in place of the shift. Any other obstacle (no descriptor left,
// a seccomp filter) keeps the last shift seen, so that time does not jump back in the middle of a process.
static long long clock_shift(int *stands) {
  static _Atomic long long last;
  static _Atomic int last_stands;
  int saved = errno;
  int fd = open(clock_path, O_RDONLY | O_CLOEXEC);
  if (fd >= 0) {
    char text[32] = "";
    if (read(fd, text, sizeof text - 1) >= 0) {
      last_stands = *text == '=';
      last = parse_seconds(text + last_stands);
    }
    close(fd);
  } else if (errno == ENOENT) {
    last = last_stands = 0;
  }
  errno = saved;
  *stands = last_stands;
  return last;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  int result = (int)syscall(SYS_clock_gettime, clock, now);
  if (result != 0 || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)) return result;
  int stands;
  long long shift = clock_shift(&stands);
  if (stands) *now = (struct timespec){shift, 500000000};
  else now->tv_sec += shift;
  return result;
}

int gettimeofday(struct timeval *now, void *zone) {
  struct timespec exact;
  clock_gettime(CLOCK_REALTIME, &exact);
  now->tv_sec = exact.tv_sec;
  now->tv_usec = exact.tv_nsec / 1000;
  if (zone != NULL) memset(zone, 0, sizeof(struct timezone));
  return 0;
}

time_t time(time_t *copy) {
  struct timespec exact;
  clock_gettime(CLOCK_REALTIME, &exact);
  if (copy != NULL) *copy = exact.tv_sec;
  return exact.tv_sec;
}

int timespec_get(struct timespec *now, int base) {
  if (base != TIME_UTC) return 0;
  return clock_gettime(CLOCK_REALTIME, now) == 0 ? base : 0;
}

// ---- syslog ----

// A copy: the library whose string was given to openlog may be unloaded by the time something is logged.
static char ident[ident_size];
static int mask = 0xff;

void openlog(const char *name, int option, int facility) {
  (void)option, (void)facility;
  if (name != NULL) snprintf(ident, sizeof ident, "%s", name);
}

void closelog(void) { ident[0] = '\0'; }

int setlogmask(int new_mask) {
  int old = mask;
  if (new_mask != 0) mask = new_mask;
  return old;
}

static size_t put_with_escaped_newlines(char *to, const char *text) {
  char *end = to;
  for (; *text != '\0'; text++) {
    if (*text != '\n') {
      *end++ = *text;
    } else {
      *end++ = '\\';
      *end++ = 'n';
    }
  }
  return (size_t)(end - to);
}

static const char *const names[] = {"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"};

static void capture(int priority, const char *format, va_list arguments) {
  if ((mask & LOG_MASK(LOG_PRI(priority))) == 0 || syslog_path[0] == '\0') return;
  int saved = errno;
  char text[text_size], line[2 * text_size + 2 * ident_size + 32];
  vsnprintf(text, sizeof text, format, arguments); // first of all: %m needs the caller's errno
  char name[ident_size];
  snprintf(name, sizeof name, "%s", ident[0] != '\0' ? ident : program_invocation_short_name);
  size_t length = (size_t)sprintf(line, "<%s> ", names[LOG_PRI(priority)]);
  length += put_with_escaped_newlines(line + length, name);
  length += (size_t)sprintf(line + length, ": ");
  length += put_with_escaped_newlines(line + length, text);
  line[length++] = '\n';
  append_line(syslog_path, 0, line, length);
  errno = saved;
}

void vsyslog(int priority, const char *format, va_list arguments) { capture(priority, format, arguments); }

void syslog(int priority, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  capture(priority, format, arguments);
  va_end(arguments);
}

// What the two above become in a program that was compiled with _FORTIFY_SOURCE, which is every one of Debian's.
void __vsyslog_chk(int priority, int flag, const char *format, va_list arguments);
void __vsyslog_chk(int priority, int flag, const char *format, va_list arguments) {
  (void)flag;
  capture(priority, format, arguments);
}

void __syslog_chk(int priority, int flag, const char *format, ...);
void __syslog_chk(int priority, int flag, const char *format, ...) {
  (void)flag;
  va_list arguments;
  va_start(arguments, format);
  capture(priority, format, arguments);
  va_end(arguments);
}

// The sender may be the copy of one thread of many: no call here may wait for another's lock, so no printf.
static void capture_datagram(const char *datagram, size_t size) {
  char text[text_size], line[2 * text_size + 32];
  if (size >= sizeof text) size = sizeof text - 1;
  memcpy(text, datagram, size);
  text[size] = '\0';
  char *end;
  unsigned long priority = strtoul(text + 1, &end, 10);
  if (text[0] != '<' || *end != '>' || syslog_path[0] == '\0') return;
  char *at = stpcpy(stpcpy(stpcpy(line, "<"), names[LOG_PRI(priority)]), "> ");
  at += put_with_escaped_newlines(at, end + 1);
  *at++ = '\n';
  append_line(syslog_path, 0, line, (size_t)(at - line));
}

ssize_t sendto(int fd, const void *bytes, size_t size, int flags, __CONST_SOCKADDR_ARG to, socklen_t length) {
  const struct sockaddr_un *socket = to.__sockaddr_un__;
  if (socket == NULL || socket->sun_family != AF_UNIX || strcmp(socket->sun_path, "/dev/log") != 0)
    return syscall(SYS_sendto, fd, bytes, size, flags, socket, length);
  capture_datagram(bytes, size);
  return (ssize_t)size;
}

// ---- waits ----

static void note_wait(const struct timespec *time) {
  if (waits_path[0] == '\0') return;
  int saved = errno;
  char line[96];
  long long microseconds = (long long)time->tv_sec * 1000000 + time->tv_nsec / 1000;
  int length = snprintf(line, sizeof line, "%lld %.40s %d\n", microseconds, program_invocation_short_name, (int)getpid());
  append_line(waits_path, 0, line, (size_t)length);
  errno = saved;
}

int nanosleep(const struct timespec *time, struct timespec *left) {
  note_wait(time);
  return (int)syscall(SYS_nanosleep, time, left);
}

int poll(struct pollfd *wanted, nfds_t count, int milliseconds) {
  int is_short = count == 1 && 0 < milliseconds && milliseconds <= 100;
  return (int)syscall(SYS_poll, wanted, count, is_short && patience ? patience : milliseconds);
}

// ---- syncs ----

static void count_sync(const char *function) {
  if (syncs_path[0] == '\0') return;
  int saved = errno;
  char line[64];
  int length = snprintf(line, sizeof line, "%s %d\n", function, (int)getpid());
  append_line(syncs_path, 0, line, (size_t)length);
  errno = saved;
}

static void be_slow(void) {
  int saved = errno;
  int fd = slow_path[0] != '\0' ? open(slow_path, O_RDONLY | O_CLOEXEC) : -1;
  if (fd >= 0) {
    char text[32] = "";
    long long milliseconds = read(fd, text, sizeof text - 1) > 0 ? parse_seconds(text) : 0;
    close(fd);
    struct timespec left = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    while (syscall(SYS_nanosleep, &left, &left) != 0 && errno == EINTR) continue;
  }
  errno = saved;
}

// Counted when it is done, whether it succeeded or not: it was asked for, and waited for.
static long counted(const char *function, long result) {
  be_slow();
  count_sync(function);
  return result;
}

int fsync(int fd) { return (int)counted("fsync", syscall(SYS_fsync, fd)); }
int fdatasync(int fd) { return (int)counted("fdatasync", syscall(SYS_fdatasync, fd)); }
int syncfs(int fd) { return (int)counted("syncfs", syscall(SYS_syncfs, fd)); }
void sync(void) { counted("sync", syscall(SYS_sync)); }

int sync_file_range(int fd, off64_t from, off64_t length, unsigned flags) {
  return (int)counted("sync_file_range", syscall(SYS_sync_file_range, fd, from, length, flags));
}

int msync(void *address, size_t length, int flags) {
  long result = syscall(SYS_msync, address, length, flags);
  return (int)((flags & MS_SYNC) != 0 ? counted("msync", result) : result);
}

static ssize_t counted_if_synchronous(const char *function, int fd, ssize_t result) {
  int saved = errno;
  int flags = fcntl(fd, F_GETFL);
  if (flags >= 0 && (flags & (O_SYNC | O_DSYNC)) != 0) count_sync(function);
  errno = saved;
  return result;
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset) {
  return counted_if_synchronous("pwrite", fd, syscall(SYS_pwrite64, fd, bytes, size, offset));
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
  return counted_if_synchronous("pwritev", fd, syscall(SYS_pwritev, fd, parts, (long)count, offset, 0L));
}

ssize_t pwritev2(int fd, const struct iovec *parts, int count, off_t offset, int flags) {
  ssize_t result = syscall(SYS_pwritev2, fd, parts, (long)count, offset, 0L, flags);
  if ((flags & (RWF_SYNC | RWF_DSYNC)) != 0) return counted("pwritev2", result);
  return counted_if_synchronous("pwritev2", fd, result);
}

_Static_assert(sizeof(off_t) == sizeof(off64_t), "the aliases below need a 64-bit off_t");
ssize_t pwrite64(int, const void *, size_t, off64_t) __attribute__((alias("pwrite")));
ssize_t pwritev64(int, const struct iovec *, int, off64_t) __attribute__((alias("pwritev")));
ssize_t pwritev64v2(int, const struct iovec *, int, off64_t, int) __attribute__((alias("pwritev2")));
