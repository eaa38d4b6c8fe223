// killstorm.c → killstorm: kills logins at random moments, half of them while they hold the lock of the store.
//
//   killstorm HOME KILLS SECONDS ABLCTL [COMMAND]...
//
// HOME as for `damage`. Three processes fail logins of 300 users from 300 hosts, one after the other, and acknowledge each
// when pam_authenticate has returned. ABLCTL list, and each COMMAND of ABLCTL (`compact`), run beside them all the time.
// Somebody is killed again and again, until there were KILLS or SECONDS are over (0: however long it takes):
//   half of the writers after a time at random; the rest within the locked section: by themselves at a random one of its
//   calls of the system, also in the middle of a large write, or by another process that saw that they have the lock.
//   Each tenth time it is one of ABLCTL's processes.
//
// Prints what happened, and writes a line `NAME STARTED ACKNOWLEDGED` for each user and host to HOME/counts.
#define _GNU_SOURCE
#include "login.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/uio.h>

enum { writers = 3, most_others = 4, subjects = 300, page_size = 4096 };

// ---- what a writer tells, and is told ----

struct writer {
  volatile int has_lock;
  volatile int calls_to_live; // in the locked section; 0 is no limit
  volatile long logins;
};

static struct {
  struct writer writer[writers];
  volatile int is_over;
  struct { unsigned started, acknowledged; } count[subjects];
} *shared;

static struct writer *own; // NULL in all but a writer

// ---- calls of the module and of LMDB: they find these in the program, before libc's ----

static int is_last_call(void) {
  return own != NULL && own->has_lock && own->calls_to_live > 0 && --own->calls_to_live == 0;
}

static void end(void) { syscall(SYS_kill, getpid(), SIGKILL); }

static void maybe_end(void) {
  if (is_last_call()) end();
}

int flock(int fd, int operation) {
  if (operation & LOCK_UN) {
    maybe_end();
    if (own != NULL) own->has_lock = 0;
  }
  int result = (int)syscall(SYS_flock, fd, operation);
  if (own != NULL && result == 0 && !(operation & LOCK_UN)) {
    own->has_lock = 1;
    maybe_end();
  }
  return result;
}

// The kernel stops a write for SIGKILL between two pages.
ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset) {
  if (is_last_call()) {
    syscall(SYS_pwrite64, fd, bytes, random_below(size / page_size + 1) * page_size, offset);
    end();
  }
  return syscall(SYS_pwrite64, fd, bytes, size, offset);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  if (is_last_call()) {
    syscall(SYS_writev, fd, parts, (long)random_below((unsigned long)count));
    end();
  }
  return syscall(SYS_writev, fd, parts, (long)count);
}

ssize_t pread(int fd, void *bytes, size_t size, off_t offset) {
  maybe_end();
  return syscall(SYS_pread64, fd, bytes, size, offset);
}

int fdatasync(int fd) {
  maybe_end();
  return (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd) {
  maybe_end();
  return (int)syscall(SYS_fsync, fd);
}

int ftruncate(int fd, off_t length) {
  maybe_end();
  return (int)syscall(SYS_ftruncate, fd, length);
}

int munmap(void *address, size_t length) {
  maybe_end();
  return (int)syscall(SYS_munmap, address, length);
}

ssize_t pwrite64(int, const void *, size_t, off64_t) __attribute__((alias("pwrite")));
ssize_t pread64(int, void *, size_t, off64_t) __attribute__((alias("pread")));
int ftruncate64(int, off64_t) __attribute__((alias("ftruncate")));

// ---- processes ----

static char confdir[PATH_MAX], config[PATH_MAX];
static pid_t writer_pids[writers];
static struct { const char *command; pid_t pid; long runs; } others[most_others];
static int other_count;

static void name(int subject, char *user, char *host) {
  sprintf(user, "user%d", subject);
  sprintf(host, "198.51.100.%d", subject % 256);
  if (subject >= 256) sprintf(host, "2001:db8::%x", subject);
}

static void fail_logins(void) {
  while (!shared->is_over) {
    int subject = (int)random_below(subjects);
    char user[32], host[32];
    name(subject, user, host);
    __atomic_add_fetch(&shared->count[subject].started, 1, __ATOMIC_SEQ_CST);
    if (log_in(confdir, user, host, "wrong") != PAM_AUTH_ERR) _exit(1);
    __atomic_add_fetch(&shared->count[subject].acknowledged, 1, __ATOMIC_SEQ_CST);
    own->logins++;
  }
}

static void start_writer(int number) {
  shared->writer[number].has_lock = shared->writer[number].calls_to_live = 0;
  random_number();
  if ((writer_pids[number] = fork()) != 0) return;
  own = &shared->writer[number];
  random_state ^= (unsigned long long)getpid() << 32;
  fail_logins();
  _exit(0);
}

static void start_other(int number, const char *ablctl) {
  if ((others[number].pid = fork()) != 0) return;
  int out = open("/dev/null", O_WRONLY);
  dup2(out, STDOUT_FILENO);
  execl(ablctl, ablctl, others[number].command, "--config", config, NULL);
  _exit(127);
}

static long other_failures;

// Whoever of ABLCTL's processes has come to an end begins anew.
static void go_on_with_others(const char *ablctl) {
  for (int i = 0; i < other_count; i++) {
    int status;
    if (waitpid(others[i].pid, &status, WNOHANG) != others[i].pid) continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) others[i].runs++;
    else other_failures++;
    start_other(i, ablctl);
  }
}

// ---- killing ----

static long kills, kills_inside, kills_of_others, self_kills;

// Busily: it is a matter of microseconds. A writer may have nothing to do with the lock for a while.
static void await_lock(const struct writer *writer) {
  double patience = seconds_now() + 0.02;
  while (!writer->has_lock && seconds_now() < patience) continue;
  for (double moment = seconds_now() + (double)random_below(500) / 1e6; seconds_now() < moment;) continue;
}

static void kill_writer(int number) {
  struct writer *writer = &shared->writer[number];
  pid_t pid = writer_pids[number];
  int status, way = (int)random_below(4);
  if (way == 0) {
    writer->calls_to_live = 1 + (int)random_below(30);
    for (int i = 0; i < 200 && waitpid(pid, &status, WNOHANG) != pid; i++) pause_for(100);
    // kill of a dead one that has been waited for fails, and does nothing.
    writer->calls_to_live = 0;
  } else if (way == 1) {
    await_lock(writer);
  } else {
    pause_for((long)random_below(4000));
  }
  if (kill(pid, SIGKILL) == 0) waitpid(pid, &status, 0);
  else self_kills++;
  if (WIFEXITED(status)) {
    printf("WRONG: a writer ended by itself, with %d\n", WEXITSTATUS(status));
    exit(1);
  }
  kills++;
  kills_inside += writer->has_lock;
  start_writer(number);
}

static void kill_other(int number, const char *ablctl) {
  int status;
  pause_for((long)random_below(10000));
  kill(others[number].pid, SIGKILL);
  waitpid(others[number].pid, &status, 0);
  if (WIFSIGNALED(status)) kills++, kills_of_others++;
  else others[number].runs++;
  start_other(number, ablctl);
}

static void storm(long most, double seconds, const char *ablctl) {
  double end = seconds_now() + seconds;
  while (kills < most && (seconds == 0 || seconds_now() < end)) {
    if (random_below(10) == 0) kill_other((int)random_below((unsigned long)other_count), ablctl);
    else kill_writer((int)random_below(writers));
    go_on_with_others(ablctl);
  }
}

static void finish(void) {
  int status;
  shared->is_over = 1;
  for (int i = 0; i < writers; i++) waitpid(writer_pids[i], &status, 0);
  for (int i = 0; i < other_count; i++) waitpid(others[i].pid, &status, 0);
}

static void report(const char *home, double seconds) {
  char path[PATH_MAX], user[32], host[32];
  snprintf(path, sizeof path, "%s/counts", home);
  FILE *file = fopen(path, "w");
  if (file == NULL) die(path);
  unsigned long started = 0, acknowledged = 0;
  for (int i = 0; i < subjects; i++) {
    name(i, user, host);
    fprintf(file, "%s %u %u\n%s %u %u\n", user, shared->count[i].started, shared->count[i].acknowledged, host,
            shared->count[i].started, shared->count[i].acknowledged);
    started += shared->count[i].started;
    acknowledged += shared->count[i].acknowledged;
  }
  fclose(file);
  printf("%ld kills in %.1f s: %ld of logins, %ld of them within the locked section (%ld at one of its calls), %ld of ablctl\n",
         kills, seconds, kills - kills_of_others, kills_inside, self_kills, kills_of_others);
  printf("%lu logins begun, %lu acknowledged\n", started, acknowledged);
  for (int i = 0; i < other_count; i++) printf("ablctl %s: %ld times to its end\n", others[i].command, others[i].runs);
  if (other_failures > 0) printf("WRONG: ablctl failed %ld times\n", other_failures);
}

int main(int argc, char **argv) {
  if (argc < 5 || argc > 4 + most_others) {
    fprintf(stderr, "usage: killstorm HOME KILLS SECONDS ABLCTL [COMMAND]...\n");
    return 64;
  }
  snprintf(confdir, sizeof confdir, "%s/pam.d", argv[1]);
  snprintf(config, sizeof config, "%s/pam_abl.conf", argv[1]);
  shared = shared_memory(sizeof *shared);
  random_state ^= (unsigned long long)getpid() << 20;
  hold_modules(confdir);
  log_in(confdir, "somebody", "192.0.2.1", "wrong"); // makes the store, for ABLCTL
  others[other_count++].command = "list";
  for (int i = 5; i < argc; i++) others[other_count++].command = argv[i];
  for (int i = 0; i < writers; i++) start_writer(i);
  for (int i = 0; i < other_count; i++) start_other(i, argv[4]);
  double begin = seconds_now();
  storm(atol(argv[2]), atof(argv[3]), argv[4]);
  finish();
  report(argv[1], seconds_now() - begin);
  return other_failures > 0;
}
