// What of a program's memory the kernel may have back.
#ifndef ABL_CLINUX_MEMORY_H
#define ABL_CLINUX_MEMORY_H

#include <elf.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

// Unmaps the pages of this program's code and constants that were used so far. They are those of its file, to which no process
// writes: what is used again is mapped again, from the kernel's cache of files. What it links with, other processes have mapped.
static inline void clinux_release_code(void) {
  const Elf64_Phdr *parts = (const Elf64_Phdr *)getauxval(AT_PHDR);
  unsigned long count = getauxval(AT_PHNUM);
  uintptr_t base = 0, page = (uintptr_t)sysconf(_SC_PAGESIZE);
  for (unsigned long index = 0; index < count; index++) {
    if (parts[index].p_type == PT_PHDR) base = (uintptr_t)parts - parts[index].p_vaddr;
  }
  for (unsigned long index = 0; base && index < count; index++) {
    const Elf64_Phdr *part = &parts[index];
    if (part->p_type != PT_LOAD || part->p_flags & PF_W) continue;
    uintptr_t begin = (base + part->p_vaddr) & ~(page - 1), end = (base + part->p_vaddr + part->p_memsz) & ~(page - 1);
    if (begin < end) madvise((void *)begin, end - begin, MADV_DONTNEED);
  }
}

#endif
