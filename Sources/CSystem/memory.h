// Memory that processes share: words of 64 bits, and files that are complete before they have a name.
#ifndef ABL_CSYSTEM_MEMORY_H
#define ABL_CSYSTEM_MEMORY_H

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// As the kernel has it. No header here asks libc for more than Swift's own import of it does: two modules that see one
// struct of libc differently can't be imported together.
enum { CSYSTEM_TMPFILE = 020000000 | O_DIRECTORY };

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "a lock inside of an atomic would be one that others wait for");
_Static_assert(sizeof(_Atomic uint64_t) == sizeof(uint64_t), "words are shared between programs");

// All of these are sequentially consistent: an attempt publishes itself and then looks for others, as in Dekker's
// algorithm, and no weaker order keeps a read behind the write before it.
static inline uint64_t csystem_load(void *word) { return atomic_load((_Atomic uint64_t *)word); }

static inline void csystem_store(void *word, uint64_t value) {
  atomic_store((_Atomic uint64_t *)word, value);
}

static inline int csystem_exchange(void *word, uint64_t expected, uint64_t value) {
  return atomic_compare_exchange_strong((_Atomic uint64_t *)word, &expected, value);
}

static inline uint64_t csystem_fetch_add(void *word, uint64_t amount) {
  return atomic_fetch_add((_Atomic uint64_t *)word, amount);
}

// Whether any of `wanted` stands among the words of a group from `first` on, below `end`; a 0 ends what stands there.
static inline int csystem_has_any(uint64_t *group, long first, long end, const uint64_t *wanted, long count) {
  for (long place = first; place < end; place++) {
    uint64_t word = csystem_load(group + place);
    if (word == 0) return 0;
    for (long index = 0; index < count; index++)
      if (wanted[index] == word) return 1;
  }
  return 0;
}

// Of groups of `size` words the first from `from` on, below `to`, that is in use and has any of `wanted` among its words
// from `first` on, below `end`; `to` if none has. The lowest four bits of a group's word 0 are above 1 if it is in use;
// if that word changed while the group was read, it is read again. In C, for a login reads thousands of them.
static inline long csystem_find_group(void *groups, long size, long from, long to, long first, long end,
                                      const uint64_t *wanted, long count) {
  for (long place = from; place < to; place++) {
    uint64_t *group = (uint64_t *)groups + place * size;
    for (uint64_t control = csystem_load(group); (control & 15) > 1;) {
      if (csystem_has_any(group, first, end, wanted, count)) return place;
      uint64_t now = csystem_load(group);
      if (now == control) break;
      control = now;
    }
  }
  return to;
}

// From now on what is written to it goes behind what is there.
__attribute__((minsize)) static inline int csystem_append(int descriptor) { return fcntl(descriptor, F_SETFL, O_APPEND); }

__attribute__((minsize)) static inline void *csystem_map(int descriptor, long length) {
  void *memory = mmap(NULL, (size_t)length, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  return memory == MAP_FAILED ? NULL : memory;
}

// No core has it (MADV_DONTDUMP). 0, or -1.
__attribute__((minsize)) static inline int csystem_hide(void *memory, long length) {
  return madvise(memory, (size_t)length, 16);
}

// Whether the last page of what is mapped can be read, so that no access ends in SIGBUS: a file that was shortened has none.
// MADV_POPULATE_READ; a kernel that doesn't know it says so (EINVAL).
__attribute__((minsize)) static inline int csystem_is_whole(char *memory, long length) {
  long last = (length - 1) & ~0xFFFFL;
  return madvise(memory + last, (size_t)(length - last), 22) == 0 || errno != EFAULT;
}

// Whether so much memory can be had. The compiler would leave out what is taken for nothing.
__attribute__((minsize)) static inline int csystem_has_memory(long length) {
  void *memory = __builtin_malloc((size_t)length);
  __asm__ volatile("" : "+r"(memory) : : "memory");
  __builtin_free(memory);
  return memory != NULL;
}

// Whether what is written there stays in memory: tmpfs and ramfs.
__attribute__((minsize)) static inline int csystem_is_in_memory(int descriptor) {
  struct statfs status;
  return fstatfs(descriptor, &status) == 0 && (status.f_type == 0x01021994 || status.f_type == 0x858458f6);
}

// A new file in `directory`: without a name, or where the file system has no such files under another name, which is
// written to `other` (of 64 bytes). -1 if there is none to be had.
__attribute__((minsize)) static inline int csystem_begin_file(int directory, char *other) {
  other[0] = 0;
  int file = openat(directory, ".", CSYSTEM_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file >= 0 && access("/proc/self/fd", X_OK) == 0) return file;
  if (file >= 0) close(file);
  struct timespec now = {0, 0};
  clock_gettime(CLOCK_MONOTONIC, &now);
  snprintf(other, 64, "new.%ld-%ld.%09ld", (long)getpid(), (long)now.tv_sec, (long)now.tv_nsec);
  return openat(directory, other, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

// Gives it `name`, unless that is taken: then it is gone. 0, or -1.
__attribute__((minsize)) static inline int csystem_end_file(int file, int directory, const char *other, const char *name) {
  char path[40];
  if (!other[0]) {
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    return linkat(AT_FDCWD, path, directory, name, AT_SYMLINK_FOLLOW);
  }
  int result = (int)syscall(SYS_renameat2, directory, other, directory, name, 1 /* RENAME_NOREPLACE */);
  int error = errno;
  if (result != 0) unlinkat(directory, other, 0);
  errno = error;
  return result;
}

// SipHash-2-4 (Aumasson and Bernstein, 2012).
__attribute__((minsize)) static inline uint64_t csystem_siphash(uint64_t key0, uint64_t key1, const uint8_t *bytes, long count) {
#define ROTATE(value, bits) ((value) << (bits) | (value) >> (64 - (bits)))
  uint64_t v0 = key0 ^ 0x736f6d6570736575, v1 = key1 ^ 0x646f72616e646f6d;
  uint64_t v2 = key0 ^ 0x6c7967656e657261, v3 = key1 ^ 0x7465646279746573;
  // Two rounds behind each word of eight bytes; then four, behind 0xff.
  for (long start = 0; start <= count + 8; start += 8) {
    int is_end = start > count, rounds = is_end ? 4 : 2;
    uint64_t word = 0;
    for (long place = 0; place < 8 && !is_end; place++)
      if (start + place < count) word |= (uint64_t)bytes[start + place] << (8 * place);
    if (!is_end && start + 8 > count) word |= (uint64_t)count << 56;
    if (is_end) v2 ^= 0xff;
    v3 ^= word;
    for (int round = 0; round < rounds; round++) {
      v0 += v1, v1 = ROTATE(v1, 13) ^ v0, v0 = ROTATE(v0, 32);
      v2 += v3, v3 = ROTATE(v3, 16) ^ v2;
      v0 += v3, v3 = ROTATE(v3, 21) ^ v0;
      v2 += v1, v1 = ROTATE(v1, 17) ^ v2, v2 = ROTATE(v2, 32);
    }
    v0 ^= word;
  }
#undef ROTATE
  return v0 ^ v1 ^ v2 ^ v3;
}

#endif
