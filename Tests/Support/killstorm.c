// killstorm.c → killstorm: kills logins at random moments, half of them while they hold the lock of the store.
//
//   killstorm HOME KILLS SECONDS ABLCTL [COMMAND]...
//
// HOME as for `damage`; its judge writes each verdict to a log. Three processes log in, one attempt after the other, and
// acknowledge each failure when pam_authenticate has returned. ABLCTL list, and each COMMAND of ABLCTL (`compact`, or with
// arguments), run beside them all the time.
// Somebody is killed again and again, until there were KILLS or SECONDS are over (0: however long it takes):
//   half of the writers after a time at random; the rest within the locked section: by themselves at a random one of its
//   calls of the system, also in the middle of a large write, or by another process that saw that they have the lock.
//   Each tenth time it is one of ABLCTL's processes.
//
// In the environment, SCENE=everything is a storm of attempts that a configuration with all keys refuses most of: hosts by
// their /64, networks of eight hosts, users in any spelling, each fourth of which logs in from home, too, and what HOME has
// decreed: 203.0.113.0/24 is blocked, 203.0.112.0/28 and the user trent are allowed. Five failures block a host or a user
// (at home five more), thirty a network. Without it 300 users fail from 300 hosts, and none is refused.
//
// Prints what happened, and writes a line `NAME JUDGED ACKNOWLEDGED MOST` for each user, host and network to HOME/counts.
#define _GNU_SOURCE
#include "login.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/uio.h>

enum { writers = 3, most_others = 4, page_size = 4096 };
enum { most_subjects = 48000, at_a_time = 300, attempts_for_each = 12, hosts_of_network = 8 };
enum { none = -1, most_failures = 5, most_of_network = 30, unlimited = 9999 };

// ---- what a writer tells, and is told ----

struct writer {
  volatile int has_lock;
  volatile int calls_to_live; // in the locked section; 0 is no limit
};

struct count { unsigned judged, acknowledged; };

static struct {
  struct writer writer[writers];
  volatile int is_over;
  unsigned attempts, of_decrees, right;
  struct count users[most_subjects], hosts[most_subjects], networks[most_subjects / hosts_of_network];
} *shared;

static struct writer *own; // NULL in all but a writer
static int has_everything; // the scene

// What a writer is at: numbers of subjects, or `none`.
static struct { int user, host; volatile int is_judged; } attempt;

static void add_one(unsigned *number) { __atomic_add_fetch(number, 1, __ATOMIC_SEQ_CST); }

static void note_judged(void) {
  attempt.is_judged = 1;
  if (attempt.user != none) add_one(&shared->users[attempt.user].judged);
  if (attempt.host != none) add_one(&shared->hosts[attempt.host].judged);
  if (attempt.host != none) add_one(&shared->networks[attempt.host / hosts_of_network].judged);
}

static void note_acknowledged(void) {
  if (attempt.user != none) add_one(&shared->users[attempt.user].acknowledged);
  if (attempt.host != none) add_one(&shared->hosts[attempt.host].acknowledged);
  if (attempt.host != none) add_one(&shared->networks[attempt.host / hosts_of_network].acknowledged);
}

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

// The judge writes what it found before it says so.
ssize_t write(int fd, const void *bytes, size_t size) {
  static const char verdict[] = " wrong\n";
  size_t length = sizeof verdict - 1;
  if (own != NULL && size > length && memcmp((const char *)bytes + size - length, verdict, length) == 0) note_judged();
  maybe_end();
  return syscall(SYS_write, fd, bytes, size);
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

static int is_of_ipv6(int network) { return has_everything ? network % 8 == 7 : network >= 256 / hosts_of_network; }

// As it is listed.
static void name_host(int host, char *text) {
  int network = host / hosts_of_network;
  if (!has_everything && is_of_ipv6(network)) sprintf(text, "2001:db8::%x", host);
  else if (!has_everything) sprintf(text, "198.51.100.%d", host);
  else if (is_of_ipv6(network)) sprintf(text, "2001:db8:%x:%x::/64", network, 1 + host % hosts_of_network);
  else sprintf(text, "10.%d.%d.%d", network / 256, network % 256, 1 + host % hosts_of_network);
}

static void name_network(int network, char *text) {
  if (is_of_ipv6(network)) sprintf(text, "2001:db8:%x::/48", network);
  else sprintf(text, "10.%d.%d.0/24", network / 256, network % 256);
}

static void name_address(int host, char *text) {
  name_host(host, text);
  char *prefix = strstr(text, "/64");
  if (prefix != NULL) sprintf(prefix, "%lx", 1 + random_below(65535));
}

static void spell_user(int user, char *text) {
  static const char *const spellings[] = {"user%d", "USER%d", "CORP\\user%d", "user%d@corp.example"};
  sprintf(text, spellings[has_everything ? random_below(4) : 0], user);
}

static int is_known(int user) { return has_everything && user % 4 == 0; }

// One of those whose turn it is: what is blocked is left behind.
static int any_subject(void) {
  unsigned first = has_everything ? shared->attempts / attempts_for_each : 0;
  if (first + at_a_time >= most_subjects) first = most_subjects - at_a_time - 1;
  return (int)(first + random_below(at_a_time));
}

// Of these two, `none` is not counted. A right password may be refused, and a wrong one must be.
static void try(int user, int host, const char *name, const char *address, int is_right) {
  char password[32];
  sprintf(password, is_right ? "right" : "guess%lx", random_number());
  attempt.user = user, attempt.host = host, attempt.is_judged = 0;
  int status = log_in(confdir, name, address, password);
  if (!is_right && status == PAM_SUCCESS) _exit(1);
  if (!is_right && attempt.is_judged) note_acknowledged();
  if (is_right && status == PAM_SUCCESS) add_one(&shared->right);
  add_one(&shared->attempts);
}

static void try_any(void) {
  char user[64], address[64];
  int number = any_subject(), host = has_everything ? any_subject() : number;
  spell_user(number, user);
  name_address(host, address);
  try(number, host, user, address, 0);
  if (!has_everything && !attempt.is_judged) _exit(2);
}

static void try_at_home(int is_right) {
  char user[64], address[64];
  int number = any_subject();
  number -= number % 4;
  spell_user(number, user);
  sprintf(address, "172.%d.%d.%d", 16 + number / 65536, number / 256 % 256, number % 256);
  try(number, none, user, address, is_right);
}

// What is decreed holds at each moment, also while it is made anew, or a process that makes it anew is killed.
static void try_decrees(int is_allowed) {
  char address[64];
  sprintf(address, is_allowed ? "203.0.112.%lu" : "203.0.113.%lu", random_below(16));
  try(none, none, is_allowed ? "trent" : "mallory", address, 0);
  if (attempt.is_judged != is_allowed) _exit(is_allowed ? 3 : 4);
  add_one(&shared->of_decrees);
}

static void log_in_until_the_end(void) {
  while (!shared->is_over) {
    unsigned long what = has_everything ? random_below(16) : 15;
    if (what < 2) try_decrees((int)what);
    else if (what < 5) try_at_home(what < 4);
    else try_any();
  }
}

static void start_writer(int number) {
  shared->writer[number].has_lock = shared->writer[number].calls_to_live = 0;
  random_number();
  if ((writer_pids[number] = fork()) != 0) return;
  own = &shared->writer[number];
  random_state ^= (unsigned long long)getpid() << 32;
  log_in_until_the_end();
  _exit(0);
}

static void start_other(int number, const char *ablctl) {
  if ((others[number].pid = fork()) != 0) return;
  int out = open("/dev/null", O_WRONLY);
  dup2(out, STDOUT_FILENO);
  char words[256], *arguments[16] = {(char *)ablctl}, *rest = words;
  snprintf(words, sizeof words, "%s", others[number].command);
  int count = 1;
  while (count < 13 && (arguments[count] = strsep(&rest, " ")) != NULL) count++;
  arguments[count++] = "--config", arguments[count++] = config;
  execv(ablctl, arguments);
  _exit(127);
}

static long other_failures;

// A process of ABLCTL that has come to an end begins anew.
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

static void report_kills(double seconds) {
  printf("%ld kills in %.1f s: %ld of logins, %ld of them within the locked section (%ld at one of its calls), %ld of ablctl\n",
         kills, seconds, kills - kills_of_others, kills_inside, self_kills, kills_of_others);
  for (int i = 0; i < other_count; i++) printf("ablctl %s: %ld times to its end\n", others[i].command, others[i].runs);
  if (other_failures > 0) printf("WRONG: ablctl failed %ld times\n", other_failures);
}

static void write_count(FILE *file, const char *name, const struct count *count, int most) {
  if (count->judged > 0) fprintf(file, "%s %u %u %d\n", name, count->judged, count->acknowledged, most);
}

static void report_counts(const char *home) {
  char path[PATH_MAX], name[64];
  snprintf(path, sizeof path, "%s/counts", home);
  FILE *file = fopen(path, "w");
  if (file == NULL) die(path);
  unsigned long judged = 0, acknowledged = 0;
  for (int i = 0; i < most_subjects; i++) {
    sprintf(name, "user%d", i);
    write_count(file, name, &shared->users[i], !has_everything ? unlimited : is_known(i) ? 2 * most_failures : most_failures);
    name_host(i, name);
    write_count(file, name, &shared->hosts[i], has_everything ? most_failures : unlimited);
    judged += shared->users[i].judged, acknowledged += shared->users[i].acknowledged;
  }
  for (int i = 0; has_everything && i < most_subjects / hosts_of_network; i++) {
    name_network(i, name);
    write_count(file, name, &shared->networks[i], most_of_network);
  }
  fclose(file);
  printf("%u attempts: %lu wrong ones judged, %lu acknowledged; %u got in, %u were decreed\n", shared->attempts, judged,
         acknowledged, shared->right, shared->of_decrees);
}

int main(int argc, char **argv) {
  if (argc < 5 || argc > 4 + most_others) {
    fprintf(stderr, "usage: killstorm HOME KILLS SECONDS ABLCTL [COMMAND]...\n");
    return 64;
  }
  const char *scene = getenv("SCENE");
  has_everything = scene != NULL && strcmp(scene, "everything") == 0;
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
  report_kills(seconds_now() - begin);
  report_counts(argv[1]);
  return other_failures > 0;
}
