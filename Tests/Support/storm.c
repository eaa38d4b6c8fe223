// storm.c → storm: starts a command again and again, and ends each at a random moment of its life.
//
//   storm COUNT SIGNAL MICROSECONDS COMMAND...
//
// COMMAND is started COUNT times, one after the other; each gets SIGNAL after a random time up to MICROSECONDS, if it
// still runs, and SIGKILL a second later. Prints how many were ended by a signal: `storm 1000 ended 612`.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void pause_for(long microseconds) {
  struct timespec time = {microseconds / 1000000, microseconds % 1000000 * 1000};
  while (nanosleep(&time, &time) == -1 && errno == EINTR) {
  }
}

// Whether `child` is gone within a second.
static int ends(pid_t child, int *status) {
  for (int tries = 0; tries < 1000; tries++) {
    if (waitpid(child, status, WNOHANG) == child) return 1;
    pause_for(1000);
  }
  return 0;
}

static int run(char **command, int signal_number, long microseconds) {
  pid_t child = fork();
  if (child == 0) {
    execvp(command[0], command);
    _exit(127);
  }
  pause_for(microseconds);
  kill(child, signal_number);
  int status = 0;
  if (!ends(child, &status)) {
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
  }
  return status;
}

int main(int argc, char **argv) {
  if (argc < 5) {
    fprintf(stderr, "usage: storm COUNT SIGNAL MICROSECONDS COMMAND...\n");
    return 64;
  }
  long count = atol(argv[1]), longest = atol(argv[3]);
  int signal_number = atoi(argv[2]);
  long ended = 0;
  srandom(20);
  for (long index = 0; index < count; index++) {
    int status = run(argv + 4, signal_number, random() % (longest + 1));
    ended += WIFSIGNALED(status);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127) return 1;
  }
  printf("storm %ld ended %ld\n", count, ended);
  return 0;
}
