// nomemory.c → nomemory.so: a preloaded library (LD_PRELOAD) that lets pam_abl.so have no memory.
//
//   ABL_TEST_FAIL_AT=N     its Nth allocation fails
//   ABL_TEST_FAIL_FROM=N   that and all later ones
//   ABL_TEST_COUNT=FILE    how many there were is written there when the process ends
//
// Only what the module itself asks for counts: libpam, liblmdb and the application get what they want.
#define _GNU_SOURCE
#include <errno.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern void *__libc_malloc(size_t);
extern void *__libc_memalign(size_t, size_t);

static uintptr_t begin, end;
static long seen, fail_at, fail_from;

static int find_module(struct dl_phdr_info *info, size_t size, void *data) {
  (void)size, (void)data;
  if (strstr(info->dlpi_name, "/pam_abl.so") == NULL) return 0;
  begin = info->dlpi_addr;
  for (int index = 0; index < info->dlpi_phnum; index++) {
    const ElfW(Phdr) *part = &info->dlpi_phdr[index];
    if (part->p_type == PT_LOAD) end = begin + part->p_vaddr + part->p_memsz;
  }
  return 1;
}

static long number(const char *variable) {
  const char *text = getenv(variable);
  return text != NULL ? atol(text) : 0;
}

// Whether an allocation for the code at `caller` is to fail.
static int fails(const void *caller) {
  static int is_looking;
  if (is_looking) return 0;
  if (end == 0) {
    is_looking = 1;
    if (dl_iterate_phdr(find_module, NULL)) fail_at = number("ABL_TEST_FAIL_AT"), fail_from = number("ABL_TEST_FAIL_FROM");
    is_looking = 0;
  }
  if ((uintptr_t)caller < begin || (uintptr_t)caller >= end) return 0;
  seen++;
  return seen == fail_at || (fail_from > 0 && seen >= fail_from);
}

void *malloc(size_t size) {
  if (!fails(__builtin_return_address(0))) return __libc_malloc(size);
  errno = ENOMEM;
  return NULL;
}

int posix_memalign(void **place, size_t alignment, size_t size) {
  if (fails(__builtin_return_address(0))) return ENOMEM;
  *place = __libc_memalign(alignment, size);
  return *place != NULL ? 0 : ENOMEM;
}

__attribute__((destructor)) static void tell(void) {
  const char *path = getenv("ABL_TEST_COUNT");
  FILE *file = path != NULL ? fopen(path, "w") : NULL;
  if (file == NULL) return;
  fprintf(file, "%ld\n", seen);
  fclose(file);
}
