#ifndef ABL_CLMDB_H
#define ABL_CLMDB_H

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static inline int fcntl_setcloexec(int descriptor) {
  return fcntl(descriptor, F_SETFD, FD_CLOEXEC);
}

// Makes the file of `environment` as long as its map, if it is shorter. The disk isn't used for it.
static inline void clmdb_fill_map(MDB_env *environment, int descriptor) {
  MDB_envinfo information;
  struct stat status;
  if (mdb_env_info(environment, &information) == 0 && fstat(descriptor, &status) == 0 &&
      (unsigned long long)status.st_size < information.me_mapsize) {
    // The caller can do without it.
    int ignored = ftruncate(descriptor, (off_t)information.me_mapsize);
    (void)ignored;
  }
}

#endif
