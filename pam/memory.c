// Memory for when there is none: Embedded Swift traps where an allocation fails, and so would end sshd. What the module asks
// libc for goes through here (pam/build: --wrap). Where libc has nothing there is an arena, and where that is full, a further
// one of the kernel's pages: libc gives up while there still are some, for it asks for 132 KiB or more at a time.
//
// A login has at most 25 KB at a time, so there is room for two of them in the first arena. A larger one would cost more than
// it gives: a program whose limit leaves no room for it can't load the module at all, and refuses all logins. Where there is no
// page either, as for the second 64 KiB of a login that needs them, Embedded Swift traps.
//
// What the application or libpam is to free must not come from here: ask for that with strdup or calloc.
#define _DEFAULT_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

int __real_posix_memalign(void **place, size_t alignment, size_t size);
void *__real_malloc(size_t size);
void __real_free(void *memory);

// What stands in front of each piece of an arena, and what lengths are counted in.
struct piece {
  size_t length; // without this
  size_t is_taken;
};

// Never given back to the kernel.
struct arena {
  struct arena *next;
  size_t count; // of pieces, were each without a length
  struct piece pieces[];
};

enum { usual_size = 64 << 10, page_size = 4096 };

static _Alignas(16) union {
  struct arena arena;
  char bytes[usual_size];
} first;

static struct arena *_Atomic newest;

// ---- one arena ----

static struct piece *behind(struct piece *piece) { return piece + 1 + piece->length; }

// One with the free ones behind it.
static void merge(struct piece *piece, const struct piece *end) {
  struct piece *next;
  while ((next = behind(piece)) < end && !next->is_taken) piece->length += 1 + next->length;
}

static void split(struct piece *piece, size_t length) {
  if (piece->length < length + 2) return;
  piece[1 + length] = (struct piece){piece->length - length - 1, 0};
  piece->length = length;
}

static struct piece *find(struct arena *arena, size_t length) {
  struct piece *end = arena->pieces + arena->count;
  for (struct piece *piece = arena->pieces; piece < end; piece = behind(piece)) {
    if (piece->is_taken) continue;
    merge(piece, end);
    if (piece->length < length) continue;
    split(piece, length);
    return piece;
  }
  return NULL;
}

static int contains(const struct arena *arena, const struct piece *piece) {
  return piece >= arena->pieces && piece < arena->pieces + arena->count;
}

// ---- all of them ----

static void add(struct arena *arena, size_t size) {
  arena->next = newest;
  arena->count = (size - sizeof *arena) / sizeof(struct piece);
  arena->pieces[0] = (struct piece){arena->count - 1, 0};
  newest = arena;
}

static int map(size_t size) {
  void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return 0;
  add(pages, size);
  return 1;
}

// Makes room for so many in the newest arena.
static int grow(size_t length) {
  if (!newest) {
    add(&first.arena, sizeof first);
    return 1;
  }
  size_t size = sizeof(struct arena) + (1 + length) * sizeof(struct piece);
  return (size < usual_size && map(usual_size)) || map((size + page_size - 1) / page_size * page_size);
}

static struct piece *find_anywhere(size_t length) {
  struct piece *piece = NULL;
  for (struct arena *arena = newest; arena && !piece; arena = arena->next) piece = find(arena, length);
  return piece;
}

static atomic_flag is_busy = ATOMIC_FLAG_INIT;

static void lock(void) {
  while (atomic_flag_test_and_set_explicit(&is_busy, memory_order_acquire)) sched_yield();
}

static void unlock(void) { atomic_flag_clear_explicit(&is_busy, memory_order_release); }

__attribute__((noinline, cold)) static void *take(size_t size) {
  if (size > PTRDIFF_MAX - page_size) return NULL;
  size_t length = size / sizeof(struct piece) + 1;
  struct piece *piece;
  lock();
  do piece = find_anywhere(length);
  while (!piece && grow(length));
  if (piece) piece->is_taken = 1;
  unlock();
  return piece ? piece + 1 : NULL;
}

// Whether it was ours.
__attribute__((noinline, cold)) static int give_back(void *memory) {
  struct piece *piece = (struct piece *)memory - 1;
  const struct arena *arena = newest;
  while (arena && !contains(arena, piece)) arena = arena->next;
  if (!arena) return 0;
  lock();
  piece->is_taken = 0;
  unlock();
  return 1;
}

// ---- in front of libc ----

void *__wrap_malloc(size_t size) {
  void *memory = __real_malloc(size);
  return __builtin_expect(memory != NULL, 1) ? memory : take(size);
}

// Embedded Swift asks for all its memory by this, and hardly ever for more than the alignment that malloc gives: that way
// through libc is shorter. Unlike malloc this leaves errno as it is, which may stand there to be read.
int __wrap_posix_memalign(void **place, size_t alignment, size_t size) {
  if (__builtin_expect(alignment > sizeof(struct piece), 0)) return __real_posix_memalign(place, alignment, size);
  int before = errno;
  *place = __wrap_malloc(size);
  errno = before;
  return *place ? 0 : ENOMEM;
}

// There is no arena as long as libc has always had memory.
void __wrap_free(void *memory) {
  int may_be_ours = atomic_load_explicit(&newest, memory_order_relaxed) != NULL;
  if (__builtin_expect(may_be_ours, 0) && give_back(memory)) return;
  __real_free(memory);
}
