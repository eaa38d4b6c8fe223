// pamdrive.c → pamdrive: drives a PAM stack through the real libpam, as scripted: an application of any habits.
//
//   pamdrive [--confdir DIR] --service NAME [OPTION]... STEP...
//   pamdrive --bench N --confdir DIR --service NAME [OPTION]... auth:PASSWORD
//   pamdrive --load N --module FILE
//
// About the application:
//   --user U  --rhost H  --ruser R  --tty T     items set after pam_start (without --user it is NULL)
//   --ssh-connection "IP PORT IP PORT"          SSH_CONNECTION in the PAM environment, as sshd sets it
//   --no-delay                                  the application has a delay function that does nothing; without this
//                                               libpam sleeps for what modules asked with pam_fail_delay
// About the run:
//   --parallel P    P processes at once, each after its pam_start held back until all are ready
//   --attempts N    the script N times, one after the other, each time in a fresh process (of each parallel one)
//   --tally         at the end one line for each result of pam_authenticate: `tally AUTH_ERR 47`
//   --asleep        the seconds of a step are those in which it slept: not those in which it ran, or others had the processor
//   --quiet         no lines for the steps     --json   each line an object     --prompts   a line for each question
//   --bench N       N times, each in a fresh process: pam_start, pam_authenticate, on success pam_setcred and pam_acct_mgmt,
//                   pam_end; prints median and 99th percentile of total, auth and end in microseconds, as JSON
//   --load N        dlopen and dlclose --module N times in one process; says what was left behind
//
// Steps; in names and passwords %XX is a byte. The script begins with pam_start and ends with pam_end of the last result.
//   auth:PASSWORD   pam_authenticate, each prompt answered with PASSWORD: prints `auth 7 AUTH_ERR 0.012s`
//   auth, eof       pam_authenticate with a conversation that fails
//   setcred  setcred:reinit  setcred:delete  acct  open  close
//   user:NAME  rhost:H  ruser:R  tty:T          pam_set_item; empty sets NULL
//   item:KIND=VALUE                             the same; KIND also service, user_prompt, xdisplay, and authtok, oldauthtok
//                                              (which libpam refuses to take from an application)
//   user-bytes:N:CHAR                           a user of N times CHAR
//   env:NAME=VALUE                              pam_putenv
//   delayfn         the application installs a delay function that prints `delay STATUS USEC` and does not sleep
//   hold:MS         from now on the conversation waits before it answers
//   during:COMMAND  from now on the conversation has sh run COMMAND before it answers
//   later:N         the conversation says PAM_CONV_AGAIN N times, from now on
//   leave:N         the process ends, as if it were killed, when it is asked for the Nth time from now on
//   sleep:MS
//   end  end:STATUS                             pam_end with the last result, or STATUS (a name, or a number; 0x… allowed)
//   start                                       a new pam_start, after end
//   fork{ STEP... }                             in a child, which then leaves by _exit, as sshd's keyboard-interactive does
//   forkend:STATUS                              a child calls pam_end(STATUS|PAM_DATA_SILENT) and leaves, as su's does
//   repeat:N{ STEP... }
//   abort           leaves at once by _exit, without pam_end
//   expect:STATUS   the last result must be STATUS
//
// Exit status: 0, whatever the results were; 1 an expect failed; 64 usage; 70 a process died of a signal.
//
//   pamdrive --confdir /tmp/pam.d --service t --user bob auth:wrong 'fork{' auth:wrong acct '}' end:0
#define _GNU_SOURCE
#include <dlfcn.h>
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <security/pam_appl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { exit_unexpected = 1, exit_usage = 64, exit_killed = 70, status_count = 64 };

static struct {
  const char *confdir, *service, *user, *rhost, *ruser, *tty, *ssh_connection, *module;
  long parallel, attempts, bench, load;
  int quiet, json, tally, no_delay, prompts, asleep;
} option = {.parallel = 1, .attempts = 1};

// What one process knows of its PAM session.
static pam_handle_t *pamh;
static int last_status;
static int exit_status;
static long hold_ms, questions_left, later_left;
static const char *meanwhile;

// Shared by all processes of a run.
static unsigned *auth_results;

// ---- words ----

static const char *const status_names[] = {
    [PAM_SUCCESS] = "SUCCESS", [PAM_OPEN_ERR] = "OPEN_ERR", [PAM_SYMBOL_ERR] = "SYMBOL_ERR",
    [PAM_SERVICE_ERR] = "SERVICE_ERR", [PAM_SYSTEM_ERR] = "SYSTEM_ERR", [PAM_BUF_ERR] = "BUF_ERR",
    [PAM_PERM_DENIED] = "PERM_DENIED", [PAM_AUTH_ERR] = "AUTH_ERR", [PAM_CRED_INSUFFICIENT] = "CRED_INSUFFICIENT",
    [PAM_AUTHINFO_UNAVAIL] = "AUTHINFO_UNAVAIL", [PAM_USER_UNKNOWN] = "USER_UNKNOWN", [PAM_MAXTRIES] = "MAXTRIES",
    [PAM_NEW_AUTHTOK_REQD] = "NEW_AUTHTOK_REQD", [PAM_ACCT_EXPIRED] = "ACCT_EXPIRED", [PAM_SESSION_ERR] = "SESSION_ERR",
    [PAM_CRED_UNAVAIL] = "CRED_UNAVAIL", [PAM_CRED_EXPIRED] = "CRED_EXPIRED", [PAM_CRED_ERR] = "CRED_ERR",
    [PAM_NO_MODULE_DATA] = "NO_MODULE_DATA", [PAM_CONV_ERR] = "CONV_ERR", [PAM_AUTHTOK_ERR] = "AUTHTOK_ERR",
    [PAM_AUTHTOK_RECOVERY_ERR] = "AUTHTOK_RECOVERY_ERR", [PAM_AUTHTOK_LOCK_BUSY] = "AUTHTOK_LOCK_BUSY",
    [PAM_AUTHTOK_DISABLE_AGING] = "AUTHTOK_DISABLE_AGING", [PAM_TRY_AGAIN] = "TRY_AGAIN", [PAM_IGNORE] = "IGNORE",
    [PAM_ABORT] = "ABORT", [PAM_AUTHTOK_EXPIRED] = "AUTHTOK_EXPIRED", [PAM_MODULE_UNKNOWN] = "MODULE_UNKNOWN",
    [PAM_BAD_ITEM] = "BAD_ITEM", [PAM_CONV_AGAIN] = "CONV_AGAIN", [PAM_INCOMPLETE] = "INCOMPLETE"};
enum { known_statuses = sizeof status_names / sizeof *status_names };

static const char *status_name(int status) {
  return status >= 0 && status < known_statuses ? status_names[status] : "?";
}

static void usage(const char *what, const char *which) {
  fprintf(stderr, "pamdrive: %s%s\nusage: pamdrive [--confdir DIR] --service NAME [OPTION]... STEP...\n", what, which);
  exit(exit_usage);
}

static long parse_number(const char *text) {
  char *end;
  long number = strtol(text, &end, 0);
  if (*text == '\0' || *end != '\0') usage("not a number: ", text);
  return number;
}

static int parse_status(const char *text) {
  for (int status = 0; status < known_statuses; status++)
    if (strcmp(text, status_names[status]) == 0) return status;
  return (int)parse_number(text);
}

static int hex(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  digit |= 0x20;
  return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

// A copy with each %XX turned into its byte; the caller frees it.
static char *decoded(const char *text) {
  char *copy = malloc(strlen(text) + 1), *end = copy;
  if (copy == NULL) abort();
  for (; *text != '\0'; text++) {
    if (*text == '%' && hex(text[1]) >= 0 && hex(text[2]) >= 0) {
      *end++ = (char)(hex(text[1]) << 4 | hex(text[2]));
      text += 2;
    } else {
      *end++ = *text;
    }
  }
  *end = '\0';
  return copy;
}

// ---- output: one write per line, since many processes share it ----

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...) {
  if (option.quiet) return;
  char line[4096];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(line, sizeof line - 1, format, arguments);
  va_end(arguments);
  if (length > (int)sizeof line - 2) length = sizeof line - 2;
  line[length++] = '\n';
  if (write(STDOUT_FILENO, line, (size_t)length) != length) exit_status = exit_unexpected;
}

static void say_result(const char *step, int status, double seconds) {
  if (option.json)
    say("{\"step\":\"%s\",\"status\":%d,\"name\":\"%s\",\"seconds\":%.6f,\"pid\":%d}", step, status, status_name(status),
        seconds, (int)getpid());
  else
    say("%s %d %s %.3fs", step, status, status_name(status), seconds);
}

static void say_killed(int signal) {
  if (option.json) say("{\"step\":\"killed\",\"signal\":%d,\"pid\":%d}", signal, (int)getpid());
  else say("killed %d", signal);
}

// Whatever a module says to the user, on one line.
static void say_message(const char *kind, const char *text) {
  char clean[1024], *end = clean;
  for (; *text != '\0' && end < clean + sizeof clean - 1; text++)
    *end++ = (unsigned char)*text < ' ' || *text == '"' || *text == '\\' ? '?' : *text;
  *end = '\0';
  if (option.json) say("{\"step\":\"message\",\"kind\":\"%s\",\"text\":\"%s\",\"pid\":%d}", kind, clean, (int)getpid());
  else say("message %s %s", kind, clean);
}

static double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC_RAW, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

// In which this process ran, or waited for a processor.
static double seconds_awake(void) {
  unsigned long long ran = 0, waited = 0;
  FILE *file = fopen("/proc/self/schedstat", "r");
  if (file == NULL || fscanf(file, "%llu %llu", &ran, &waited) != 2) usage("--asleep: no ", "/proc/self/schedstat");
  fclose(file);
  return (double)(ran + waited) / 1e9;
}

static double time_of_step(void) { return seconds_now() - (option.asleep ? seconds_awake() : 0); }

static void sleep_ms(long ms) {
  struct timespec left = {ms / 1000, ms % 1000 * 1000000};
  while (nanosleep(&left, &left) != 0 && errno == EINTR) continue;
}

// ---- the application's side of PAM ----

// The password that the conversation answers with; NULL: the user has hung up.
static const char *answer;

// A binary answer: its size in four bytes, one byte more, and then what it says.
static char *packet(const char *text) {
  size_t size = strlen(text) + 5;
  char *all = calloc(1, size + 1);
  if (all == NULL) abort();
  all[2] = (char)(size >> 8), all[3] = (char)size;
  strcpy(all + 5, text);
  return all;
}

static int answer_one(const struct pam_message *message, struct pam_response *response) {
  int binary = message->msg_style == PAM_BINARY_PROMPT;
  switch (message->msg_style) {
  case PAM_ERROR_MSG: say_message("error", message->msg); return PAM_SUCCESS;
  case PAM_TEXT_INFO: say_message("info", message->msg); return PAM_SUCCESS;
  }
  if (option.prompts) say_message("prompt", binary ? "(binary)" : message->msg);
  if (later_left > 0 && later_left-- > 0) return PAM_CONV_AGAIN;
  if (questions_left > 0 && --questions_left == 0) _exit(exit_status);
  if (meanwhile != NULL && system(meanwhile) != 0) exit_status = exit_unexpected;
  sleep_ms(hold_ms);
  if (answer != NULL) response->resp = binary ? packet(answer) : strdup(answer);
  return response->resp != NULL ? PAM_SUCCESS : PAM_CONV_ERR;
}

static int converse(int count, const struct pam_message **messages, struct pam_response **responses, void *data) {
  (void)data;
  struct pam_response *all = calloc((size_t)count, sizeof *all);
  if (all == NULL) return PAM_BUF_ERR;
  for (int i = 0; i < count; i++) {
    int status = answer_one(messages[i], &all[i]);
    if (status == PAM_SUCCESS) continue;
    while (i-- > 0) free(all[i].resp);
    free(all);
    return status;
  }
  *responses = all;
  return PAM_SUCCESS;
}

static void ignore_delay(int status, unsigned usec, void *data) { (void)status, (void)usec, (void)data; }

static void report_delay(int status, unsigned usec, void *data) {
  (void)data;
  if (option.json)
    say("{\"step\":\"delay\",\"status\":%d,\"name\":\"%s\",\"usec\":%u,\"pid\":%d}", status, status_name(status), usec,
        (int)getpid());
  else
    say("delay %d %u", status, usec);
}

static int set_delay_function(void (*function)(int, unsigned, void *)) {
  return pam_set_item(pamh, PAM_FAIL_DELAY, (const void *)function);
}

static int set_item(int kind, const char *value) { return pam_set_item(pamh, kind, *value != '\0' ? value : NULL); }

static void must(int status, const char *what) {
  if (status == PAM_SUCCESS) return;
  fprintf(stderr, "pamdrive: %s: %s\n", what, status_name(status));
  exit(exit_unexpected);
}

static void set_environment(void) {
  char variable[512];
  snprintf(variable, sizeof variable, "SSH_CONNECTION=%s", option.ssh_connection);
  must(pam_putenv(pamh, variable), "pam_putenv");
}

static void start_session(void) {
  static const struct pam_conv conversation = {converse, NULL};
  char *user = option.user != NULL ? decoded(option.user) : NULL;
  must(option.confdir != NULL ? pam_start_confdir(option.service, user, &conversation, option.confdir, &pamh)
                              : pam_start(option.service, user, &conversation, &pamh), "pam_start");
  free(user);
  if (option.rhost != NULL) must(set_item(PAM_RHOST, option.rhost), "rhost");
  if (option.ruser != NULL) must(set_item(PAM_RUSER, option.ruser), "ruser");
  if (option.tty != NULL) must(set_item(PAM_TTY, option.tty), "tty");
  if (option.ssh_connection != NULL) set_environment();
  if (option.no_delay) must(set_delay_function(ignore_delay), "delay function");
}

static int end_session(int status) {
  int result = pam_end(pamh, status);
  pamh = NULL;
  return result;
}

// ---- processes ----

// What became of a child becomes part of our own exit status.
static void wait_for(pid_t child) {
  int status;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  int theirs = WIFSIGNALED(status) ? exit_killed : WEXITSTATUS(status);
  if (WIFSIGNALED(status)) say_killed(WTERMSIG(status));
  if (theirs > exit_status) exit_status = theirs;
}

static pid_t fork_or_die(void) {
  pid_t child = fork();
  if (child < 0) perror("pamdrive: fork"), exit(exit_killed);
  if (child == 0) exit_status = 0;
  return child;
}

// ---- steps ----

static int authenticate(const char *password) {
  char *clear = password != NULL ? decoded(password) : NULL;
  answer = clear;
  int status = pam_authenticate(pamh, PAM_DISALLOW_NULL_AUTHTOK);
  answer = NULL;
  free(clear);
  if (status >= 0 && status < status_count) __atomic_add_fetch(&auth_results[status], 1, __ATOMIC_RELAXED);
  return status;
}

static int step_eof(const char *value) { return (void)value, authenticate(NULL); }
static int step_acct(const char *value) { return (void)value, pam_acct_mgmt(pamh, 0); }
static int step_open(const char *value) { return (void)value, pam_open_session(pamh, 0); }
static int step_close(const char *value) { return (void)value, pam_close_session(pamh, 0); }
static int step_delayfn(const char *value) { return (void)value, set_delay_function(report_delay); }
static int step_end(const char *value) { return end_session(value != NULL ? parse_status(value) : last_status); }

static int step_setcred(const char *value) {
  if (value == NULL) return pam_setcred(pamh, PAM_ESTABLISH_CRED);
  if (strcmp(value, "reinit") == 0) return pam_setcred(pamh, PAM_REINITIALIZE_CRED);
  if (strcmp(value, "delete") == 0) return pam_setcred(pamh, PAM_DELETE_CRED);
  usage("setcred:", value);
  return PAM_ABORT;
}

static int set_decoded(int kind, const char *value) {
  char *clear = decoded(value != NULL ? value : "");
  int status = set_item(kind, clear);
  free(clear);
  return status;
}

static int step_user(const char *value) { return set_decoded(PAM_USER, value); }
static int step_rhost(const char *value) { return set_decoded(PAM_RHOST, value); }
static int step_ruser(const char *value) { return set_decoded(PAM_RUSER, value); }
static int step_tty(const char *value) { return set_decoded(PAM_TTY, value); }

static int step_item(const char *value) {
  static const struct { const char *name; int kind; } kinds[] = {
      {"user=", PAM_USER}, {"rhost=", PAM_RHOST}, {"ruser=", PAM_RUSER}, {"tty=", PAM_TTY}, {"service=", PAM_SERVICE},
      {"authtok=", PAM_AUTHTOK}, {"oldauthtok=", PAM_OLDAUTHTOK}, {"user_prompt=", PAM_USER_PROMPT},
      {"xdisplay=", PAM_XDISPLAY}};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    size_t length = strlen(kinds[i].name);
    if (strncmp(value, kinds[i].name, length) == 0) return set_decoded(kinds[i].kind, value + length);
  }
  usage("no such item: ", value);
  return PAM_ABORT;
}

static int step_user_bytes(const char *value) {
  const char *colon = strchr(value, ':');
  if (colon == NULL) usage("user-bytes:N:CHAR, not ", value);
  size_t count = strtoul(value, NULL, 0);
  char *one = decoded(colon + 1), *name = malloc(count + 1);
  if (name == NULL) abort();
  memset(name, one[0], count);
  name[count] = '\0';
  int status = set_item(PAM_USER, name);
  free(one);
  free(name);
  return status;
}

static int step_env(const char *value) {
  char *clear = decoded(value);
  int status = pam_putenv(pamh, clear);
  free(clear);
  return status;
}

static int step_start(const char *value) {
  (void)value;
  if (pamh != NULL) usage("start: ", "there is no end before it");
  start_session();
  return PAM_SUCCESS;
}

// Steps that are no call of libpam: they print nothing and leave the last result alone.
static void step_hold(const char *value) { hold_ms = parse_number(value); }
static void step_during(const char *value) { meanwhile = value; }
static void step_later(const char *value) { later_left = parse_number(value); }
static void step_leave(const char *value) { questions_left = parse_number(value); }
static void step_sleep(const char *value) { sleep_ms(parse_number(value)); }
static void step_abort(const char *value) { (void)value, _exit(exit_status); }

static void step_forkend(const char *value) {
  pid_t child = fork_or_die();
  if (child == 0) {
    say_result("forkend", end_session(parse_status(value) | PAM_DATA_SILENT), 0);
    _exit(exit_status);
  }
  wait_for(child);
}

static void step_expect(const char *value) {
  if (last_status == parse_status(value)) return;
  fprintf(stderr, "pamdrive: expected %s, got %s\n", value, status_name(last_status));
  exit_status = exit_unexpected;
}

enum argument { no_value, may_value, needs_value };

static const struct step {
  const char *name;
  enum argument argument;
  int (*call)(const char *);  // a call of libpam, timed and printed
  void (*act)(const char *);  // or something else
} steps[] = {
    {"auth", may_value, authenticate, NULL}, {"eof", no_value, step_eof, NULL},
    {"setcred", may_value, step_setcred, NULL}, {"acct", no_value, step_acct, NULL},
    {"open", no_value, step_open, NULL}, {"close", no_value, step_close, NULL},
    {"user", needs_value, step_user, NULL}, {"rhost", needs_value, step_rhost, NULL},
    {"ruser", needs_value, step_ruser, NULL}, {"tty", needs_value, step_tty, NULL},
    {"item", needs_value, step_item, NULL}, {"user-bytes", needs_value, step_user_bytes, NULL},
    {"env", needs_value, step_env, NULL}, {"delayfn", no_value, step_delayfn, NULL},
    {"start", no_value, step_start, NULL}, {"end", may_value, step_end, NULL},
    {"hold", needs_value, NULL, step_hold}, {"leave", needs_value, NULL, step_leave},
    {"during", needs_value, NULL, step_during}, {"later", needs_value, NULL, step_later},
    {"sleep", needs_value, NULL, step_sleep},
    {"abort", no_value, NULL, step_abort}, {"forkend", needs_value, NULL, step_forkend},
    {"expect", needs_value, NULL, step_expect}};

static const struct step *find_step(const char *word) {
  size_t length = strcspn(word, ":");
  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
    if (strlen(steps[i].name) == length && strncmp(steps[i].name, word, length) == 0) return &steps[i];
  usage("no such step: ", word);
  return NULL;
}

static const char *value_in(const char *word) {
  const char *colon = strchr(word, ':');
  return colon != NULL ? colon + 1 : NULL;
}

static void do_step(const char *word) {
  const struct step *step = find_step(word);
  if (pamh == NULL && step->call != NULL && step->call != step_start) usage("no session (end without start) at ", word);
  if (step->act != NULL) {
    step->act(value_in(word));
    return;
  }
  double begin = time_of_step();
  int status = step->call(value_in(word));
  if (step->call != step_end) last_status = status;
  say_result(step->name, status, time_of_step() - begin);
}

// ---- the script ----

static int opens_block(const char *word) {
  size_t length = strlen(word);
  return strcmp(word, "fork{") == 0 ||
         (strncmp(word, "repeat:", 7) == 0 && length > 8 && word[length - 1] == '{');
}

static char **end_of_block(char **word) {
  for (int depth = 1; *word != NULL; word++) {
    if (opens_block(*word)) depth++;
    else if (strcmp(*word, "}") == 0 && --depth == 0) return word;
  }
  usage("a block without }", "");
  return NULL;
}

// Before anything is started, so that a mistyped script has no effect.
static void check_steps(char **word, char **end) {
  for (; word != end; word++) {
    if (opens_block(*word)) {
      char **close = end_of_block(word + 1);
      check_steps(word + 1, close);
      word = close;
      continue;
    }
    const struct step *step = find_step(*word);
    int given = value_in(*word) != NULL;
    if (step->argument != may_value && given != (step->argument == needs_value)) usage("wrong use of ", *word);
  }
}

static void run_steps(char **word, char **end);

static void run_forked(char **word, char **end) {
  pid_t child = fork_or_die();
  if (child == 0) {
    run_steps(word, end);
    _exit(exit_status);
  }
  wait_for(child);
}

static void run_steps(char **word, char **end) {
  for (; word != end; word++) {
    if (!opens_block(*word)) {
      do_step(*word);
      continue;
    }
    char **close = end_of_block(word + 1);
    long times = **word == 'r' ? strtol(*word + 7, NULL, 0) : 0;
    if (**word == 'f') run_forked(word + 1, close);
    while (times-- > 0) run_steps(word + 1, close);
    word = close;
  }
}

// ---- runs ----

static char **script, **script_end;

static void run_script(void) {
  if (pamh == NULL) start_session();
  run_steps(script, script_end);
  if (pamh != NULL) end_session(last_status);
}

static void run_attempts(void) {
  if (option.attempts == 1) {
    run_script();
    return;
  }
  for (long i = 0; i < option.attempts; i++) {
    pid_t child = fork_or_die();
    if (child == 0) {
      run_script();
      _exit(exit_status);
    }
    wait_for(child);
  }
}

// The reader waits until the last writer, the parent, has closed its end.
static void wait_at(int barrier[2]) {
  char nothing;
  close(barrier[1]);
  while (read(barrier[0], &nothing, 1) < 0 && errno == EINTR) continue;
  close(barrier[0]);
}

static void run_worker(int ready[2], int barrier[2]) {
  if (option.attempts == 1) start_session(); // loading the modules is no part of the race
  close(ready[0]);
  close(ready[1]);
  wait_at(barrier);
  run_attempts();
  _exit(exit_status);
}

static void run_parallel(void) {
  int ready[2], barrier[2];
  pid_t *workers = calloc((size_t)option.parallel, sizeof *workers);
  if (workers == NULL || pipe(ready) != 0 || pipe(barrier) != 0) perror("pamdrive"), exit(exit_killed);
  for (long i = 0; i < option.parallel; i++)
    if ((workers[i] = fork_or_die()) == 0) run_worker(ready, barrier);
  close(barrier[0]);
  wait_at(ready);
  close(barrier[1]);
  for (long i = 0; i < option.parallel; i++) wait_for(workers[i]);
  free(workers);
}

static void *shared_memory(size_t size) {
  void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) perror("pamdrive: mmap"), exit(exit_killed);
  return memory;
}

static void print_tally(void) {
  for (int status = 0; status < status_count; status++) {
    if (auth_results[status] == 0) continue;
    if (option.json) printf("{\"tally\":\"%s\",\"count\":%u}\n", status_name(status), auth_results[status]);
    else printf("tally %s %u\n", status_name(status), auth_results[status]);
  }
}

// ---- bench ----

struct sample { double total, auth, end; };

static void measure(struct sample *sample, const char *password) {
  double begin = seconds_now();
  start_session();
  double started = seconds_now();
  int status = authenticate(password);
  double judged = seconds_now();
  if (status == PAM_SUCCESS) pam_setcred(pamh, PAM_ESTABLISH_CRED), pam_acct_mgmt(pamh, 0);
  double before_end = seconds_now();
  end_session(status);
  double finished = seconds_now();
  *sample = (struct sample){finished - begin, judged - started, finished - before_end};
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void print_spread(const char *name, const struct sample *samples, size_t offset) {
  long count = option.bench;
  double *values = calloc((size_t)count, sizeof *values);
  if (values == NULL) abort();
  for (long i = 0; i < count; i++) values[i] = *(const double *)((const char *)&samples[i] + offset) * 1e6;
  qsort(values, (size_t)count, sizeof *values, ascending);
  printf(",\"%s\":{\"median\":%.1f,\"p99\":%.1f}", name, values[count / 2], values[(count * 99 + 99) / 100 - 1]);
  free(values);
}

static void print_bench(const struct sample *samples) {
  const char *separator = "";
  printf("{\"n\":%ld,\"unit\":\"us\",\"results\":{", option.bench);
  for (int status = 0; status < status_count; status++) {
    if (auth_results[status] == 0) continue;
    printf("%s\"%s\":%u", separator, status_name(status), auth_results[status]);
    separator = ",";
  }
  printf("}");
  print_spread("total", samples, offsetof(struct sample, total));
  print_spread("auth", samples, offsetof(struct sample, auth));
  print_spread("end", samples, offsetof(struct sample, end));
  printf("}\n");
}

static void run_bench(void) {
  if (strncmp(script[0], "auth:", 5) != 0 || script + 1 != script_end) usage("--bench takes one step, ", "auth:PASSWORD");
  struct sample *samples = shared_memory((size_t)option.bench * sizeof *samples);
  option.quiet = 1;
  for (long i = 0; i < option.bench; i++) {
    pid_t child = fork_or_die();
    if (child == 0) {
      measure(&samples[i], script[0] + 5);
      _exit(0);
    }
    wait_for(child);
  }
  print_bench(samples);
}

// ---- load ----

static int open_files(void) {
  int count = 0;
  DIR *directory = opendir("/proc/self/fd");
  while (directory != NULL && readdir(directory) != NULL) count++;
  if (directory != NULL) closedir(directory);
  return count - 3; // ".", ".." and the directory itself
}

static int mappings(void) {
  int count = 0;
  FILE *maps = fopen("/proc/self/maps", "r");
  for (int byte; maps != NULL && (byte = getc(maps)) != EOF;) count += byte == '\n';
  if (maps != NULL) fclose(maps);
  return count;
}

static void load_once(void) {
  void *module = dlopen(option.module, RTLD_NOW); // as libpam does
  if (module == NULL) {
    fprintf(stderr, "pamdrive: %s\n", dlerror());
    exit(exit_unexpected);
  }
  dlclose(module);
}

// The first round is not compared: the libraries that the module needs may stay.
static void run_load(void) {
  if (option.module == NULL) usage("--load needs ", "--module");
  load_once();
  mappings();
  int files = open_files(), maps = mappings();
  for (long i = 1; i < option.load; i++) load_once();
  printf("load %ld files %+d maps %+d\n", option.load, open_files() - files, mappings() - maps);
}

// ---- options ----

enum { opt_confdir = 256, opt_service, opt_user, opt_rhost, opt_ruser, opt_tty, opt_ssh, opt_module,
       opt_parallel, opt_attempts, opt_bench, opt_load };

static const struct option long_options[] = {
    {"confdir", 1, NULL, opt_confdir}, {"service", 1, NULL, opt_service}, {"user", 1, NULL, opt_user},
    {"rhost", 1, NULL, opt_rhost}, {"ruser", 1, NULL, opt_ruser}, {"tty", 1, NULL, opt_tty},
    {"ssh-connection", 1, NULL, opt_ssh}, {"module", 1, NULL, opt_module},
    {"parallel", 1, NULL, opt_parallel}, {"attempts", 1, NULL, opt_attempts},
    {"bench", 1, NULL, opt_bench}, {"load", 1, NULL, opt_load},
    {"quiet", 0, &option.quiet, 1}, {"json", 0, &option.json, 1}, {"tally", 0, &option.tally, 1},
    {"asleep", 0, &option.asleep, 1},
    {"no-delay", 0, &option.no_delay, 1}, {"prompts", 0, &option.prompts, 1}, {NULL, 0, NULL, 0}};

static long positive(const char *text) {
  long number = parse_number(text);
  if (number < 1) usage("not a positive number: ", text);
  return number;
}

static void set_option(int which) {
  const char **texts[] = {&option.confdir, &option.service, &option.user, &option.rhost, &option.ruser, &option.tty,
                          &option.ssh_connection, &option.module};
  long *numbers[] = {&option.parallel, &option.attempts, &option.bench, &option.load};
  if (which >= opt_confdir && which <= opt_module) *texts[which - opt_confdir] = optarg;
  else if (which >= opt_parallel && which <= opt_load) *numbers[which - opt_parallel] = positive(optarg);
  else if (which != 0) usage("bad option", "");
}

static void parse_options(int argc, char **argv) {
  for (int which; (which = getopt_long(argc, argv, "+", long_options, NULL)) != -1;) set_option(which);
  script = argv + optind;
  script_end = argv + argc;
}

int main(int argc, char **argv) {
  parse_options(argc, argv);
  auth_results = shared_memory(status_count * sizeof *auth_results);
  if (option.load > 0) {
    run_load();
    return exit_status;
  }
  if (option.service == NULL || script == script_end) usage("--service and a step are needed", "");
  check_steps(script, script_end);
  if (option.bench > 0) run_bench();
  else if (option.parallel > 1) run_parallel();
  else run_attempts();
  if (option.tally) print_tally();
  return exit_status;
}
