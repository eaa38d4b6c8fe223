// load MODULE...: what a program pays to load each module, in turn, each time in a new process. Prints the median and the
// quartiles of the time in dlopen, and the page faults in it. `Tests/Benchmarks/load` builds and runs it.
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { rounds = 2001, most = 8 };

struct cost {
  double microseconds;
  long faults;
};

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e6 + time.tv_nsec / 1e3;
}

static struct cost load(const char *module) {
  struct rusage before, after;
  getrusage(RUSAGE_SELF, &before);
  double start = now();
  if (!dlopen(module, RTLD_NOW)) _exit(1);
  struct cost cost = {.microseconds = now() - start};
  getrusage(RUSAGE_SELF, &after);
  cost.faults = after.ru_minflt - before.ru_minflt;
  return cost;
}

static int by_time(const void *a, const void *b) {
  double x = ((const struct cost *)a)->microseconds, y = ((const struct cost *)b)->microseconds;
  return (x > y) - (x < y);
}

int main(int count, char **modules) {
  static struct cost costs[most][rounds];
  if (count < 2 || count > most) return 64;
  for (int round = 0; round < rounds; round++) {
    for (int i = 1; i < count; i++) {
      int ends[2];
      if (pipe(ends)) return 1;
      pid_t child = fork();
      if (child < 0) return 1;
      if (child == 0) {
        struct cost cost = load(modules[i]);
        _exit(write(ends[1], &cost, sizeof cost) != sizeof cost);
      }
      close(ends[1]);
      if (read(ends[0], &costs[i][round], sizeof costs[i][round]) != sizeof costs[i][round]) {
        fprintf(stderr, "load: %s can't be loaded\n", modules[i]);
        return 1;
      }
      close(ends[0]);
      waitpid(child, NULL, 0);
    }
  }
  for (int i = 1; i < count; i++) {
    qsort(costs[i], rounds, sizeof costs[i][0], by_time);
    printf("%-40s %4.0f us (%.0f to %.0f), %ld page faults\n", modules[i], costs[i][rounds / 2].microseconds,
           costs[i][rounds / 4].microseconds, costs[i][3 * rounds / 4].microseconds, costs[i][rounds / 2].faults);
  }
  return 0;
}
