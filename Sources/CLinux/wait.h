// What one thread waits for: files that change, sockets, a wake-up by another thread.
#ifndef ABL_CLINUX_WAIT_H
#define ABL_CLINUX_WAIT_H

#include "shim.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>

static inline int clinux_epoll(void) { return epoll_create1(EPOLL_CLOEXEC); }

static inline int clinux_epoll_add(int epoll, int descriptor) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
  return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

// Which of them is ready, at most eight, written to `ready`; how many.
static inline int clinux_epoll_wait(int epoll, int *ready, int milliseconds) {
  struct epoll_event events[8];
  int count = epoll_wait(epoll, events, 8, milliseconds);
  for (int index = 0; index < count; index++) ready[index] = events[index].data.fd;
  return count < 0 ? 0 : count;
}

static inline int clinux_event(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

static inline void clinux_event_raise(int descriptor) {
  uint64_t one = 1;
  ssize_t ignored = write(descriptor, &one, sizeof one);
  (void)ignored;
}

static inline void clinux_event_clear(int descriptor) {
  uint64_t count;
  ssize_t ignored = read(descriptor, &count, sizeof count);
  (void)ignored;
}

static inline int clinux_inotify(void) { return inotify_init1(IN_CLOEXEC | IN_NONBLOCK); }

// Watches a directory for files that change, come, or are replaced by rename: not for those that are only opened, for each
// login opens the lock to write.
static inline int clinux_watch(int inotify, const char *directory) {
  return inotify_add_watch(inotify, directory,
                           IN_MODIFY | IN_MOVED_TO | IN_CREATE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR);
}

// Reads all that inotify has; joins what `judge` says of each, which is given `ignored`.
static inline int clinux_read_inotify(int inotify, int (*judge)(const struct inotify_event *, const char *), const char *ignored) {
  _Alignas(struct inotify_event) char buffer[8192];
  int found = 0;
  for (;;) {
    ssize_t got = read(inotify, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return found;
    for (ssize_t offset = 0; offset < got;) {
      const struct inotify_event *event = (const struct inotify_event *)(buffer + offset);
      offset += (ssize_t)(sizeof *event + event->len);
      found |= judge(event, ignored);
    }
  }
}

enum { CLINUX_CHANGED = 1, CLINUX_GONE = 2, CLINUX_OVERFLOW = 4, CLINUX_REPLACED = 8 };

static inline int clinux_judge_change(const struct inotify_event *event, const char *ignored) {
  if (event->len > 0 && strncmp(event->name, "fleet", 5) == 0) return 0;
  if (event->mask & IN_Q_OVERFLOW) return CLINUX_OVERFLOW;
  if (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)) return CLINUX_GONE;
  if (event->mask & (IN_CREATE | IN_MOVED_TO)) return CLINUX_REPLACED;
  return event->len == 0 || strcmp(event->name, ignored) != 0 ? CLINUX_CHANGED : 0;
}

// Reads what inotify has. A change of `ignored`, a name, is none, nor is one of what the fleet has there, which abld writes.
static inline int clinux_read_watch(int inotify, const char *ignored) {
  return clinux_read_inotify(inotify, clinux_judge_change, ignored);
}

// Watches a directory for names that come and go in it, and for its own end. By which number; -1 if it isn't there.
static inline int clinux_watch_names(int inotify, const char *directory) {
  return inotify_add_watch(inotify, directory,
                           IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR);
}

static inline void clinux_unwatch(int inotify, int watch) {
  int ignored = inotify_rm_watch(inotify, watch);
  (void)ignored;
}

enum { CLINUX_LISTS = 1, CLINUX_ADVICE = 2 };

static inline int clinux_judge_name(const struct inotify_event *event, const char *ignored) {
  (void)ignored;
  if (event->mask & IN_IGNORED) return 0;  // what was said before it is why, or we are
  if (event->len == 0) return CLINUX_LISTS | CLINUX_ADVICE;
  if (strncmp(event->name, "list", 4) == 0) return CLINUX_LISTS;
  return strcmp(event->name, "fleet.mdb") == 0 ? CLINUX_ADVICE : 0;
}

// Reads what inotify has of `db_home` and of `lists` in it. Only what has its name at last counts: no draft.
static inline int clinux_read_names(int inotify) { return clinux_read_inotify(inotify, clinux_judge_name, NULL); }

#endif
