// flood.c → flood: failing logins of very many distinct names of 255 bytes from very many distinct addresses.
//
//   flood HOME COUNT PROCESSES BLOCKED
//
// HOME as for `damage`; ten failures block. First BLOCKED hosts and as many users are blocked. Then COUNT logins fail, in
// PROCESSES processes, each of a name and from an address that was never seen before. Before and after, a fresh process
// each: what a passing login costs, a refused one and one of a new name that fails (median of 101, in microseconds); and at
// the end whether each that was blocked still is. With BLOCKED 0 there is nothing but the flood.
//
// In the environment, ACKNOWLEDGED is a file that gets a byte for each login of the flood that is over.
#define _GNU_SOURCE
#include "login.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

enum { samples = 101, batch = 1000 };

static char confdir[PATH_MAX], data[PATH_MAX];

static void blocked_name(int number, char *user, char *host) {
  sprintf(user, "blocked%d", number);
  sprintf(host, "203.0.%d.%d", 113 + number / 250, number % 250);
}

// Hosts by ten names each, and users from ten addresses each, so that neither blocks the other.
static void block(int count) {
  char user[64], host[64], other[64];
  for (int number = 0; number < count; number++) {
    blocked_name(number, user, host);
    for (int i = 0; i < 10; i++) {
      sprintf(other, "guess%d-%d", number, i);
      log_in(confdir, other, host, "wrong");
      sprintf(other, "2001:db8:1::%x:%x", number, i);
      log_in(confdir, user, other, "wrong");
    }
  }
}

static int count_blocked(int count) {
  char user[64], host[64];
  int blocked = 0;
  for (int number = 0; number < count; number++) {
    blocked_name(number, user, host);
    blocked += log_in_apart(confdir, "anybody", host, "right", 5) == PAM_AUTH_ERR;
    blocked += log_in_apart(confdir, user, "192.0.2.9", "right", 5) == PAM_AUTH_ERR;
  }
  return blocked;
}

// One in a few hundred thousand might come twice.
static void new_name(char *user, char *host) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
  for (int i = 0; i < 255; i++) user[i] = letters[random_below(36)];
  user[255] = '\0';
  sprintf(host, "2001:db8:%lx:%lx:%lx::%lx", random_below(65536), random_below(65536), random_below(65536),
          1 + random_below(65535));
}

static void fail_new_names(long count) {
  char user[256], host[64];
  int acknowledged = -1;
  for (long i = 0; i < count; i++) {
    new_name(user, host);
    if (log_in(confdir, user, host, "wrong") != PAM_AUTH_ERR) _exit(1);
    // Its directory is made by the first login.
    const char *path = getenv("ACKNOWLEDGED");
    if (path == NULL) continue;
    if (acknowledged < 0) acknowledged = open(path, O_WRONLY | O_CREAT, 0600);
    if (acknowledged < 0 || lseek(acknowledged, 0, SEEK_END) < 0 || write(acknowledged, ".", 1) != 1) _exit(1);
  }
}

// In processes that end now and then, as those that log in do.
static void flood(long count, unsigned long long seed) {
  for (long done = 0; done < count; done += batch) {
    pid_t child = fork();
    random_state = seed + (unsigned long long)done * 2654435761ULL + 1;
    for (int i = 0; child == 0 && i < 8; i++) random_number();
    if (child == 0) {
      fail_new_names(count - done < batch ? count - done : batch);
      _exit(0);
    }
    if (wait_for(child, 600) != 0) _exit(1);
  }
}

static int flood_in(int processes, long count) {
  int wrong = 0, status;
  unsigned long long seed = (unsigned long long)getpid() << 32;
  for (int i = 0; i < processes; i++) {
    if (fork() != 0) continue;
    flood(count / processes, seed ^ ((unsigned long long)(i + 1) << 56));
    _exit(0);
  }
  while (wait(&status) > 0) wrong += status != 0;
  return wrong;
}

// ---- cost ----

static double *cost;

static double measure(const char *user, const char *host, const char *password) {
  char new_user[256], new_host[64];
  for (int i = 0; i < samples; i++) {
    if (user == NULL) new_name(new_user, new_host);
    pid_t child = fork();
    if (child == 0) {
      double begin = seconds_now();
      log_in(confdir, user != NULL ? user : new_user, user != NULL ? host : new_host, password);
      cost[i] = (seconds_now() - begin) * 1e6;
      _exit(0);
    }
    wait_for(child, 5);
  }
  qsort(cost, samples, sizeof *cost, ascending);
  return cost[samples / 2];
}

static void report_cost(const char *when) {
  char user[64], host[64];
  struct stat status = {0};
  blocked_name(0, user, host);
  double right = measure("anybody", "192.0.2.8", "right"), refused = measure("anybody", host, "right");
  double wrong = measure(NULL, NULL, "wrong");
  stat(data, &status);
  printf("%s: a passing login %.0f us, a refused one %.0f us, a failing one %.0f us; %.1f of %.1f MiB of the store are in use\n",
         when, right, refused, wrong, (double)status.st_blocks / 2048, (double)status.st_size / 1048576);
}

int main(int argc, char **argv) {
  if (argc != 5) {
    fprintf(stderr, "usage: flood HOME COUNT PROCESSES BLOCKED\n");
    return 64;
  }
  snprintf(confdir, sizeof confdir, "%s/pam.d", argv[1]);
  snprintf(data, sizeof data, "%s/store/data.mdb", argv[1]);
  long count = atol(argv[2]);
  int processes = atoi(argv[3]), blocked = atoi(argv[4]);
  cost = shared_memory(samples * sizeof *cost);
  hold_modules(confdir);
  block(blocked);
  if (blocked > 0) report_cost("before");
  double begin = seconds_now();
  int wrong = flood_in(processes, count);
  double seconds = seconds_now() - begin;
  printf("%ld logins failed in %.1f s, %.0f us each; %d processes ended badly\n", count, seconds, seconds * 1e6 / (double)count,
         wrong);
  if (blocked == 0) return wrong > 0;
  report_cost("after");
  int still = count_blocked(blocked);
  printf("%d of %d blocked hosts and users are still refused\n", still, 2 * blocked);
  return wrong > 0 || still != 2 * blocked;
}
