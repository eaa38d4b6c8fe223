// attempts.c → attempts: times logins through the real libpam, each in a fresh process, as sshd makes them.
//
//   attempts --confdir DIR --service NAME --password WORD --expect STATUS [OPTION]...
//
//   --processes P     as many at once: each starts an attempt, waits for its end, and starts the next (default 1)
//   --attempts N      of all processes together (default 100)
//   --users FILE      one name a line, of attempt I the (K + I)th, from the start again after the last
//   --hosts A.B:COUNT hosts A.B.0.0 and up, COUNT of them; attempt I comes from the (K + I)th in a shuffled order.
//                     Or PREFIX:COUNT, where PREFIX is the front of an IPv6 address with its colons: 2001:db8:1:2:::64
//   --from K          (default 0)
//   --patience S      an attempt that takes longer is killed, and is a hang (default 8)
//
// An attempt is fork, pam_start_confdir, pam_authenticate, after success pam_acct_mgmt and pam_setcred, pam_end and
// _exit. Its time is that from pam_start_confdir to pam_end, in the child: loading the modules is in it, the fork is
// not. A delay that a module asks for is not slept.
//
// Prints `rate R`, attempts a second over all; `errors N`, results other than STATUS and crashes; `hangs N`; and
// `times` with the microseconds of each attempt that was as expected, in ascending order.
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <security/pam_appl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { exit_failure = 1, exit_usage = 64, most_users = 100000 };

static struct {
  const char *confdir, *service, *password, *users, *hosts;
  long expect, processes, attempts, host_count, from, patience;
} option = {.expect = PAM_SUCCESS, .processes = 1, .attempts = 100, .patience = 8};

static char *users[most_users];
static long user_count;

// What became of an attempt; written by its process and by the one that waits for it.
struct result {
  double microseconds;
  enum { unknown, expected, unexpected, hung, crashed } kind;
};

static struct result *results; // shared by all processes

static void die(const char *what) {
  perror(what);
  exit(exit_failure);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

// ---- the logins ----

static const char *user_of(long attempt) { return users[(option.from + attempt) % user_count]; }

// Neighbours in time are no neighbours in the store. The factor is a prime: each host comes once in COUNT attempts.
static void put_host(char *text, size_t size, long attempt) {
  unsigned long number = (unsigned long)(option.from + attempt) * 7368787UL % (unsigned long)option.host_count;
  const char *end = strrchr(option.hosts, ':');
  if (end != strchr(option.hosts, ':')) {
    snprintf(text, size, "%.*s%lx", (int)(end - option.hosts), option.hosts, number + 1);
    return;
  }
  unsigned first = 0, second = 0;
  sscanf(option.hosts, "%u.%u", &first, &second);
  number += ((unsigned long)first << 24) + ((unsigned long)second << 16);
  snprintf(text, size, "%lu.%lu.%lu.%lu", number >> 24 & 255, number >> 16 & 255, number >> 8 & 255, number & 255);
}

// ---- one attempt ----

static int converse(int count, const struct pam_message **messages, struct pam_response **responses, void *data) {
  (void)messages, (void)data;
  *responses = calloc((size_t)count, sizeof **responses);
  if (*responses == NULL) return PAM_BUF_ERR;
  for (int i = 0; i < count; i++) (*responses)[i].resp = strdup(option.password);
  return PAM_SUCCESS;
}

static void no_delay(int status, unsigned microseconds, void *data) { (void)status, (void)microseconds, (void)data; }

static int log_in(const char *user, const char *host) {
  static const struct pam_conv conversation = {converse, NULL};
  pam_handle_t *pamh;
  int status = pam_start_confdir(option.service, user, &conversation, option.confdir, &pamh);
  if (status != PAM_SUCCESS) return -1;
  pam_set_item(pamh, PAM_RHOST, host);
  pam_set_item(pamh, PAM_TTY, "ssh");
  pam_set_item(pamh, PAM_FAIL_DELAY, (const void *)no_delay);
  status = pam_authenticate(pamh, PAM_DISALLOW_NULL_AUTHTOK);
  if (status == PAM_SUCCESS) status = pam_acct_mgmt(pamh, 0);
  if (status == PAM_SUCCESS) status = pam_setcred(pamh, PAM_ESTABLISH_CRED);
  return pam_end(pamh, status) == PAM_SUCCESS ? status : -1;
}

static void attempt(long number) {
  char host[64];
  put_host(host, sizeof host, number);
  alarm((unsigned)option.patience);
  double begin = now();
  int status = log_in(user_of(number), host);
  results[number].microseconds = now() - begin;
  results[number].kind = status == option.expect ? expected : unexpected;
  if (status != option.expect) fprintf(stderr, "attempts: %s from %s: %d\n", user_of(number), host, status);
  _exit(0);
}

static void attempt_in_child(long number) {
  pid_t child = fork();
  if (child < 0) die("attempts: fork");
  if (child == 0) attempt(number);
  int status;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFSIGNALED(status)) results[number].kind = WTERMSIG(status) == SIGALRM ? hung : crashed;
}

// ---- all of them ----

static double run(void) {
  double begin = now();
  for (long process = 0; process < option.processes; process++) {
    pid_t worker = fork();
    if (worker < 0) die("attempts: fork");
    if (worker > 0) continue;
    for (long i = process; i < option.attempts; i += option.processes) attempt_in_child(i);
    _exit(0);
  }
  while (wait(NULL) > 0 || errno == EINTR) continue;
  return now() - begin;
}

static long count(int kind) {
  long found = 0;
  for (long i = 0; i < option.attempts; i++) found += (int)results[i].kind == kind;
  return found;
}

static int ascending(const void *a, const void *b) {
  double x = ((const struct result *)a)->microseconds, y = ((const struct result *)b)->microseconds;
  return (x > y) - (x < y);
}

static void report(double microseconds) {
  printf("rate %.1f\n", (double)option.attempts / microseconds * 1e6);
  printf("errors %ld\n", count(unexpected) + count(crashed) + count(unknown));
  printf("hangs %ld\ntimes", count(hung));
  qsort(results, (size_t)option.attempts, sizeof *results, ascending);
  for (long i = 0; i < option.attempts; i++)
    if (results[i].kind == expected) printf(" %.0f", results[i].microseconds);
  printf("\n");
}

// ---- options ----

static void usage(const char *what) {
  fprintf(stderr, "attempts: %s\nusage: attempts --confdir DIR --service NAME --password WORD --expect STATUS "
                  "--users FILE --hosts A.B:COUNT [OPTION]...\n", what);
  exit(exit_usage);
}

static long number(const char *text) {
  char *end;
  long value = strtol(text, &end, 10);
  if (*text == '\0' || *end != '\0' || value < 0) usage("not a number");
  return value;
}

static void read_users(void) {
  FILE *file = fopen(option.users, "r");
  char *line = NULL;
  size_t size = 0;
  if (file == NULL) die(option.users);
  for (ssize_t length; user_count < most_users && (length = getline(&line, &size, file)) > 0; user_count++) {
    line[length - 1] = '\0';
    users[user_count] = strdup(line);
  }
  free(line);
  fclose(file);
}

static void parse(int argc, char **argv) {
  static const struct option names[] = {
      {"confdir", 1, NULL, 'c'}, {"service", 1, NULL, 's'}, {"password", 1, NULL, 'w'}, {"expect", 1, NULL, 'e'},
      {"processes", 1, NULL, 'p'}, {"attempts", 1, NULL, 'n'}, {"users", 1, NULL, 'u'}, {"hosts", 1, NULL, 'h'},
      {"from", 1, NULL, 'f'}, {"patience", 1, NULL, 't'}, {NULL, 0, NULL, 0}};
  for (int which; (which = getopt_long(argc, argv, "", names, NULL)) != -1;) {
    switch (which) {
    case 'c': option.confdir = optarg; break;
    case 's': option.service = optarg; break;
    case 'w': option.password = optarg; break;
    case 'u': option.users = optarg; break;
    case 'e': option.expect = number(optarg); break;
    case 'p': option.processes = number(optarg); break;
    case 'n': option.attempts = number(optarg); break;
    case 'f': option.from = number(optarg); break;
    case 't': option.patience = number(optarg); break;
    case 'h':
      option.hosts = optarg;
      option.host_count = strrchr(optarg, ':') ? number(strrchr(optarg, ':') + 1) : 0;
      break;
    default: usage("bad option");
    }
  }
  if (!option.confdir || !option.service || !option.password || !option.users) usage("something is missing");
  if (option.host_count < 1 || option.attempts < 1 || option.processes < 1) usage("none is too few");
}

int main(int argc, char **argv) {
  parse(argc, argv);
  read_users();
  if (user_count == 0) usage("no users");
  size_t size = (size_t)option.attempts * sizeof *results;
  results = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (results == MAP_FAILED) die("attempts: mmap");
  report(run());
  return 0;
}
