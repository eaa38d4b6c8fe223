// LMDB for the module: loaded by the first login of a process that writes to the store. Most are let in or refused and
// only read, for which the module has its own few lines; to load liblmdb would double what it costs them.
//
// Each call that we use stands here under its own name and goes on to liblmdb. None can come before mdb_env_create, but
// for mdb_strerror. That library is never unloaded; neither is the module (pam/build).
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

#include <lmdb.h>

static const char library[] = "liblmdb.so.0";

#define CALLS(EACH)                                                                                                    \
  EACH(mdb_env_create) EACH(mdb_env_open) EACH(mdb_env_close) EACH(mdb_env_info) EACH(mdb_env_get_fd)                  \
  EACH(mdb_env_set_mapsize) EACH(mdb_env_set_maxdbs) EACH(mdb_txn_begin) EACH(mdb_txn_env) EACH(mdb_txn_commit)        \
  EACH(mdb_txn_abort) EACH(mdb_dbi_open) EACH(mdb_stat) EACH(mdb_get) EACH(mdb_put) EACH(mdb_del)                      \
  EACH(mdb_cursor_open) EACH(mdb_cursor_close) EACH(mdb_cursor_get) EACH(mdb_strerror)

enum {
#define PLACE(name) place_##name,
  CALLS(PLACE) count
};

// One text: an array of pointers would have to be relocated.
static const char names[] =
#define TEXT(name) #name "\0"
    CALLS(TEXT);

static void *calls[count];
static atomic_int is_loaded;

static int load(void) {
  if (is_loaded) return 1;
  void *lmdb = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (!lmdb) return 0;
  const char *name = names;
  for (int place = 0; place < count; place++) {
    if (!(calls[place] = dlsym(lmdb, name))) return 0;
    while (*name++) {
    }
  }
  // Another thread that does the same at this moment writes the same.
  is_loaded = 1;
  return 1;
}

#define CALL(name, ...) ((__typeof__(&name))calls[place_##name])(__VA_ARGS__)

int mdb_env_create(MDB_env **env) { return load() ? CALL(mdb_env_create, env) : ELIBACC; }

char *mdb_strerror(int code) {
  return load() ? CALL(mdb_strerror, code) : "cannot load liblmdb.so.0";
}

int mdb_env_open(MDB_env *env, const char *path, unsigned flags, mdb_mode_t mode) {
  return CALL(mdb_env_open, env, path, flags, mode);
}
void mdb_env_close(MDB_env *env) { CALL(mdb_env_close, env); }
int mdb_env_info(MDB_env *env, MDB_envinfo *info) { return CALL(mdb_env_info, env, info); }
int mdb_env_get_fd(MDB_env *env, mdb_filehandle_t *fd) { return CALL(mdb_env_get_fd, env, fd); }
int mdb_env_set_mapsize(MDB_env *env, size_t size) { return CALL(mdb_env_set_mapsize, env, size); }
int mdb_env_set_maxdbs(MDB_env *env, MDB_dbi dbs) { return CALL(mdb_env_set_maxdbs, env, dbs); }
int mdb_txn_begin(MDB_env *env, MDB_txn *parent, unsigned flags, MDB_txn **txn) {
  return CALL(mdb_txn_begin, env, parent, flags, txn);
}
MDB_env *mdb_txn_env(MDB_txn *txn) { return CALL(mdb_txn_env, txn); }
int mdb_txn_commit(MDB_txn *txn) { return CALL(mdb_txn_commit, txn); }
void mdb_txn_abort(MDB_txn *txn) { CALL(mdb_txn_abort, txn); }
int mdb_dbi_open(MDB_txn *txn, const char *name, unsigned flags, MDB_dbi *dbi) {
  return CALL(mdb_dbi_open, txn, name, flags, dbi);
}
int mdb_stat(MDB_txn *txn, MDB_dbi dbi, MDB_stat *stat) { return CALL(mdb_stat, txn, dbi, stat); }
int mdb_get(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data) { return CALL(mdb_get, txn, dbi, key, data); }
int mdb_put(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data, unsigned flags) {
  return CALL(mdb_put, txn, dbi, key, data, flags);
}
int mdb_del(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data) { return CALL(mdb_del, txn, dbi, key, data); }
int mdb_cursor_open(MDB_txn *txn, MDB_dbi dbi, MDB_cursor **cursor) {
  return CALL(mdb_cursor_open, txn, dbi, cursor);
}
void mdb_cursor_close(MDB_cursor *cursor) { CALL(mdb_cursor_close, cursor); }
int mdb_cursor_get(MDB_cursor *cursor, MDB_val *key, MDB_val *data, MDB_cursor_op operation) {
  return CALL(mdb_cursor_get, cursor, key, data, operation);
}
