// What abl-courier's errands need of the system and Swift can't say: programs, their input, and connections with a deadline.
// Each returns -1 and sets errno on failure, unless it says otherwise.
#ifndef ABL_CNEWS_H
#define ABL_CNEWS_H

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

// glibc shows them to GNU C only, and with that view of its headers Swift's own would not agree.
int memfd_create(const char *name, unsigned flags);
int pipe2(int ends[2], int flags);
int setresuid(uid_t real, uid_t effective, uid_t saved);
int setresgid(gid_t real, gid_t effective, gid_t saved);

// syslog is variadic.
static inline void cnews_syslog(const char *text) { syslog(LOG_DAEMON | LOG_NOTICE, "%s", text); }

static inline int cnews_errno(void) { return errno; }

static inline long long cnews_milliseconds(void) {
  struct timespec now = {0, 0};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// ---- programs ----

// A file without a name that has these bytes, to be read from its begin.
static inline int cnews_input(const void *bytes, size_t count) {
  int file = memfd_create("abl-input", 1);
  if (file < 0) return -1;
  const char *next = bytes;
  while (count > 0) {
    ssize_t written = write(file, next, count);
    if (written <= 0) {
      close(file);
      return -1;
    }
    next += written;
    count -= (size_t)written;
  }
  if (lseek(file, 0, SEEK_SET) == 0) return file;
  close(file);
  return -1;
}

// Starts a program in a group of its own, in /, with these three files, no other, and no signal blocked or ignored. Returns its
// number, or -1.
static inline pid_t cnews_start(const char *program, char *const argv[], char *const envp[], int input, int output) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  sigset_t none, all;
  pid_t process = -1;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawn_file_actions_init(&files);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&files, input, 0);
  posix_spawn_file_actions_adddup2(&files, output, 1);
  posix_spawn_file_actions_adddup2(&files, output, 2);
  posix_spawn_file_actions_addclosefrom_np(&files, 3);
  posix_spawn_file_actions_addchdir_np(&files, "/");
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  int error = posix_spawn(&process, program, &files, &attributes, argv, envp);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  errno = error;
  return error == 0 ? process : -1;
}

// 0 while the program runs; once it has ended, its whole group is ended, and *status says how. 1 then, and -1 if it is none of ours.
static inline int cnews_reap(pid_t process, int *status) {
  siginfo_t information;
  information.si_pid = 0;
  if (waitid(P_PID, (id_t)process, &information, WEXITED | WNOHANG | WNOWAIT) != 0) return -1;
  if (information.si_pid == 0) return 0;
  // While its number is kept for it, no other group can have it.
  kill(-process, SIGKILL);
  while (waitpid(process, status, 0) < 0 && errno == EINTR) {}
  return 1;
}

// Lets the signals through that ask for an end, whatever the process that started this one had blocked.
static inline void cnews_let_end(void) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigprocmask(SIG_UNBLOCK, &signals, NULL);
}

// The read end is the first; neither goes on to a program, and reading never blocks.
static inline int cnews_pipe(int ends[2]) {
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  return fcntl(ends[0], F_SETFL, O_NONBLOCK);
}

// Becomes that user for good, with its groups alone; -1 if that can't be.
static inline int cnews_become(const char *name) {
  struct passwd *entry = getpwnam(name);
  if (!entry) {
    errno = ENOENT;
    return -1;
  }
  uid_t user = entry->pw_uid;
  gid_t group = entry->pw_gid;
  if (initgroups(name, group) != 0 || setresgid(group, group, group) != 0 || setresuid(user, user, user) != 0) return -1;
  // What could come back is no farewell.
  if (user != 0 && setuid(0) == 0) {
    errno = EPERM;
    return -1;
  }
  return 0;
}

// ---- files ----

// Opens that file, makes it if it is missing, and takes its lock, which it waits for.
static inline int cnews_lock(const char *path) {
  int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return -1;
  while (flock(file, LOCK_EX) != 0)
    if (errno != EINTR) {
      close(file);
      return -1;
    }
  return file;
}

static inline int cnews_open(const char *path, int flags, unsigned mode) {
  return open(path, flags | O_CLOEXEC | O_NONBLOCK, mode);
}

// ---- connections ----

static inline void cnews_set_patience(int descriptor, int milliseconds) {
  struct timeval patience = {.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000};
  setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

// Connects a socket, within that time; SOCK_STREAM or SOCK_DGRAM.
static inline int cnews_connect(int kind, const struct sockaddr *address, socklen_t size, int milliseconds) {
  int descriptor = socket(address->sa_family, kind | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return -1;
  int error = connect(descriptor, address, size) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    struct pollfd wait = {.fd = descriptor, .events = POLLOUT};
    socklen_t length = sizeof error;
    error = ETIMEDOUT;
    if (poll(&wait, 1, milliseconds) == 1) getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length);
  }
  if (error != 0) {
    close(descriptor);
    errno = error;
    return -1;
  }
  fcntl(descriptor, F_SETFL, 0);
  cnews_set_patience(descriptor, milliseconds);
  return descriptor;
}

// The 16 bytes of an address (of IPv4 with ::ffff: in front); 0 if it is of another kind.
static inline int cnews_octets(const struct sockaddr *address, unsigned char *octets) {
  if (address->sa_family == AF_INET6) {
    memcpy(octets, &((const struct sockaddr_in6 *)address)->sin6_addr, 16);
    return 1;
  }
  if (address->sa_family != AF_INET) return 0;
  memset(octets, 0, 10);
  memset(octets + 10, 0xFF, 2);
  memcpy(octets + 12, &((const struct sockaddr_in *)address)->sin_addr, 4);
  return 1;
}

// The addresses of a name, 16 bytes each as above, at most `most`; how many there are.
static inline int cnews_resolve(const char *name, unsigned char *addresses, int most) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG}, *first = NULL;
  if (getaddrinfo(name, NULL, &hints, &first) != 0) return 0;
  int count = 0;
  for (struct addrinfo *each = first; each && count < most; each = each->ai_next) {
    count += cnews_octets(each->ai_addr, addresses + 16 * count);
  }
  freeaddrinfo(first);
  return count;
}

// Connects to an address of 4 or 16 bytes.
static inline int cnews_reach(int kind, const unsigned char *octets, size_t count, unsigned short port, int milliseconds) {
  struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
  struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
  if (count == 4) {
    memcpy(&four.sin_addr, octets, 4);
    return cnews_connect(kind, (struct sockaddr *)&four, sizeof four, milliseconds);
  }
  memcpy(&six.sin6_addr, octets, 16);
  return cnews_connect(kind, (struct sockaddr *)&six, sizeof six, milliseconds);
}

static inline long cnews_send(int descriptor, const void *bytes, size_t count) {
  return send(descriptor, bytes, count, MSG_NOSIGNAL);
}

// This machine's own addresses, 16 bytes each as above; how many there are.
static inline int cnews_own_addresses(unsigned char *addresses, int most) {
  struct ifaddrs *first = NULL;
  int count = 0;
  if (getifaddrs(&first) != 0) return 0;
  for (struct ifaddrs *each = first; each && count < most; each = each->ifa_next) {
    if (each->ifa_addr) count += cnews_octets(each->ifa_addr, addresses + 16 * count);
  }
  freeifaddrs(first);
  return count;
}

#endif
