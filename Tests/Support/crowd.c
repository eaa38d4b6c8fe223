// crowd.c → crowd: very many logins at once, for a while.
//
//   crowd HOME PROCESSES SECONDS
//
// HOME as for `damage`. PROCESSES at once log in for SECONDS, each attempt in a fresh process of its own: a third with the
// right password, a third with a wrong one, a third of hosts that are blocked. Prints how many there were, how long they
// took (pam_start to pam_end, in milliseconds), and how many did not end as they should.
#define _GNU_SOURCE
#include "login.h"

#include <limits.h>

enum { hosts = 2000, most_attempts = 2000000, blocked_hosts = 8 };

static char confdir[PATH_MAX];
static struct { volatile int go; volatile long count, wrong, kinds[3]; double took[most_attempts]; } *shared;

static void block(void) {
  char host[32], user[32];
  for (int number = 0; number < blocked_hosts; number++)
    for (int i = 0; i < 10; i++) {
      sprintf(host, "203.0.113.%d", number);
      sprintf(user, "guess%d-%d", number, i);
      log_in(confdir, user, host, "wrong");
    }
}

// A wrong password comes from one of very many, so that none of them gets blocked.
static int attempt(int kind) {
  char host[64], user[32];
  if (kind == 2) sprintf(host, "203.0.113.%lu", random_below(blocked_hosts));
  else sprintf(host, "2001:db8::%lx:%lx", random_below(hosts), random_below(hosts));
  sprintf(user, "user%lu-%lu", random_below(hosts), random_below(hosts));
  int status = log_in(confdir, user, host, kind == 1 ? "wrong" : "right");
  return status == (kind == 0 ? PAM_SUCCESS : PAM_AUTH_ERR);
}

static void attempt_apart(void) {
  int kind = (int)random_below(3);
  unsigned long seed = random_number();
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    random_state ^= seed << 8;
    double begin = seconds_now();
    int is_fine = attempt(kind);
    long number = __atomic_fetch_add(&shared->count, 1, __ATOMIC_SEQ_CST);
    if (number < most_attempts) shared->took[number] = (seconds_now() - begin) * 1e3;
    __atomic_fetch_add(&shared->kinds[kind], 1, __ATOMIC_SEQ_CST);
    _exit(!is_fine);
  }
  if (wait_for(child, 300) != 0) __atomic_fetch_add(&shared->wrong, 1, __ATOMIC_SEQ_CST);
}

static void take_part(int number, double seconds) {
  random_state ^= (unsigned long long)(number + 1) << 40;
  while (!shared->go) pause_for(1000);
  for (double end = seconds_now() + seconds; seconds_now() < end;) attempt_apart();
  _exit(0);
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: crowd HOME PROCESSES SECONDS\n");
    return 64;
  }
  int processes = atoi(argv[2]);
  snprintf(confdir, sizeof confdir, "%s/pam.d", argv[1]);
  shared = shared_memory(sizeof *shared);
  hold_modules(confdir);
  block();
  for (int i = 0; i < processes; i++)
    if (fork() == 0) take_part(i, atof(argv[3]));
  shared->go = 1;
  while (wait(NULL) > 0) continue;
  long count = shared->count < most_attempts ? shared->count : most_attempts;
  if (count == 0) return 1;
  qsort(shared->took, (size_t)count, sizeof *shared->took, ascending);
  printf("%d at once for %s s: %ld attempts (%ld right, %ld wrong, %ld blocked), %ld not as they should be\n", processes, argv[3],
         count, shared->kinds[0], shared->kinds[1], shared->kinds[2], shared->wrong);
  printf("an attempt took %.1f ms (median), %.1f ms (99 of 100), %.1f ms (999 of 1000), the slowest %.1f ms\n",
         shared->took[count / 2], shared->took[count * 99 / 100], shared->took[count * 999 / 1000], shared->took[count - 1]);
  return shared->wrong > 0;
}
