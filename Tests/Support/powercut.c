// powercut.c → powercut: what a power cut may leave of a store, as a model of a disk has it, and whether it can be used.
//
//   powercut HOME LOG IMAGES SEED ABLCTL [blocked]
//
// LOG is what blockrecorder.so has written down. IMAGES times the power is cut behind a random one of its events. What was
// synced by then is there. Of each sector of 512 bytes (or page of 4096, or whole write) that was written since, any
// version is, and each on its own; the length is any it had; and of the files that were made or renamed since the
// directory was synced, the first few are.
//
// Each image must hold just what the last commit left, or the one before it. If LOG has a file `acknowledged`, which gets a
// byte for each login that has failed, each from a host of its own, ABLCTL must list as many hosts, or one more: what was
// acknowledged is not lost, whether it is in the store or in the journal. With `blocked` each of these hosts must be blocked,
// too, as it is where one failure blocks. Then HOME (as for `damage`) gets it, with an
// empty run_home, as after a boot, and somebody logs in with the right password and somebody with a wrong one; now and then
// ABLCTL lists it, and finds that what it says of each subject, whether it is blocked, is what its record says. Nothing may
// be moved aside or logged.
#define _GNU_SOURCE
#include "blockrecorder.h"
#include "login.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <lmdb.h>
#include <stdint.h>
#include <sys/stat.h>

enum { most_files = 64, most_pending = 4096, most_states = 100000, largest = 64 << 20, sector = 512, page = 4096 };

static const char *home, *ablctl;
static int is_each_blocked;
static char confdir[PATH_MAX], config[PATH_MAX], log_path[PATH_MAX];

// ---- the disk ----

struct change { unsigned long offset, length; const uint8_t *bytes; int is_length; };

struct file {
  unsigned long inode;
  uint8_t *durable, *current;
  size_t durable_size, current_size;
  struct change pending[most_pending];
  int pending_count;
};

static struct file *files[most_files];
static int file_count;

struct name { char text[64]; int file; };
struct names { struct name all[16]; int count; };

// As they are, and as they are on the disk; and what was done since.
static struct names current_names, durable_names;
static struct { struct event event; const char *data; int file; } operations[64];
static int operation_count;

static int find_file(unsigned long inode) {
  for (int i = file_count - 1; i >= 0; i--)
    if (files[i]->inode == inode) return i;
  fprintf(stderr, "powercut: no file %lu\n", inode);
  exit(70);
}

static struct name *find_name(struct names *names, const char *text) {
  for (int i = 0; i < names->count; i++)
    if (strcmp(names->all[i].text, text) == 0) return &names->all[i];
  return NULL;
}

static void remove_name(struct names *names, const char *text) {
  struct name *name = find_name(names, text);
  if (name != NULL) *name = names->all[--names->count];
}

static void add_name(struct names *names, const char *text, int file) {
  remove_name(names, text);
  if (names->count == sizeof names->all / sizeof *names->all) die("powercut: names");
  struct name *name = &names->all[names->count++];
  snprintf(name->text, sizeof name->text, "%s", text);
  name->file = file;
}

static void rename_in(struct names *names, const char *data, unsigned length) {
  char old[64], new[64];
  snprintf(old, sizeof old, "%s", data);
  snprintf(new, sizeof new, "%.*s", (int)(length - strlen(old) - 1), data + strlen(old) + 1);
  struct name *name = find_name(names, old);
  if (name == NULL) return;
  int file = name->file;
  remove_name(names, old);
  add_name(names, new, file);
}

static void operate(struct names *names, int operation) {
  const struct event *event = &operations[operation].event;
  char text[64];
  snprintf(text, sizeof text, "%.*s", (int)event->length, operations[operation].data);
  if (event->kind == event_create || event->kind == event_link) add_name(names, text, operations[operation].file);
  else if (event->kind == event_rename) rename_in(names, operations[operation].data, event->length);
  else remove_name(names, text);
}

static int make_file(unsigned long inode) {
  struct file *file = calloc(1, sizeof *file);
  if (file == NULL || file_count == most_files) die("powercut: files");
  file->inode = inode;
  // Of what is never touched the system makes nothing.
  file->durable = mmap(NULL, largest, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  file->current = mmap(NULL, largest, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (file->durable == MAP_FAILED || file->current == MAP_FAILED) die("mmap");
  files[file_count] = file;
  return file_count++;
}

static void apply(uint8_t *bytes, size_t *size, const struct change *change) {
  size_t end = change->offset + change->length;
  if (end > largest) die("powercut: a file is too large");
  if (change->is_length) {
    if (change->offset < *size) memset(bytes + change->offset, 0, *size - change->offset);
    *size = change->offset;
  } else {
    memcpy(bytes + change->offset, change->bytes, change->length);
    if (end > *size) *size = end;
  }
}

static void make_durable(struct file *file) {
  for (int i = 0; i < file->pending_count; i++) apply(file->durable, &file->durable_size, &file->pending[i]);
  file->pending_count = 0;
}

static void change_file(const struct event *event, const uint8_t *data) {
  struct file *file = files[find_file(event->inode)];
  struct change change = {event->offset, event->length, data, event->kind == event_truncate};
  apply(file->current, &file->current_size, &change);
  if (event->kind == event_durable_write) {
    apply(file->durable, &file->durable_size, &change);
  } else {
    if (file->pending_count == most_pending) die("powercut: too many writes without a sync");
    file->pending[file->pending_count++] = change;
  }
}

static void change_directory(const struct event *event, const char *data) {
  int file = event->kind == event_create ? make_file(event->inode) : event->kind == event_link ? find_file(event->inode) : -1;
  operations[operation_count].event = *event;
  operations[operation_count].data = data;
  operations[operation_count].file = file;
  operate(&current_names, operation_count++);
}

static void happen(const struct event *event, const char *data) {
  switch (event->kind) {
  case event_write: case event_durable_write: case event_truncate: change_file(event, (const uint8_t *)data); break;
  case event_make: make_file(event->inode); break;
  case event_sync: make_durable(files[find_file(event->inode)]); break;
  case event_sync_directory: durable_names = current_names, operation_count = 0; break;
  default: change_directory(event, data);
  }
}

// ---- what is stored ----

static struct digest { int is_readable; uint64_t hash; long entries; } *digest_of_child;

static uint64_t mixed(uint64_t hash, const void *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) hash = (hash ^ ((const uint8_t *)bytes)[i]) * 1099511628211ULL;
  return (hash ^ length) * 1099511628211ULL;
}

static void must(int code) {
  if (code != MDB_SUCCESS) _exit(1);
}

// One that isn't there is as one that is empty: the first decree makes its database.
static void digest_database(MDB_txn *transaction, const char *name, struct digest *digest) {
  MDB_dbi database;
  MDB_cursor *cursor;
  MDB_val key, value;
  int found = mdb_dbi_open(transaction, name, 0, &database);
  if (found == MDB_NOTFOUND) return;
  must(found);
  must(mdb_cursor_open(transaction, database, &cursor));
  while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == MDB_SUCCESS) {
    digest->hash = mixed(mixed(digest->hash, key.mv_data, key.mv_size), value.mv_data, value.mv_size);
    digest->entries++;
  }
}

// In a process of its own: LMDB ends one that reads nonsense.
static struct digest digest(const char *path) {
  *digest_of_child = (struct digest){0, 0, 0};
  pid_t child = fork();
  if (child == 0) {
    MDB_env *environment;
    MDB_txn *transaction;
    struct digest found = {1, 14695981039346656037ULL, 0};
    must(mdb_env_create(&environment));
    must(mdb_env_set_maxdbs(environment, 8));
    must(mdb_env_open(environment, path, MDB_NOSUBDIR | MDB_NOLOCK | MDB_RDONLY, 0600));
    must(mdb_txn_begin(environment, NULL, MDB_RDONLY, &transaction));
    static const char *const databases[] = {"meta", "subjects", "expiry", "blocked", "events", "decrees"};
    for (int i = 0; i < 6; i++) digest_database(transaction, databases[i], &found);
    *digest_of_child = found;
    _exit(0);
  }
  wait_for(child, 30);
  return *digest_of_child;
}

static void write_file(const char *path, const uint8_t *bytes, size_t size) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (fd < 0 || ftruncate(fd, (off_t)size) != 0) die(path);
  for (size_t start = 0; start < size; start += page) {
    static const uint8_t nothing[page];
    size_t length = size - start < page ? size - start : page;
    if (memcmp(bytes + start, nothing, length) != 0 && pwrite(fd, bytes + start, length, (off_t)start) < 0) die(path);
  }
  close(fd);
}

// ---- commits ----

static struct digest states[most_states];
static int state_count;

static int is_as(struct digest found, int state) {
  return state >= 0 && found.hash == states[state].hash && found.entries == states[state].entries;
}

// A compaction puts another file in the place of the store that holds the same: what the last commit left is what it was.
static void note_state(void) {
  char path[PATH_MAX];
  struct name *name = find_name(&current_names, "data.mdb");
  if (name == NULL || state_count == most_states) die("powercut: states");
  snprintf(path, sizeof path, "%s/reference.mdb", home);
  write_file(path, files[name->file]->current, files[name->file]->current_size);
  struct digest found = digest(path);
  if (!found.is_readable) die("powercut: not readable even without a power cut");
  if (!is_as(found, state_count - 1)) states[state_count++] = found;
}

// A commit is there once its meta page was written, or once another file took the place of the store.
static int is_commit(const struct event *event, const char *data) {
  struct name *name = find_name(&current_names, "data.mdb");
  if (event->kind == event_rename) {
    const char *new = data + strlen(data) + 1;
    return event->length - strlen(data) - 1 == 8 && strncmp(new, "data.mdb", 8) == 0;
  }
  int is_write = event->kind == event_write || event->kind == event_durable_write;
  return is_write && name != NULL && files[name->file]->inode == event->inode && event->offset < 2 * page && event->length < page;
}

// ---- an image ----

static uint8_t *image;

static size_t longest(const struct file *file) {
  size_t most = file->durable_size > file->current_size ? file->durable_size : file->current_size;
  for (int i = 0; i < file->pending_count; i++)
    if (file->pending[i].is_length && file->pending[i].offset > most) most = file->pending[i].offset;
  return most;
}

static size_t make_image(const struct file *file) {
  static const size_t units[] = {sector, page, largest};
  size_t unit = units[random_below(3)], size = file->durable_size;
  int count = file->pending_count;
  // Sometimes nothing of it, or all, or nearly all.
  int style = (int)random_below(4);
  memset(image, 0, longest(file));
  memcpy(image, file->durable, file->durable_size);
  for (int i = 0; i < count; i++)
    if (file->pending[i].is_length && random_below(2)) size = file->pending[i].offset;
  unsigned long long seed = random_number() | 1;
  for (int i = 0; i < count; i++) {
    const struct change *change = &file->pending[i];
    for (unsigned long at = 0; !change->is_length && at < change->length;) {
      unsigned long place = change->offset + at, length = unit - place % unit;
      if (length > change->length - at) length = change->length - at;
      // Up to which of the changes this unit was written; a whole write is one unit of its own.
      unsigned long long about = unit == largest ? (unsigned long long)i + 7 : place / unit + 1;
      unsigned long long dice = (seed * about * 6364136223846793005ULL) >> 33;
      int until = unit == largest ? (dice % 2 ? count : 0) : (int)(dice % (unsigned)(count + 1));
      if (style == 0) until = dice % 8 ? count : 0;
      if (style == 1) until = dice % 8 ? 0 : count;
      if (i < until) {
        memcpy(image + place, change->bytes + at, length);
        if (place + length > size) size = place + length;
      }
      at += length;
    }
  }
  return size;
}

static void empty_directory(const char *name) {
  char path[PATH_MAX], file[2 * PATH_MAX];
  snprintf(path, sizeof path, "%s/%s", home, name);
  mkdir(path, 0700);
  DIR *directory = opendir(path);
  if (directory == NULL) die(path);
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
    if (entry->d_name[0] != '.') unlink(file);
  }
  closedir(directory);
}

static void write_image(void) {
  struct names names = durable_names;
  char path[PATH_MAX];
  int done = (int)random_below((unsigned long)operation_count + 1);
  for (int i = 0; i < done; i++) operate(&names, i);
  empty_directory("store");
  empty_directory("run");
  for (int i = 0; i < names.count; i++) {
    size_t size = make_image(files[names.all[i].file]);
    snprintf(path, sizeof path, "%s/store/%s", home, names.all[i].text);
    write_file(path, image, size);
  }
}

// ---- whether it can be used ----

static long wrong, images_of_last, images_of_one_before, images_without, lists;

static void complain(int number, const char *what) {
  wrong++;
  printf("WRONG with image %d: %s\n", number, what);
  char command[3 * PATH_MAX];
  snprintf(command, sizeof command, "cp -r '%s/store' '%s/wrong-%ld'; tail -n 3 '%s'", home, home, wrong, log_path);
  if (system(command) != 0) perror("cp");
}

static int was_moved_aside(void) {
  char path[PATH_MAX];
  int count = 0;
  snprintf(path, sizeof path, "%s/store", home);
  DIR *directory = opendir(path);
  for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;)
    count += strstr(entry->d_name, "damaged") != NULL;
  if (directory != NULL) closedir(directory);
  return count;
}

static void check_content(int number) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s/store/data.mdb", home);
  if (access(path, F_OK) != 0) {
    images_without++;
    if (state_count > 1) complain(number, "there is no store any more");
    return;
  }
  struct digest found = digest(path);
  if (!found.is_readable) complain(number, "LMDB can't read it");
  else if (is_as(found, state_count - 1)) images_of_last++;
  else if (is_as(found, state_count - 2)) images_of_one_before++;
  else complain(number, "it holds neither what the last commit left nor the one before it");
}

// Starts ABLCTL with these words, and gives what it prints, to be read.
static int start_ablctl(const char *const words[], pid_t *child) {
  int ends[2];
  if (pipe(ends) != 0) die("pipe");
  *child = fork();
  if (*child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    execv(ablctl, (char *const *)words);
    _exit(127);
  }
  close(ends[1]);
  return ends[0];
}

// How many hosts there are on record, or how many of them are blocked; -1 if that can't be told.
static long count_hosts(const char *flag) {
  const char *const words[] = {ablctl, "list", "hosts", "--quiet", "--config", config, flag, NULL};
  pid_t child;
  int output = start_ablctl(words, &child);
  char text[65536];
  long lines = 0;
  for (ssize_t got; (got = read(output, text, sizeof text)) > 0;)
    for (ssize_t i = 0; i < got; i++) lines += text[i] == '\n';
  close(output);
  lists++;
  return wait_for(child, 30) == 0 ? lines : -1;
}

// What the store has of blocks is what its records say.
static int is_noted_as_recorded(void) {
  const char *const words[] = {ablctl, "store", "--check", "--json", "--config", config, NULL};
  pid_t child;
  int output = start_ablctl(words, &child);
  char text[65536];
  size_t length = 0;
  for (ssize_t got; (got = read(output, text + length, sizeof text - 1 - length)) > 0;) length += (size_t)got;
  text[length] = '\0';
  close(output);
  return wait_for(child, 30) == 0 && strstr(text, "\"misnoted\":0") != NULL;
}

static void check_acknowledged(int number) {
  struct name *name = find_name(&current_names, "acknowledged");
  if (name == NULL) return;
  long promised = (long)files[name->file]->current_size, found = count_hosts(NULL);
  if (found != promised && found != promised + 1) {
    complain(number, "not all that was acknowledged is there");
    printf("  acknowledged %ld, found %ld\n", promised, found);
  }
  long blocked = is_each_blocked ? count_hosts("--blocked") : found;
  if (blocked == found) return;
  complain(number, "not each that has failed is blocked");
  printf("  found %ld, blocked %ld\n", found, blocked);
}

// Where there was no store the login that fails may say that it has made one, and where one failure blocks, that it does;
// nothing else is to be said.
static int is_log_sound(int had_store) {
  char line[1024];
  FILE *log = fopen(log_path, "r");
  if (log == NULL) return 0;
  int lines = 0, sound = 1;
  while (fgets(line, sizeof line, log) != NULL) {
    if (is_each_blocked && strstr(line, ": blocking ") != NULL) continue;
    lines++;
    if (had_store || strstr(line, "made a new store") == NULL) sound = 0;
  }
  fclose(log);
  return sound && lines <= 1;
}

static void check_use(int number) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s/store/data.mdb", home);
  int had_store = access(path, F_OK) == 0;
  if (truncate(log_path, 0) != 0) die(log_path);
  if (number % 20 == 0 && had_store && count_hosts(NULL) < 0) complain(number, "ablctl list fails");
  if (number % 20 == 0 && had_store && !is_noted_as_recorded()) complain(number, "what is noted of blocks is not on record");
  if (log_in_apart(confdir, "somebody", "192.0.2.77", "right", 2) != PAM_SUCCESS) complain(number, "the right password fails");
  if (log_in_apart(confdir, "somebody", "192.0.2.77", "wrong", 2) != PAM_AUTH_ERR) complain(number, "a wrong password passes");
  if (was_moved_aside()) complain(number, "it was moved aside");
  if (!is_log_sound(had_store)) complain(number, "something was logged");
}

static void check_image(int number) {
  write_image();
  check_content(number);
  check_acknowledged(number);
  check_use(number);
}

// ---- the log ----

static size_t log_size;

static const char *read_log(const char *path) {
  struct stat status;
  int fd = open(path, O_RDONLY);
  if (fd < 0 || fstat(fd, &status) != 0) die(path);
  log_size = (size_t)status.st_size;
  const char *log = mmap(NULL, log_size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (log == MAP_FAILED) die(path);
  return log;
}

static long count_events(const char *log) {
  long count = 0;
  for (size_t at = 0; at + sizeof(struct event) <= log_size; count++) {
    struct event event;
    memcpy(&event, log + at, sizeof event);
    at += sizeof event + event.length;
  }
  return count;
}

// How many images are made behind each event; a tenth of them while the store is being made.
static unsigned char *deal(long events, int images) {
  unsigned char *dealt = calloc((size_t)events, 1);
  if (dealt == NULL) die("calloc");
  for (int i = 0; i < images; i++) dealt[random_below(i % 10 == 0 && events > 30 ? 30 : (unsigned long)events)]++;
  return dealt;
}

static long syncs, commits_seen, renames;

static void replay(const char *log, const unsigned char *dealt) {
  int number = 0;
  size_t at = 0;
  for (long index = 0; at + sizeof(struct event) <= log_size; index++) {
    struct event event;
    memcpy(&event, log + at, sizeof event);
    const char *data = log + at + sizeof event;
    at += sizeof event + event.length;
    happen(&event, data);
    syncs += event.kind == event_sync;
    if (is_commit(&event, data)) {
      note_state();
      commits_seen++;
      renames += event.kind == event_rename;
    }
    for (int i = 0; i < dealt[index]; i++) check_image(number++);
  }
}

int main(int argc, char **argv) {
  is_each_blocked = argc == 7 && strcmp(argv[6], "blocked") == 0;
  if (argc != 6 && !is_each_blocked) {
    fprintf(stderr, "usage: powercut HOME LOG IMAGES SEED ABLCTL [blocked]\n");
    return 64;
  }
  home = argv[1], ablctl = argv[5];
  snprintf(confdir, sizeof confdir, "%s/pam.d", home);
  snprintf(config, sizeof config, "%s/pam_abl.conf", home);
  snprintf(log_path, sizeof log_path, "%s/syslog", home);
  random_state ^= (unsigned long long)atoll(argv[4]) << 20;
  digest_of_child = shared_memory(sizeof *digest_of_child);
  image = shared_memory(largest);
  hold_modules(confdir);
  const char *log = read_log(argv[2]);
  long events = count_events(log);
  double begin = seconds_now();
  replay(log, deal(events, atoi(argv[3])));
  printf("seed %s: %ld events, %ld commits (%ld by a rename), %ld syncs\n", argv[4], events, commits_seen, renames, syncs);
  printf("%s images: %ld as the last commit left it, %ld as the one before, %ld from before there was a store; "
         "%ld lists of ablctl, %ld wrong; %.1f s\n",
         argv[3], images_of_last, images_of_one_before, images_without, lists, wrong, seconds_now() - begin);
  return wrong > 0;
}
