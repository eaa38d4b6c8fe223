// pam_testcheck.c → pam_testcheck.so: a PAM module that judges a password without hashing, delay or user database.
// It stands where pam_unix stands when a test needs many attempts, or needs to know exactly which ones were judged.
//
//   auth     required  /path/pam_testcheck.so  [password=WORD] [delay=MS] [while=FILE] [log=FILE] [fail_delay=USEC] [noprompt | again | binary | hasty]
//   account  required  /path/pam_testcheck.so
//
//   password=WORD    the right password, of every user; without it there is none
//   delay=MS         takes that long to check, before there is a verdict
//   while=FILE       and goes on as long as there is FILE, for two minutes at most
//   log=FILE         one line per judged password, in one write: PID USER ok|wrong|junk (odd bytes of the user are %XX);
//                    junk is what pam_abl makes up; what sshd makes up for unknown users is wrong
//   fail_delay=USEC  asks libpam for this delay after a failure, as pam_unix does
//   noprompt         takes a password that an earlier module asked for, and never asks
//   again            asks, whatever an earlier module asked for
//   binary           likewise, by a binary prompt
//   hasty            judges nothing, but lets no failure be delayed, as an application may do
#define _GNU_SOURCE
#include "append.h"

#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
  const char *password;
  const char *log;
  const char *held_by;
  long delay_ms;
  unsigned fail_delay_usec;
  int noprompt, again, binary, hasty;
};

static const char *value_of(const char *argument, const char *key) {
  size_t length = strlen(key);
  return strncmp(argument, key, length) == 0 ? argument + length : NULL;
}

static struct options parse(int argc, const char **argv) {
  struct options options = {0};
  for (int i = 0; i < argc; i++) {
    const char *value;
    if ((value = value_of(argv[i], "password=")) != NULL) options.password = value;
    else if ((value = value_of(argv[i], "log=")) != NULL) options.log = value;
    else if ((value = value_of(argv[i], "while=")) != NULL) options.held_by = value;
    else if ((value = value_of(argv[i], "delay=")) != NULL) options.delay_ms = atol(value);
    else if ((value = value_of(argv[i], "fail_delay=")) != NULL) options.fail_delay_usec = (unsigned)atol(value);
    else if (strcmp(argv[i], "noprompt") == 0) options.noprompt = 1;
    else if (strcmp(argv[i], "again") == 0) options.again = 1;
    else if (strcmp(argv[i], "binary") == 0) options.binary = 1;
    else if (strcmp(argv[i], "hasty") == 0) options.hasty = 1;
  }
  return options;
}

static void sleep_ms(long ms) {
  struct timespec left = {ms / 1000, ms % 1000 * 1000000};
  while (nanosleep(&left, &left) != 0 && errno == EINTR) continue;
}

static void wait_while(const char *file) {
  for (int i = 0; i < 12000 && access(file, F_OK) == 0; i++) sleep_ms(10);
}

// An attacker chooses the name: one that holds blanks or newlines must not look like another line.
static char *put_escaped(char *end, const char *name) {
  for (; *name != '\0'; name++) {
    unsigned char byte = (unsigned char)*name;
    if (byte > ' ' && byte < 0x7f && byte != '%') *end++ = (char)byte;
    else end += sprintf(end, "%%%02X", byte);
  }
  return end;
}

static void log_verdict(const char *file, const char *user, const char *verdict) {
  char *line = malloc(3 * strlen(user) + 64);
  if (line == NULL) return;
  char *end = line + sprintf(line, "%d ", (int)getpid());
  end = put_escaped(end, user);
  end += sprintf(end, " %s\n", verdict);
  append_line(file, O_CREAT, line, (size_t)(end - line));
  free(line);
}

// A packet has its size in four bytes, and one byte more, in front.
static int get_binary(pam_handle_t *pamh, const char **password) {
  const void *conversation = NULL;
  int status = pam_get_item(pamh, PAM_CONV, &conversation);
  if (status != PAM_SUCCESS) return status;
  const struct pam_conv *own = conversation;
  const struct pam_message message = {PAM_BINARY_PROMPT, "\0\0\0\005\1"}, *messages = &message;
  struct pam_response *responses = NULL;
  status = own->conv(1, &messages, &responses, own->appdata_ptr);
  if (status == PAM_SUCCESS) *password = responses->resp + 5; // not freed
  return status;
}

static int get_password(pam_handle_t *pamh, const struct options *options, const char **password) {
  if (options->again) return pam_prompt(pamh, PAM_PROMPT_ECHO_OFF, (char **)password, "Once more: "); // not freed
  if (options->binary) return get_binary(pamh, password);
  if (!options->noprompt) return pam_get_authtok(pamh, PAM_AUTHTOK, password, NULL);
  const void *item = NULL;
  int status = pam_get_item(pamh, PAM_AUTHTOK, &item);
  *password = item;
  return status == PAM_SUCCESS && item == NULL ? PAM_AUTH_ERR : status;
}

static void ignore_delay(int status, unsigned usec, void *data) { (void)status, (void)usec, (void)data; }

int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv) {
  (void)flags;
  struct options options = parse(argc, argv);
  if (options.hasty) return pam_set_item(pamh, PAM_FAIL_DELAY, (const void *)ignore_delay), PAM_IGNORE;
  const char *user = NULL, *password = NULL;
  int status = pam_get_user(pamh, &user, NULL);
  if (status != PAM_SUCCESS) return status;
  status = get_password(pamh, &options, &password);
  if (status != PAM_SUCCESS) return status;
  if (options.fail_delay_usec != 0) pam_fail_delay(pamh, options.fail_delay_usec);
  sleep_ms(options.delay_ms);
  if (options.held_by != NULL) wait_while(options.held_by);
  int right = options.password != NULL && password != NULL && strcmp(password, options.password) == 0;
  int junk = password != NULL && strncmp(password, "\b\n\r\177", 4) == 0 && strlen(password) == 17;
  if (options.log != NULL) log_verdict(options.log, user, right ? "ok" : junk ? "junk" : "wrong");
  return right ? PAM_SUCCESS : PAM_AUTH_ERR;
}

// The rest of a stack has nothing to do here.
static int agree(void) { return PAM_SUCCESS; }

#define AGREES(function)                                                                                               \
  int function(pam_handle_t *pamh, int flags, int argc, const char **argv) {                                           \
    (void)pamh, (void)flags, (void)argc, (void)argv;                                                                   \
    return agree();                                                                                                    \
  }
AGREES(pam_sm_setcred)
AGREES(pam_sm_acct_mgmt)
AGREES(pam_sm_open_session)
AGREES(pam_sm_close_session)
AGREES(pam_sm_chauthtok)
