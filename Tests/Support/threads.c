// threads.c → threads: a program with threads that all log in through libpam at once, with a wrong password.
//
//   threads CONFDIR SERVICE THREADS ATTEMPTS [locked]
//
// Each of the THREADS makes ATTEMPTS attempts, each as bob from a host of its own: 10.0.THREAD.ATTEMPT. With `locked` another
// thread has the lock of malloc's first arena meanwhile. Prints how often pam_authenticate had which result, `7 480`.
#define _GNU_SOURCE
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { most_threads = 64, status_count = 64 };

static const char *confdir, *service;
static long attempts;
static unsigned results[status_count];
static pthread_barrier_t all_are_there; // no thread can be made once malloc is locked

static void fail(const char *what) {
  fprintf(stderr, "threads: %s\n", what);
  _exit(64);
}

static int answer(int count, const struct pam_message **messages, struct pam_response **responses, void *data) {
  (void)messages, (void)data;
  *responses = calloc((size_t)count, sizeof **responses);
  for (int index = 0; index < count; index++) (*responses)[index].resp = strdup("wrong");
  return PAM_SUCCESS;
}

static void no_delay(int status, unsigned microseconds, void *data) { (void)status, (void)microseconds, (void)data; }

static void log_in(const char *host) {
  pam_handle_t *pamh;
  struct pam_conv conversation = {answer, NULL};
  if (pam_start_confdir(service, "bob", &conversation, confdir, &pamh) != PAM_SUCCESS) fail("pam_start");
  pam_set_item(pamh, PAM_RHOST, host);
  pam_set_item(pamh, PAM_FAIL_DELAY, (const void *)no_delay);
  int result = pam_authenticate(pamh, 0);
  __atomic_add_fetch(&results[result], 1, __ATOMIC_SEQ_CST);
  pam_end(pamh, result);
}

static void *log_in_often(void *number) {
  pthread_barrier_wait(&all_are_there);
  for (long attempt = 0; attempt < attempts; attempt++) {
    char host[32];
    snprintf(host, sizeof host, "10.0.%ld.%ld", (long)number, attempt);
    log_in(host);
  }
  return NULL;
}

// malloc_stats prints with the lock held, and here nothing takes what it prints.
static void *hold_the_lock(void *nothing) {
  malloc_stats();
  return nothing;
}

static void lock_malloc(void) {
  int ends[2];
  char byte = 0;
  if (pipe(ends) != 0 || fcntl(ends[1], F_SETFL, O_NONBLOCK) != 0) fail("pipe");
  while (write(ends[1], &byte, 1) == 1) {
  }
  fcntl(ends[1], F_SETFL, 0);
  dup2(ends[1], STDERR_FILENO);
  pthread_t holder;
  if (pthread_create(&holder, NULL, hold_the_lock, NULL) != 0) fail("no thread");
  usleep(200000); // Its lock can't be seen: what is told wrongly by a slow machine is that all is well.
}

int main(int count, char **words) {
  if (count < 5) fail("usage: threads CONFDIR SERVICE THREADS ATTEMPTS [locked]");
  confdir = words[1], service = words[2], attempts = atol(words[4]);
  long threads = atol(words[3]);
  if (threads < 1 || threads > most_threads) fail("1 to 64 threads");
  static char said[1024];
  setvbuf(stdout, said, _IOFBF, sizeof said); // no memory is to be had later
  pthread_t all[most_threads];
  pthread_barrier_init(&all_are_there, NULL, (unsigned)threads + 1);
  for (long number = 0; number < threads; number++)
    if (pthread_create(&all[number], NULL, log_in_often, (void *)number) != 0) fail("no thread");
  if (count > 5) lock_malloc();
  pthread_barrier_wait(&all_are_there);
  for (long number = 0; number < threads; number++) pthread_join(all[number], NULL);
  for (int result = 0; result < status_count; result++)
    if (results[result] > 0) printf("%d %u\n", result, results[result]);
  fflush(stdout);
  _exit(0);
}
