// damage.c → damage: damages a store again and again, and logs in to each.
//
//   damage HOME pages|cuts|values ROUNDS SEED ABLCTL STORETOOL
//
// HOME has pam.d (service "t"), pam_abl.conf, store (db_home), run (run_home) and syslog (testshim's). The store is filled
// first: hundreds of hosts and users, large records, a list of free pages; 60 failures block. Then in each round it is
// damaged, and three processes log in, one with a wrong password, one with the right one, one that is blocked. Each must
// end by itself, after 2 s of a processor at most; the right password must do; and where the store was not taken for good, the file must still be
// there under another name, as it was, and the log must say so. Now and then ABLCTL lists it.
//
//   pages    bits, bytes and whole pages, anywhere in the used part
//   cuts     the file ends at each boundary of a page, and somewhere in each page: as many rounds as it takes
//   values   only bytes inside of values, and the seal is made to fit: nothing but the decoding of records stands between
//            the damage and the login
//
// Prints how often what happened, and how often each message was logged. What went wrong stays in HOME/failed-ROUND; exit
// status 1.
#define _GNU_SOURCE
#include "login.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>

enum { page_size = 4096, header = 16, message_kinds = 32, patience = 2 };

static const char *home, *ablctl;
static enum { anywhere, cuts, in_values } kind;
static char confdir[PATH_MAX], store[PATH_MAX], data[PATH_MAX], log_path[PATH_MAX];

// The store as it is before each round, and damaged: its used part.
static uint8_t *good, *bad;
static size_t used, whole;

static long wrong, accepted, aside, lists;

// ---- files ----

static size_t read_file(const char *path, uint8_t *bytes, size_t most) {
  int fd = open(path, O_RDONLY);
  if (fd < 0) return 0;
  ssize_t got = pread(fd, bytes, most, 0);
  close(fd);
  return got > 0 ? (size_t)got : 0;
}

static void write_store(size_t length) {
  int fd = open(data, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (fd < 0 || pwrite(fd, bad, length < used ? length : used, 0) < 0 || ftruncate(fd, (off_t)length) != 0) die(data);
  close(fd);
}

// Calls `act` with each file that was moved aside.
static int each_aside(void (*act)(const char *path)) {
  int count = 0;
  DIR *directory = opendir(store);
  for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
    if (strncmp(entry->d_name, "data.mdb.damaged-", 17) != 0) continue;
    char path[2 * PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", store, entry->d_name);
    if (act != NULL) act(path);
    count++;
  }
  if (directory != NULL) closedir(directory);
  return count;
}

static void remove_file(const char *path) { unlink(path); }

// ---- filling ----

static void fail_times(const char *user, const char *host, int count) {
  for (int i = 0; i < count; i++) log_in(confdir, user, host, "wrong");
}

static void fill(void) {
  char user[256], host[64];
  for (int i = 0; i < 700; i++) {
    memset(user, 'a' + i % 26, sizeof user);
    sprintf(user + i % 7 * 30, "-user%d", i);
    snprintf(host, sizeof host, i % 3 ? "198.51.%d.%d" : "2001:db8::%x:%x", i / 250, i % 250);
    fail_times(user, host, 1 + i % 4);
  }
  for (int i = 0; i < 12; i++) {
    snprintf(user, sizeof user, "large%d", i);
    snprintf(host, sizeof host, "203.0.113.%d", i);
    fail_times(user, host, 59);
  }
  fail_times("few", "192.0.2.5", 5);
  for (int i = 0; i < 65; i++) {
    snprintf(user, sizeof user, "guess%d", i);
    fail_times(user, "192.0.2.66", 1);
  }
}

static uint64_t number_at(const uint8_t *bytes, size_t offset, int count) {
  uint64_t number = 0;
  for (int i = 0; i < count; i++) number |= (uint64_t)bytes[offset + (size_t)i] << (8 * i);
  return number;
}

static size_t newest_meta(void) {
  return number_at(good, header + 128, 8) > number_at(good, page_size + header + 128, 8) ? 0 : page_size;
}

static void load(void) {
  struct stat status;
  if (stat(data, &status) != 0) die(data);
  whole = (size_t)status.st_size;
  good = malloc(whole);
  bad = malloc(whole);
  if (good == NULL || bad == NULL || read_file(data, good, whole) != whole) die(data);
  used = (size_t)(number_at(good, newest_meta() + header + 120, 8) + 1) * page_size;
}

// ---- values ----

struct range { size_t offset, length; };
static struct range values[20000];
static size_t value_count;

static void collect(uint64_t number, int is_main);

// Of the tree that is described at `offset`.
static void collect_tree(size_t offset, int is_main) {
  uint64_t root = number_at(good, offset + 40, 8);
  if (root != UINT64_MAX) collect(root, is_main);
}

static void collect_node(size_t node, int is_main) {
  size_t size = number_at(good, node, 4), flags = number_at(good, node + 4, 2);
  size_t value = node + 8 + number_at(good, node + 6, 2);
  if (flags & 2) {
    collect_tree(value, 0);
  } else if (!is_main && size > 0 && value_count < sizeof values / sizeof *values) {
    size_t place = flags & 1 ? number_at(good, value, 8) * page_size + header : value;
    values[value_count++] = (struct range){place, size};
  }
}

static void collect(uint64_t number, int is_main) {
  size_t page = number * page_size;
  int is_branch = (good[page + 10] & 1) != 0;
  size_t count = (number_at(good, page + 12, 2) - header) / 2;
  for (size_t i = 0; i < count; i++) {
    size_t node = page + number_at(good, page + header + 2 * i, 2);
    if (is_branch) collect(number_at(good, node, 6), is_main);
    else collect_node(node, is_main);
  }
}

// ---- damage ----

static uint8_t *some_page(void) { return bad + random_below(used / page_size) * page_size; }

static void flip_bits(void) {
  for (unsigned long i = 0, count = 1 + random_below(16); i < count; i++)
    bad[random_below(used)] ^= (uint8_t)(1 << random_below(8));
}

// Where a page says what is on it.
static void spoil_head(void) {
  uint8_t *page = some_page();
  for (unsigned long i = 0, count = 1 + random_below(4); i < count; i++)
    page[random_below(64)] = (uint8_t)random_number();
}

static void spoil_bytes(void) {
  size_t start = random_below(used), length = 1 + random_below(200);
  for (size_t i = start; i < start + length && i < used; i++) bad[i] = (uint8_t)random_number();
}

static void spoil_page(void) {
  uint8_t *page = some_page();
  for (int i = 0; i < page_size; i++) page[i] = (uint8_t)random_number();
}

static void clear_page(void) { memset(some_page(), random_below(2) ? 0 : 0xFF, page_size); }

static void copy_page(void) {
  uint8_t *page = some_page();
  memcpy(page, some_page(), page_size < bad + used - page ? page_size : 0);
}

static void swap_pages(void) {
  uint8_t *one = some_page(), *other = some_page(), kept[page_size];
  memcpy(kept, one, page_size);
  memmove(one, other, page_size);
  memcpy(other, kept, page_size);
}

// A number of a page, of a node or of bytes that is one of those the file has elsewhere.
static void mix_numbers(void) {
  size_t from = random_below(used - 8), to = random_below(used - 8);
  memmove(bad + to, bad + from, 1 + random_below(8));
}

static void spoil_header(void) {
  for (unsigned long i = 0, count = 1 + random_below(3); i < count; i++)
    bad[random_below(2) * page_size + random_below(160)] ^= (uint8_t)(1 << random_below(8));
}

static void spoil_value(void) {
  struct range value = values[random_below(value_count)];
  size_t length = 1 + random_below(random_below(2) ? 2 : value.length), start = random_below(value.length);
  for (size_t i = start; i < start + length && i < value.length; i++)
    bad[value.offset + i] = random_below(4) ? (uint8_t)random_number() : random_below(2) ? 0 : 0xFF;
}

// Each fourth time also those of a subject that the logins of a round ask about.
static void spoil_values(void) {
  static const char *const asked[] = {"few", "large3", "guess7"};
  for (unsigned long i = 0, count = 1 + random_below(8); i < count; i++) spoil_value();
  if (random_below(4)) return;
  const char *name = asked[random_below(3)];
  for (size_t i = 0; i < value_count; i++) {
    struct range value = values[i];
    uint8_t *key = memmem(bad + value.offset - strlen(name), strlen(name), name, strlen(name));
    if (key != NULL) bad[value.offset + random_below(value.length)] ^= (uint8_t)(1 << random_below(8));
  }
}

// How long the file is then.
static size_t damage(int round) {
  static void (*const ways[])(void) = {flip_bits,  spoil_head, spoil_bytes, spoil_page,  clear_page,
                                       copy_page,  swap_pages, mix_numbers, spoil_header};
  memcpy(bad, good, used);
  if (kind == cuts) return (size_t)(round / 2) * page_size + (size_t)(round % 2) * random_below(page_size);
  if (kind == in_values) {
    spoil_values();
    return whole;
  }
  ways[(unsigned long)round % (sizeof ways / sizeof *ways)]();
  if (random_below(8) == 0) ways[random_below(sizeof ways / sizeof *ways)]();
  return whole;
}

// Only root could.
static int sealer;

// `storetool sealer`, at the other end of a socket.
static void start_sealer(const char *storetool) {
  char config[PATH_MAX];
  int ends[2];
  snprintf(config, sizeof config, "%s/pam_abl.conf", home);
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) die("socketpair");
  if (fork() == 0) {
    dup2(ends[1], 0), dup2(ends[1], 1);
    // What the machine's stack is preloaded with is not for this one.
    unsetenv("LD_PRELOAD");
    execl(storetool, storetool, "sealer", config, NULL);
    _exit(127);
  }
  close(ends[1]);
  sealer = ends[0];
}

static void forge_seal(void) {
  char byte = '.';
  if (write(sealer, &byte, 1) != 1 || read(sealer, &byte, 1) != 1) die("storetool");
}

// ---- what was logged ----

static struct { char text[256]; long count; } messages[message_kinds];

// Without what libpam puts in front, without paths, and with N for each number.
static void normalize(const char *line, char *text, size_t size) {
  const char *from = strstr(line, "): ");
  size_t length = 0;
  for (from = from != NULL ? from + 3 : line; *from != '\0' && length + 2 < size;) {
    if (*from == '\'') {
      const char *close = strchr(from + 1, '\'');
      text[length++] = '\'', text[length++] = '\'';
      from = close != NULL ? close + 1 : from + 1;
    } else if (*from >= '0' && *from <= '9') {
      text[length++] = 'N';
      from += strspn(from, "0123456789");
    } else {
      text[length++] = *from++;
    }
  }
  text[length] = '\0';
}

static void count_message(const char *line) {
  char text[256];
  normalize(line, text, sizeof text);
  for (int i = 0; i < message_kinds; i++) {
    if (messages[i].count == 0) snprintf(messages[i].text, sizeof messages[i].text, "%s", text);
    if (strcmp(messages[i].text, text) != 0) continue;
    messages[i].count++;
    return;
  }
}

static char logged[1 << 16];

static void read_log(void) {
  logged[read_file(log_path, (uint8_t *)logged, sizeof logged - 1)] = '\0';
  if (truncate(log_path, 0) != 0) die(log_path);
}

static void count_messages(void) {
  char copy[sizeof logged], *place = NULL;
  strcpy(copy, logged);
  for (char *line = strtok_r(copy, "\n", &place); line != NULL; line = strtok_r(NULL, "\n", &place)) count_message(line);
}

// ---- a round ----

static void keep(const char *path) {
  char kept[2 * PATH_MAX];
  snprintf(kept, sizeof kept, "%s/failed-%ld", home, wrong);
  link(path, kept);
}

static void complain(int round, const char *what, int number) {
  wrong++;
  printf("WRONG in round %d: %s (%d)\n%s", round, what, number, logged);
  char image[PATH_MAX];
  snprintf(image, sizeof image, "%s/image-%ld", home, wrong);
  int fd = open(image, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (fd < 0 || write(fd, bad, used) < 0) perror(image);
  close(fd);
  each_aside(keep);
}

static int is_as_it_was;
static size_t length_before;

static void compare(const char *path) {
  static uint8_t *found;
  if (found == NULL) found = malloc(whole);
  if (found == NULL) die("malloc");
  size_t expected = length_before < used ? length_before : used;
  is_as_it_was = read_file(path, found, expected) == expected && memcmp(found, bad, expected) == 0;
}

// A blocked host is let in where its record is lost.
static const struct { const char *what, *user, *host, *password; int may_pass, may_fail; } logins[] = {
    {"a wrong password", "large3", "203.0.113.3", "wrong", 0, 1},
    {"the right password", "few", "192.0.2.5", "right", 1, 0},
    {"the right password, of a blocked host", "guess7", "192.0.2.66", "right", 1, 1}};
enum { login_count = sizeof logins / sizeof *logins };
static long passed[login_count], refused[login_count];

static void log_in_as(size_t number, int round) {
  int status = log_in_apart(confdir, logins[number].user, logins[number].host, logins[number].password, patience);
  passed[number] += status == PAM_SUCCESS;
  refused[number] += status == PAM_AUTH_ERR;
  read_log();
  count_messages();
  int is_fine = (status == PAM_SUCCESS && logins[number].may_pass) || (status == PAM_AUTH_ERR && logins[number].may_fail);
  if (!is_fine) complain(round, "a login ended with", status);
}

// What stands on the disk now is what a later login finds.
static void remember(void) {
  struct stat status;
  if (stat(data, &status) != 0) return;
  length_before = (size_t)status.st_size;
  memset(bad, 0, used);
  read_file(data, bad, used);
}

static void list(int round) {
  const char *command[] = {ablctl, "list", "--config", NULL, "--json", NULL};
  char config[PATH_MAX];
  snprintf(config, sizeof config, "%s/pam_abl.conf", home);
  command[3] = config;
  pid_t child = fork();
  if (child == 0) {
    int null = open("/dev/null", O_WRONLY);
    dup2(null, 1), dup2(null, 2);
    execv(ablctl, (char **)command);
    _exit(127);
  }
  int status = wait_for(child, 30);
  lists++;
  if (status != 0 && status != 1) complain(round, "ablctl list ended with", status);
}

static void run_round(int round) {
  each_aside(remove_file);
  unlink(data);
  length_before = damage(round);
  write_store(length_before);
  if (kind == in_values) forge_seal();
  if (round % 50 == 0) list(round);
  int moved = 0;
  for (size_t i = 0; i < login_count; i++) {
    log_in_as(i, round);
    int now = each_aside(compare);
    if (now > 1) complain(round, "files moved aside", now);
    if (now > moved && !is_as_it_was) complain(round, "a file that was moved aside has changed", (int)i);
    if (now > moved && strstr(logged, "moved aside as") == NULL) complain(round, "moved aside without a word", (int)i);
    moved = now;
    if (moved == 0) remember();
    if (access(data, F_OK) != 0 && moved == 0) complain(round, "the store is gone", 0);
  }
  if (moved) aside++;
  else accepted++;
}

static void parse(char **argv) {
  home = argv[1];
  kind = strcmp(argv[2], "cuts") == 0 ? cuts : strcmp(argv[2], "values") == 0 ? in_values : anywhere;
  random_state ^= (unsigned long long)atoll(argv[4]) << 20;
  ablctl = argv[5];
  snprintf(confdir, sizeof confdir, "%s/pam.d", home);
  snprintf(store, sizeof store, "%s/store", home);
  snprintf(data, sizeof data, "%s/store/data.mdb", home);
  snprintf(log_path, sizeof log_path, "%s/syslog", home);
}

static void report(int rounds, double seconds) {
  printf("%d damages: %ld moved aside, %ld borne, %ld lists of ablctl, %ld wrong; %.1f s\n", rounds, aside, accepted, lists,
         wrong, seconds);
  printf("what the logins returned:\n");
  for (size_t i = 0; i < login_count; i++)
    printf("%8ld SUCCESS %8ld AUTH_ERR  %s\n", passed[i], refused[i], logins[i].what);
  printf("what they logged:\n");
  for (int i = 0; i < message_kinds && messages[i].count > 0; i++) printf("%8ld %s\n", messages[i].count, messages[i].text);
}

int main(int argc, char **argv) {
  if (argc != 7) {
    fprintf(stderr, "usage: damage HOME pages|cuts|values ROUNDS SEED ABLCTL STORETOOL\n");
    return 64;
  }
  parse(argv);
  hold_modules(confdir);
  if (kind == in_values) start_sealer(argv[6]);
  fill();
  load();
  read_log();
  collect_tree(newest_meta() + header + 72, 1);
  int rounds = kind == cuts ? (int)(used / page_size) * 2 : atoi(argv[3]);
  printf("%s, seed %s: a store of %zu pages, %zu values\n", argv[2], argv[4], used / page_size, value_count);
  double begin = seconds_now();
  for (int round = 0; round < rounds; round++) run_round(round);
  report(rounds, seconds_now() - begin);
  return wrong > 0;
}
