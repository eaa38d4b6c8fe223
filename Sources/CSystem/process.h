// Other processes, and how the kernel schedules this one.
#ifndef ABL_CSYSTEM_PROCESS_H
#define ABL_CSYSTEM_PROCESS_H

#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// libc shows these only to programs that ask for more: see memory.h.
int sched_getaffinity(pid_t process, size_t size, cpu_set_t *processors);
int sched_setaffinity(pid_t process, size_t size, const cpu_set_t *processors);

// The process that holds a lock, as it has written itself down in the lock's file.
struct csystem_holder {
  uint64_t magic;
  uint64_t process, seen; // its number, and a moment when it ran
  uint64_t name_space;    // in which the number means something
  uint64_t number;        // another one for each hold
  uint64_t since;         // milliseconds of a clock that never steps
  uint64_t is_borrowed;
};

// Of sched_setscheduler, as the kernel has it.
enum { CSYSTEM_RESET_ON_FORK = 0x40000000 };

enum { CSYSTEM_HOLDER = 0x646c6f68206c6261 }; // "abl hold"

__attribute__((minsize)) static inline void csystem_note_holder(int lock, const struct csystem_holder *holder) {
  ssize_t ignored = pwrite(lock, holder, sizeof *holder, 0);
  (void)ignored;
}

__attribute__((minsize)) static inline int csystem_is_holder(int lock, struct csystem_holder *holder) {
  return pread(lock, holder, sizeof *holder, 0) == sizeof *holder && holder->magic == CSYSTEM_HOLDER;
}

// Ends the process of `holder`, if that still is what the lock's file says.
__attribute__((minsize)) static inline void csystem_end_holder(int lock, const struct csystem_holder *holder) {
  int process = (int)syscall(SYS_pidfd_open, (int)holder->process, 0);
  if (process < 0) return;
  struct csystem_holder now;
  // The descriptor is of this process from here on: is the hold still its?
  if (csystem_is_holder(lock, &now) && memcmp(&now, holder, sizeof now) == 0)
    syscall(SYS_pidfd_send_signal, process, SIGKILL, NULL, 0);
  close(process);
}

// How a process was scheduled before it was hurried.
struct csystem_schedule {
  int policy;
  struct sched_param parameters;
  cpu_set_t processors;
  int has_processors;
};

// Lets this thread run before all that share a processor with it, and on each processor, as far as the kernel allows;
// `was` tells how it was before. A child of it isn't hurried.
__attribute__((minsize)) static inline void csystem_hurry(struct csystem_schedule *was) {
  was->policy = sched_getscheduler(0);
  sched_getparam(0, &was->parameters);
  was->has_processors = sched_getaffinity(0, sizeof was->processors, &was->processors) == 0;
  struct sched_param first = {.sched_priority = 1};
  sched_setscheduler(0, SCHED_FIFO | CSYSTEM_RESET_ON_FORK, &first);
  cpu_set_t all;
  memset(&all, 0xff, sizeof all);
  sched_setaffinity(0, sizeof all, &all);
}

__attribute__((minsize)) static inline void csystem_calm(const struct csystem_schedule *was) {
  if (was->has_processors) sched_setaffinity(0, sizeof was->processors, &was->processors);
  if (was->policy >= 0) sched_setscheduler(0, was->policy, &was->parameters);
}

// From now on to write where none reads any more is an error, and not the end.
__attribute__((minsize)) static inline void csystem_ignore_pipes(void) { signal(SIGPIPE, SIG_IGN); }

// What a program that is started gets, unless it is given something else.
extern char **environ;

__attribute__((minsize)) static inline char **csystem_environment(void) { return environ; }

#endif
