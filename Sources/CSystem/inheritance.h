// What a process of ours has inherited is put back to what a service would have: su's caller has set it. Only calls that
// signal-safety(7) names, and system calls: see command.h.
#ifndef ABL_CSYSTEM_INHERITANCE_H
#define ABL_CSYSTEM_INHERITANCE_H

#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CSYSTEM_SIGNALS = 64, CSYSTEM_SIGNAL_SET = CSYSTEM_SIGNALS / 8 }; // as the kernel counts them

__attribute__((minsize)) static inline void csystem_write(const char *path, const char *text) {
  int descriptor = openat(AT_FDCWD, path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
  if (descriptor < 0) return;
  if (write(descriptor, text, strlen(text)) < 0) {
    // Where it may not be written, what is there stays.
  }
  close(descriptor);
}

// In su and sudo the real group is the caller's, and so is the cgroup: it may be frozen, or killed. A service's own
// cgroup is the administrator's choice.
__attribute__((minsize)) static inline void csystem_leave_cgroup(void) {
  if (getgid() == 0) return;
  csystem_write("/sys/fs/cgroup/cgroup.procs", "0");
  csystem_write("/sys/fs/cgroup/unified/cgroup.procs", "0"); // beside cgroups of version 1
}

__attribute__((minsize)) static inline void csystem_become_root(void) {
  if (geteuid() != 0) return;
  csystem_leave_cgroup();
  syscall(SYS_setresuid, 0L, 0L, 0L);
  syscall(SYS_setgroups, 0L, NULL);
  syscall(SYS_setresgid, 0L, 0L, 0L);
}

// As high as it may be, where that is lower: without CAP_SYS_RESOURCE the hard limit is all there is.
__attribute__((minsize)) static inline void csystem_limit(int resource, uint64_t soft, uint64_t hard) {
  struct { uint64_t soft, hard; } limit = {soft, hard};
  if (syscall(SYS_prlimit64, 0L, resource, &limit, NULL) == 0) return;
  if (syscall(SYS_prlimit64, 0L, resource, NULL, &limit) != 0) return;
  limit.soft = soft < limit.hard ? soft : limit.hard;
  syscall(SYS_prlimit64, 0L, resource, &limit, NULL);
}

// What the kernel, or systemd, gives a service.
__attribute__((minsize)) static inline void csystem_reset_limits(void) {
  const uint64_t none = ~UINT64_C(0);
  static const unsigned char unlimited[] = {
    RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_DATA, RLIMIT_RSS, RLIMIT_NPROC,
    RLIMIT_AS,  RLIMIT_LOCKS, RLIMIT_SIGPENDING, RLIMIT_RTTIME,
  };
  for (size_t index = 0; index < sizeof unlimited; index++) csystem_limit(unlimited[index], none, none);
  csystem_limit(RLIMIT_STACK, 8 << 20, none);
  csystem_limit(RLIMIT_MEMLOCK, 8 << 20, 8 << 20);
  csystem_limit(RLIMIT_MSGQUEUE, 819200, 819200);
  csystem_limit(RLIMIT_NOFILE, 1024, 524288);
  csystem_limit(RLIMIT_CORE, 0, none);
  csystem_limit(RLIMIT_NICE, 0, 0);
  csystem_limit(RLIMIT_RTPRIO, 0, 0);
}

// How much of the machine it gets, and how soon.
__attribute__((minsize)) static inline void csystem_reset_priority(void) {
  static const struct sched_param ordinary;
  static unsigned char all[1024]; // processors, eight in each
  memset(all, 0xff, sizeof all);
  syscall(SYS_sched_setscheduler, 0L, (long)SCHED_OTHER, &ordinary);
  syscall(SYS_setpriority, (long)PRIO_PROCESS, 0L, 0L);
  syscall(SYS_sched_setaffinity, 0L, sizeof all, all);
  syscall(SYS_set_mempolicy, 0L, NULL, 0L);
  syscall(SYS_ioprio_set, 1L, 0L, 0L); // of this process: as its nice value says
  syscall(SYS_prctl, (long)PR_SET_TIMERSLACK, 50000L, 0L, 0L, 0L);
  csystem_write("/proc/self/oom_score_adj", "0");
}

__attribute__((minsize)) static inline void csystem_reset_signals(void) {
  static const char as_usual[64]; // a sigaction of the kernel's: SIG_DFL, no flags, no mask
  for (long number = 1; number <= CSYSTEM_SIGNALS; number++)
    syscall(SYS_rt_sigaction, number, as_usual, NULL, (long)CSYSTEM_SIGNAL_SET);
}

__attribute__((minsize)) static inline void csystem_reset_files(void) {
  // A container's filter may know no close_range.
  if (syscall(SYS_close_range, 0L, ~0U, 0L) != 0)
    for (int descriptor = 0; descriptor < 65536; descriptor++) close(descriptor);
  openat(AT_FDCWD, "/dev/null", O_RDWR);
  dup(0);
  dup(0);
}

__attribute__((minsize)) static inline int csystem_shed(void) {
  setsid();
  csystem_reset_limits(); // first: the others open files
  csystem_reset_signals();
  csystem_reset_files();
  csystem_become_root();
  csystem_reset_priority();
  syscall(SYS_keyctl, 1L, NULL); // a session keyring of its own
  syscall(SYS_personality, 0L);
  umask(022);
  return chdir("/");
}

#endif
