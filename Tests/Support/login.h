// login.h: a login through the real libpam, for a fixture that makes very many: it forks for each, and executes nothing.
// The stack is the service "t" of a directory; the modules are loaded once, by hold_modules, and not anew for each login.
#pragma once

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <security/pam_appl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static inline void die(const char *what) {
  perror(what);
  exit(70);
}

static inline void *shared_memory(size_t size) {
  void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) die("mmap");
  return memory;
}

static inline double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC_RAW, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static inline void pause_for(long microseconds) {
  struct timespec left = {microseconds / 1000000, microseconds % 1000000 * 1000};
  while (nanosleep(&left, &left) != 0 && errno == EINTR) continue;
}

// Never the same from one process to the next: each sets `random_state` to a seed of its own.
static unsigned long long random_state = 88172645463325252ULL;

static inline unsigned long random_number(void) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return (unsigned long)(random_state >> 11);
}

static inline unsigned long random_below(unsigned long limit) { return limit > 0 ? random_number() % limit : 0; }

// ---- libpam ----

static inline int login_converse(int count, const struct pam_message **messages, struct pam_response **responses,
                                 void *password) {
  struct pam_response *all = calloc((size_t)count, sizeof *all);
  if (all == NULL) return PAM_BUF_ERR;
  for (int i = 0; i < count; i++)
    if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF || messages[i]->msg_style == PAM_PROMPT_ECHO_ON)
      all[i].resp = strdup(password);
  *responses = all;
  return PAM_SUCCESS;
}

static inline void login_no_delay(int status, unsigned usec, void *data) { (void)status, (void)usec, (void)data; }

// From pam_start to pam_end; the answer is pam_authenticate's.
static inline int log_in(const char *confdir, const char *user, const char *host, const char *password) {
  struct pam_conv conversation = {login_converse, (void *)password};
  pam_handle_t *pamh = NULL;
  if (pam_start_confdir("t", user, &conversation, confdir, &pamh) != PAM_SUCCESS) return PAM_ABORT;
  if (host != NULL) pam_set_item(pamh, PAM_RHOST, host);
  pam_set_item(pamh, PAM_FAIL_DELAY, (const void *)login_no_delay);
  int status = pam_authenticate(pamh, 0);
  if (status == PAM_SUCCESS) pam_acct_mgmt(pamh, 0), pam_setcred(pamh, PAM_ESTABLISH_CRED);
  pam_end(pamh, status);
  return status;
}

// Keeps the modules of "t" in this process, and so in those that it forks.
static inline void hold_modules(const char *confdir) {
  char path[512], line[1024];
  snprintf(path, sizeof path, "%s/t", confdir);
  FILE *file = fopen(path, "r");
  if (file == NULL) die(path);
  while (fgets(line, sizeof line, file) != NULL) {
    char module[512];
    if (sscanf(line, "%*s %*s %511s", module) == 1 && module[0] == '/' && dlopen(module, RTLD_NOW) == NULL) {
      fprintf(stderr, "%s\n", dlerror());
      exit(70);
    }
  }
  fclose(file);
}

// ---- processes ----

// How a process ended: its exit status, or minus the signal; minus 1000 if it did not end in time, and was ended.
static inline int wait_for(pid_t child, double patience) {
  int status, fd = (int)syscall(SYS_pidfd_open, child, 0);
  struct pollfd ended = {fd, POLLIN, 0};
  int is_late = fd < 0 || poll(&ended, 1, (int)(patience * 1000)) != 1;
  if (is_late) kill(child, SIGKILL);
  waitpid(child, &status, 0);
  close(fd);
  if (is_late) return -1000;
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

// It may take so many seconds of a processor, and ten times as long in all: of those the machine may take some for itself.
static inline int log_in_apart(const char *confdir, const char *user, const char *host, const char *password, int seconds) {
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    // Both limits: the hard one is SIGKILL, which the module can't make wait.
    struct rlimit limit = {(rlim_t)seconds, (rlim_t)seconds};
    if (setrlimit(RLIMIT_CPU, &limit) != 0) die("setrlimit");
    _exit(log_in(confdir, user, host, password));
  }
  return wait_for(child, 10 * seconds);
}

static inline int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}
