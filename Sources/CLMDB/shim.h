#ifndef ABL_CLMDB_H
#define ABL_CLMDB_H

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>

static inline int fcntl_setcloexec(int descriptor) {
  return fcntl(descriptor, F_SETFD, FD_CLOEXEC);
}

#endif
