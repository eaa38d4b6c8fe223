// starve.c → starve: a local user starves su processes of a processor, wherever each happens to be.
//
//   starve TARGET SECONDS HOLD HOGS
//
// On processor 0, for SECONDS: su of the class SCHED_IDLE, one after the other, answered with `wrong`. At a moment that is announced by
// inotify (it opens pam_abl.conf, the number of the boot, the file of the judged ones), or at a random one, HOGS busy loops begin
// on the same processor, and last for HOLD seconds; then su is killed. Prints how many su there were, and how many were starved.
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int go[2];
static volatile double *until;

static double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void stay_on_first_processor(void) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(0, &one);
  sched_setaffinity(0, sizeof one, &one);
}

static void start_hogs(int count) {
  until = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (pipe(go) != 0 || until == MAP_FAILED) exit(70);
  for (int number = 0; number < count; number++) {
    if (fork() != 0) continue;
    char byte;
    close(go[1]);
    while (read(go[0], &byte, 1) == 1)
      while (seconds_now() < *until) continue;
    _exit(0);
  }
  close(go[0]);
}

static pid_t start_su(const char *target, int *terminal) {
  int own;
  if (openpty(terminal, &own, NULL, NULL, NULL) != 0) exit(70);
  pid_t child = fork();
  if (child != 0) {
    close(own);
    return child;
  }
  for (int number = 0; number < 3; number++) dup2(own, number);
  sched_setscheduler(0, SCHED_IDLE, &(struct sched_param){0});
  execlp("su", "su", target, "-c", "true", (char *)NULL);
  _exit(9);
}

// Waits for the first of `count` events, or for a random moment; answers the prompt meanwhile. False if su came to its end.
static int await_moment(pid_t su, int terminal, int watcher, int count) {
  double end = seconds_now() + (count > 0 ? 2 : (double)(random() % 60000) / 1e6);
  char buffer[4096];
  while (seconds_now() < end) {
    struct pollfd both[2] = {{watcher, POLLIN, 0}, {terminal, POLLIN, 0}};
    poll(both, 2, 5);
    if (both[1].revents & POLLIN && read(terminal, buffer, sizeof buffer) > 0 && memmem(buffer, sizeof buffer, "assword", 7))
      dprintf(terminal, "wrong\n");
    if (both[0].revents & POLLIN && read(watcher, buffer, sizeof buffer) > 0 && --count == 0) return 1;
    if (waitpid(su, NULL, WNOHANG) == su) return 0;
  }
  return 1;
}

static void hold(double seconds, int hogs) {
  *until = seconds_now() + seconds;
  for (int number = 0; number < hogs; number++)
    if (write(go[1], "x", 1) != 1) exit(70);
  while (seconds_now() < *until) usleep(20000);
}

int main(int argc, char **argv) {
  if (argc != 5) return fprintf(stderr, "usage: starve TARGET SECONDS HOLD HOGS\n"), 64;
  double end = seconds_now() + atof(argv[2]);
  int hogs = atoi(argv[4]), tries = 0, held = 0;
  stay_on_first_processor();
  start_hogs(hogs);
  for (; seconds_now() < end; tries++) {
    int terminal, watcher = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    inotify_add_watch(watcher, "/run/abl-test/pam_abl.conf", IN_OPEN);
    inotify_add_watch(watcher, "/proc/sys/kernel/random/boot_id", IN_OPEN);
    inotify_add_watch(watcher, "/run/abl-test/judged", IN_OPEN);
    pid_t su = start_su(argv[1], &terminal);
    if (await_moment(su, terminal, watcher, tries % 5)) hold(atof(argv[3]), hogs), held++;
    while (waitpid(su, NULL, WNOHANG) == 0) kill(su, SIGKILL), usleep(1000); // it may be root's for a moment
    close(terminal);
    close(watcher);
  }
  printf("su %d times, starved %d times\n", tries, held);
  return 0;
}
