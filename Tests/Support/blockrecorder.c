// blockrecorder.c → blockrecorder.so: a preloaded library that writes down, in order, what is done to the files of a store
// and what is made durable, for `powercut`.
//
//   ABL_RECORD_DIRECTORY   the directory (db_home); of its files all but the lock
//   ABL_RECORD_LOG         one `struct event` (blockrecorder.h) after the other, each with its data behind it
//
// It is for processes that come one after the other: so the order of the log is the order of time.
#define _GNU_SOURCE
#include "blockrecorder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static const char *directory, *log_path;

__attribute__((constructor)) static void choose_paths(void) {
  directory = getenv("ABL_RECORD_DIRECTORY");
  log_path = getenv("ABL_RECORD_LOG");
}

static void record(enum event_kind kind, unsigned long inode, unsigned long offset, const struct iovec *parts, int count) {
  int saved = errno;
  struct event event = {kind, 0, inode, offset};
  struct iovec all[1 + 64] = {{&event, sizeof event}};
  for (int i = 0; i < count && i < 64; i++) {
    all[1 + i] = parts[i];
    event.length += (unsigned)parts[i].iov_len;
  }
  int log = (int)syscall(SYS_openat, AT_FDCWD, log_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (log < 0 || syscall(SYS_writev, log, all, (long)(1 + count)) != (long)(sizeof event + event.length)) abort();
  syscall(SYS_close, log);
  errno = saved;
}

// The name of an open file in the directory; NULL if it lies elsewhere. "" is the directory itself.
static const char *name_of(int fd) {
  static _Thread_local char path[PATH_MAX];
  char link[64];
  if (directory == NULL || log_path == NULL) return NULL;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  long length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
  if (length < 0) return NULL;
  path[length] = '\0';
  size_t prefix = strlen(directory);
  if (strncmp(path, directory, prefix) != 0) return NULL;
  return path[prefix] == '/' ? path + prefix + 1 : path[prefix] == '\0' ? path + prefix : NULL;
}

static int is_of_interest(const char *name) { return name != NULL && *name != '\0' && strcmp(name, "lock") != 0; }

// The number of such a file; 0 if it is none.
static unsigned long store_inode(int fd) {
  struct stat status;
  return is_of_interest(name_of(fd)) && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) ? status.st_ino : 0;
}

static void record_data(int fd, const struct iovec *parts, int count, off_t offset) {
  unsigned long inode = store_inode(fd);
  if (inode == 0) return;
  int flags = (int)syscall(SYS_fcntl, fd, F_GETFL);
  record(flags & O_DSYNC ? event_durable_write : event_write, inode, (unsigned long)offset, parts, count);
}

// ---- files ----

static int opened(int at, const char *path, int flags, mode_t mode) {
  int existed = syscall(SYS_faccessat, at, path, F_OK) == 0;
  int is_nameless = (flags & O_TMPFILE) == O_TMPFILE;
  int fd = (int)syscall(SYS_openat, at, path, flags, mode);
  unsigned long inode = fd >= 0 && (is_nameless || !existed) ? store_inode(fd) : 0;
  if (inode != 0 && is_nameless) {
    record(event_make, inode, 0, NULL, 0);
  } else if (inode != 0) {
    const char *name = name_of(fd);
    record(event_create, inode, 0, &(struct iovec){(void *)name, strlen(name)}, 1);
  }
  return fd;
}

static mode_t mode_in(int flags, va_list arguments) { return flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0; }

int open(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = mode_in(flags, arguments);
  va_end(arguments);
  return opened(AT_FDCWD, path, flags, mode);
}

int openat(int at, const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = mode_in(flags, arguments);
  va_end(arguments);
  return opened(at, path, flags, mode);
}

int open64(const char *, int, ...) __attribute__((alias("open")));
int openat64(int, const char *, int, ...) __attribute__((alias("openat")));

int renameat(int from, const char *old, int to, const char *new) {
  int result = (int)syscall(SYS_renameat, from, old, to, new);
  const char *in = name_of(from);
  if (result == 0 && in != NULL && *in == '\0')
    record(event_rename, 0, 0, (struct iovec[]){{(void *)old, strlen(old) + 1}, {(void *)new, strlen(new)}}, 2);
  return result;
}

int unlinkat(int at, const char *path, int flags) {
  int result = (int)syscall(SYS_unlinkat, at, path, flags);
  const char *in = name_of(at);
  if (result == 0 && in != NULL && *in == '\0')
    record(event_unlink, 0, 0, &(struct iovec){(void *)path, strlen(path)}, 1);
  return result;
}

// Only as `File.make` calls it: `old` is an open file's name in /proc.
int linkat(int from, const char *old, int to, const char *new, int flags) {
  int result = (int)syscall(SYS_linkat, from, old, to, new, flags);
  const char *in = name_of(to), *number = strrchr(old, '/');
  int is_inside = result == 0 && in != NULL && *in == '\0';
  unsigned long inode = is_inside && number != NULL ? store_inode(atoi(number + 1)) : 0;
  if (inode != 0) record(event_link, inode, 0, &(struct iovec){(void *)new, strlen(new)}, 1);
  return result;
}

// ---- content ----

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset) {
  ssize_t result = syscall(SYS_pwrite64, fd, bytes, size, offset);
  if (result > 0) record_data(fd, &(struct iovec){(void *)bytes, (size_t)result}, 1, offset);
  return result;
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  off_t offset = lseek(fd, 0, SEEK_CUR);
  ssize_t result = syscall(SYS_writev, fd, parts, (long)count);
  if (result > 0) record_data(fd, parts, count, offset);
  return result;
}

ssize_t write(int fd, const void *bytes, size_t size) {
  int is_appended = (syscall(SYS_fcntl, fd, F_GETFL) & O_APPEND) != 0;
  off_t offset = lseek(fd, 0, is_appended ? SEEK_END : SEEK_CUR);
  ssize_t result = syscall(SYS_write, fd, bytes, size);
  if (result > 0 && offset >= 0) record_data(fd, &(struct iovec){(void *)bytes, (size_t)result}, 1, offset);
  return result;
}

int ftruncate(int fd, off_t length) {
  int result = (int)syscall(SYS_ftruncate, fd, length);
  unsigned long inode = result == 0 ? store_inode(fd) : 0;
  if (inode != 0) record(event_truncate, inode, (unsigned long)length, NULL, 0);
  return result;
}

// As a length that it gets, if it gets longer: the room is zeros.
int posix_fallocate(int fd, off_t offset, off_t length) {
  struct stat status;
  int is_longer = fstat(fd, &status) == 0 && status.st_size < offset + length;
  int error = syscall(SYS_fallocate, fd, 0, offset, length) == 0 ? 0 : errno;
  unsigned long inode = error == 0 && is_longer ? store_inode(fd) : 0;
  if (inode != 0) record(event_truncate, inode, (unsigned long)(offset + length), NULL, 0);
  return error;
}

ssize_t pwrite64(int, const void *, size_t, off64_t) __attribute__((alias("pwrite")));
int ftruncate64(int, off64_t) __attribute__((alias("ftruncate")));
int posix_fallocate64(int, off64_t, off64_t) __attribute__((alias("posix_fallocate")));

// ---- barriers ----

static int synced(int fd, int result) {
  const char *name = result == 0 ? name_of(fd) : NULL;
  unsigned long inode = is_of_interest(name) ? store_inode(fd) : 0;
  if (inode != 0) record(event_sync, inode, 0, NULL, 0);
  else if (name != NULL && *name == '\0') record(event_sync_directory, 0, 0, NULL, 0);
  return result;
}

int fsync(int fd) { return synced(fd, (int)syscall(SYS_fsync, fd)); }
int fdatasync(int fd) { return synced(fd, (int)syscall(SYS_fdatasync, fd)); }
