#define _DEFAULT_SOURCE
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <netinet/in.h>
#include <pwd.h>
#include <security/pam_modutil.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

typedef void (*delay_function)(int status, unsigned microseconds, void *application_data);

// The handles of this thread that wait for a verdict, the innermost first: a module may authenticate within an
// authentication. libpam passes the application's pointer to the hook, not the handle; hence this list.
struct armed {
  pam_handle_t *pamh;
  void *login; // null if it is refused
  int is_refused;
  int questions, answers;      // how many there were
  int is_left, has_content;    // whether a question had no answer, and whether something stood in one
  int is_typed;                // whether something stood in one that sshd hasn't made up
  delay_function previous;
  struct pam_conv conversation; // the application's
  struct armed *next;
};

static _Thread_local struct armed *armed_handles __attribute__((tls_model("global-dynamic")));
// Whether libpam calls us in the middle of another module, or of none: then it puts the name of that in front of what we log.
static _Thread_local int is_elsewhere __attribute__((tls_model("global-dynamic")));

static void hook(int status, unsigned microseconds, void *application_data);
static int converse(int count, const struct pam_message **messages,
                    struct pam_response **responses, void *data);

// ---- items ----

const char *abl_item(pam_handle_t *pamh, int item) {
  const void *value = NULL;
  return pam_get_item(pamh, item, &value) == PAM_SUCCESS ? value : NULL;
}

const char *abl_user(pam_handle_t *pamh) {
  const char *user = NULL;
  return pam_get_user(pamh, &user, NULL) == PAM_SUCCESS ? user : NULL;
}

int abl_has_peer(pam_handle_t *pamh) {
  struct sockaddr_storage peer;
  socklen_t size = sizeof peer;
  if (pam_getenv(pamh, "SSH_CONNECTION")) return 1;
  return getpeername(STDIN_FILENO, (struct sockaddr *)&peer, &size) == 0 &&
         (peer.ss_family == AF_INET || peer.ss_family == AF_INET6);
}

// What stands behind `prefix` in a word; null if it is another word, or none.
static const char *behind(const char *prefix, const char *word) {
  if (!word) return NULL;
  for (; *prefix; prefix++)
    if (*word++ != *prefix) return NULL;
  return word;
}

// Whether a service may have that name: libpam knows them in small letters, each by a file.
static int is_service(const char *name) {
  if (!*name) return 0;
  for (; *name; name++)
    if (*name == ',' || *name == ';' || *name == '/' || (*name >= 0 && *name <= ' ') || (*name >= 'A' && *name <= 'Z')) return 0;
  return 1;
}

// The service that a word names. One that can be none is a mistake, which is told: the word is as if it weren't there.
static const char *only(const char *word) {
  const char *name = behind("only=", word);
  return name && is_service(name) ? name : NULL;
}

// The end of a trial that a word names: `ablctl trial` puts it there.
static const char *trial(const char *word) { return behind("trial=", word); }

// Whether a trial BOOT:SECONDS goes on: in the boot of that name, for so many seconds of it. So it ends by itself, whatever
// becomes of the program that began it; and what can't be told is over, but where su's caller may have seen to that.
static int goes_on(const char *end) {
  char boot[36];
  struct timespec now = {0, 0};
  clock_gettime(CLOCK_BOOTTIME, &now);
  if (strlen(end) < sizeof boot || end[sizeof boot] != ':') return 0;
  if (now.tv_sec >= strtol(end + sizeof boot + 1, NULL, 10)) return 0;
  int file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  if (file < 0) return errno == EMFILE || errno == ENFILE;
  ssize_t length = read(file, boot, sizeof boot);
  close(file);
  return length == sizeof boot && strncmp(end, boot, sizeof boot) == 0;
}

int abl_is_for(pam_handle_t *pamh, int argc, const char **argv) {
  const char *service = abl_item(pamh, PAM_SERVICE);
  int is_for_all = 1;
  for (int i = 0; i < argc; i++) {
    const char *end = trial(argv[i]);
    if (end && !goes_on(end)) return 0;
  }
  for (int i = 0; i < argc; i++) {
    const char *name = only(argv[i]);
    if (!name) continue;
    if (service && strcmp(name, service) == 0) return 1;
    is_for_all = 0;
  }
  return is_for_all;
}

const char *abl_setting(const char *word) { return !word || only(word) || trial(word) ? "" : word; }

int abl_is_first(pam_handle_t *pamh, const char *event) {
  const void *data = NULL;
  if (pam_get_data(pamh, event, &data) == PAM_SUCCESS) return 0;
  pam_set_data(pamh, event, pamh, NULL);
  return 1;
}

static delay_function delay_of(pam_handle_t *pamh) {
  const void *function = NULL;
  if (pam_get_item(pamh, PAM_FAIL_DELAY, &function) != PAM_SUCCESS) return NULL;
  return (delay_function)function;
}

static const struct pam_conv *conversation_of(pam_handle_t *pamh) {
  const void *conversation = NULL;
  if (pam_get_item(pamh, PAM_CONV, &conversation) != PAM_SUCCESS) return NULL;
  return conversation;
}

// ---- junk ----

// What other modules get in place of an answer: no password has these bytes, and its length says nothing. sshd does the
// same for unknown users. Should the answer be just that, it is the other one.
static const char *junk_for(const char *answer) {
  static const char junk[] = "\b\n\r\177INCORRECT\b\n\r\177", other[] = "\b\n\r\177DIFFERENT\b\n\r\177";
  return answer && strcmp(answer, junk) == 0 ? other : junk;
}

// Whether an answer is what sshd makes up for a user that it doesn't know: the first bytes of this, again and again
// (auth-pam.c, fake_password).
static int is_made_up(const char *answer) {
  static const char junk[] = "\b\n\r\177INCORRECT";
  for (size_t index = 0; answer && answer[index]; index++)
    if (answer[index] != junk[index % (sizeof junk - 1)]) return 0;
  return 1;
}

// In place of what a module in front of us has asked for.
static int replace_item(pam_handle_t *pamh, int item) {
  const char *answer = abl_item(pamh, item);
  return answer ? pam_set_item(pamh, item, junk_for(answer)) : PAM_SUCCESS;
}

static int replace_items(pam_handle_t *pamh) {
  int code = replace_item(pamh, PAM_AUTHTOK);
  int old = replace_item(pamh, PAM_OLDAUTHTOK);
  return code == PAM_SUCCESS ? old : code;
}

// ---- the list ----

static struct armed **find(const pam_handle_t *pamh) {
  struct armed **link = &armed_handles;
  while (*link && (*link)->pamh != pamh) link = &(*link)->next;
  return link;
}

// Takes an entry out of the list and gives the application its items back, unless somebody has replaced ours since.
static struct armed release(struct armed **link) {
  struct armed *entry = *link;
  const struct pam_conv *now = conversation_of(entry->pamh);
  if (now && now->conv == converse) pam_set_item(entry->pamh, PAM_CONV, &entry->conversation);
  if (delay_of(entry->pamh) == hook)
    pam_set_item(entry->pamh, PAM_FAIL_DELAY, (const void *)entry->previous);
  struct armed copy = *entry;
  *link = entry->next;
  free(entry);
  return copy;
}

// The handle's life ends. If the application has replaced our function since, the hook never came to this.
static void end(pam_handle_t *pamh, void *data, int status) {
  (void)data;
  if (!(status & PAM_DATA_REPLACE)) abl_disarm(pamh);
}

// Sets our items in place of the application's.
static int hold(struct armed *entry) {
  int code = pam_set_data(entry->pamh, "abl_armed", NULL, end);
  if (code != PAM_SUCCESS) return code;
  const struct pam_conv *conversation = conversation_of(entry->pamh);
  if (conversation && conversation->conv) {
    entry->conversation = *conversation;
    code = pam_set_item(entry->pamh, PAM_CONV, &(struct pam_conv){converse, entry});
    if (code != PAM_SUCCESS) return code;
  }
  return pam_set_item(entry->pamh, PAM_FAIL_DELAY, (const void *)hook);
}

static int begin(pam_handle_t *pamh) {
  abl_disarm(pamh);
  struct armed *entry = malloc(sizeof *entry);
  if (!entry) return PAM_BUF_ERR;
  // A module in front of us may have asked already.
  const char *token = abl_item(pamh, PAM_AUTHTOK);
  *entry = (struct armed){.pamh = pamh, .previous = delay_of(pamh), .next = armed_handles};
  entry->questions = entry->answers = token != NULL;
  entry->has_content = token && *token;
  entry->is_typed = !is_made_up(token);
  armed_handles = entry;
  int code = hold(entry);
  if (code != PAM_SUCCESS) release(&armed_handles);
  return code;
}

// The entry of `pamh`, made if there is none.
static int take(pam_handle_t *pamh, struct armed **entry) {
  int code = abl_is_armed(pamh) ? PAM_SUCCESS : begin(pamh);
  *entry = *find(pamh);
  return code;
}

int abl_arm(pam_handle_t *pamh, void *login) {
  struct armed *entry = NULL;
  int code = take(pamh, &entry);
  if (code == PAM_SUCCESS) entry->login = login;
  return code;
}

int abl_refuse(pam_handle_t *pamh) {
  struct armed *entry = NULL;
  int code = replace_items(pamh), arming = take(pamh, &entry);
  if (arming != PAM_SUCCESS) return arming;
  entry->login = NULL;
  entry->is_refused = 1;
  return code;
}

int abl_is_armed(pam_handle_t *pamh) { return *find(pamh) && delay_of(pamh) == hook; }

int abl_is_refused(pam_handle_t *pamh) { return abl_is_armed(pamh) && (*find(pamh))->is_refused; }

int abl_has_answer(pam_handle_t *pamh) {
  return abl_item(pamh, PAM_AUTHTOK) || (abl_is_armed(pamh) && (*find(pamh))->answers);
}

const char *abl_token(pam_handle_t *pamh) { return abl_is_armed(pamh) ? NULL : abl_item(pamh, PAM_AUTHTOK); }

void abl_disarm(pam_handle_t *pamh) {
  struct armed **link = find(pamh);
  if (*link) release(link);
}

// ---- the verdict ----

static enum abl_answers answers_of(const struct armed *entry) {
  if (entry->answers && entry->has_content) return entry->is_typed ? abl_given : abl_all_junk;
  if (entry->answers) return abl_all_empty;
  return entry->is_left ? abl_not_given : abl_not_asked;
}

// How long a refusal takes where nothing was asked, as with `requisite`, and no other module wants a delay: about as long
// as pam_unix takes for a wrong password. Where something was asked, only that module knows how long it takes.
static unsigned delay_of_refusal(const struct armed *entry, int status, unsigned microseconds) {
  if (!entry->is_refused || entry->questions || status == PAM_SUCCESS || microseconds) return microseconds;
  struct timespec now = {0, 0};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return 1500000 + (unsigned)(now.tv_nsec / 1000);
}

// What libpam itself does where no function is set (pam_delay.c, _pam_await_timer).
static void sleep_like_libpam(int status, unsigned microseconds) {
  if (status == PAM_SUCCESS || microseconds == 0) return;
  struct timeval time = {microseconds / 1000000, microseconds % 1000000};
  select(0, NULL, NULL, NULL, &time);
}

static void hook(int status, unsigned microseconds, void *application_data) {
  // An older entry whose item was replaced since will never be called; the innermost that wasn't is meant.
  struct armed **link = &armed_handles;
  while (*link && delay_of((*link)->pamh) != hook) link = &(*link)->next;
  delay_function previous = NULL;
  if (*link) {
    if (application_data == *link) application_data = (*link)->conversation.appdata_ptr;
    struct armed entry = release(link);
    previous = entry.previous;
    microseconds = delay_of_refusal(&entry, status, microseconds);
    is_elsewhere = 1;
    if (entry.login) abl_verdict(entry.pamh, entry.login, status, answers_of(&entry));
    is_elsewhere = 0;
  }
  if (previous)
    previous(status, microseconds, application_data);
  else
    sleep_like_libpam(status, microseconds);
}

// ---- the conversation ----

static int is_question(const struct pam_message *message) {
  return message->msg_style != PAM_ERROR_MSG && message->msg_style != PAM_TEXT_INFO;
}

static int has_question(int count, const struct pam_message **messages) {
  for (int index = 0; index < count; index++)
    if (is_question(messages[index])) return 1;
  return 0;
}

// Whether all that is asked is text: what stands in a binary answer is between that module and that application.
static int is_all_text(int count, const struct pam_message **messages) {
  for (int index = 0; index < count; index++)
    if (messages[index]->msg_style == PAM_BINARY_PROMPT) return 0;
  return 1;
}

static size_t size_of(const struct pam_message *message, char *answer) {
  if (!answer) return 0;
  return message->msg_style == PAM_BINARY_PROMPT ? malloc_usable_size(answer) : strlen(answer);
}

static int has_content(int count, const struct pam_message **messages, const struct pam_response *responses) {
  for (int index = 0; responses && index < count; index++)
    if (is_question(messages[index]) && size_of(messages[index], responses[index].resp)) return 1;
  return 0;
}

static int is_typed(int count, const struct pam_message **messages, const struct pam_response *responses) {
  for (int index = 0; responses && index < count; index++)
    if (is_question(messages[index]) && (messages[index]->msg_style == PAM_BINARY_PROMPT || !is_made_up(responses[index].resp)))
      return 1;
  return 0;
}

static void forget(const struct pam_message *message, struct pam_response *response) {
  if (response->resp) explicit_bzero(response->resp, size_of(message, response->resp));
  free(response->resp);
  response->resp = NULL;
}

static int hold_back(int count, const struct pam_message **messages, struct pam_response **responses) {
  for (int index = 0; *responses && index < count; index++) forget(messages[index], &(*responses)[index]);
  free(*responses);
  *responses = NULL;
  return PAM_CONV_ERR;
}

static int hand_on_junk(int count, const struct pam_message **messages, struct pam_response **responses) {
  if (!*responses || !is_all_text(count, messages)) return hold_back(count, messages, responses);
  for (int index = 0; index < count; index++) {
    if (!is_question(messages[index])) continue;
    struct pam_response *response = &(*responses)[index];
    char *junk = strdup(junk_for(response->resp));
    if (!junk) return hold_back(count, messages, responses);
    forget(messages[index], response);
    response->resp = junk;
  }
  return PAM_SUCCESS;
}

// Whether a question may be put. One after an answer may tell that the answer was wrong: so that is noted before; and
// after a refusal it is not asked at all.
static int may_ask(struct armed *entry, int count, const struct pam_message **messages) {
  if (entry->is_refused) return !entry->answers && is_all_text(count, messages);
  return !entry->answers || abl_ask_more(entry->pamh, entry->login);
}

static enum abl_reply reply_to_answer(struct armed *entry, int is_first) {
  if (entry->is_refused) return abl_hand_on_junk;
  return is_first ? abl_answer(entry->pamh, entry->login) : abl_hand_on;
}

static void note(const struct armed *entry, int count, const struct pam_message **messages, const struct pam_response *responses) {
  for (int index = 0; index < count; index++)
    if (is_question(messages[index]))
      abl_note(entry->login, responses && messages[index]->msg_style != PAM_BINARY_PROMPT ? responses[index].resp : NULL);
}

static int take_answer(struct armed *entry, int count, const struct pam_message **messages,
                       struct pam_response **responses) {
  entry->has_content |= has_content(count, messages, *responses);
  entry->is_typed |= is_typed(count, messages, *responses);
  is_elsewhere = 1;
  enum abl_reply reply = reply_to_answer(entry, entry->answers++ == 0);
  if (reply == abl_hand_on) note(entry, count, messages, *responses);
  is_elsewhere = 0;
  if (reply == abl_hand_on) return PAM_SUCCESS;
  entry->is_refused = 1;
  if (reply == abl_hand_on_junk) return hand_on_junk(count, messages, responses);
  return hold_back(count, messages, responses);
}

// The application's conversation; what is answered is in flight before another module has it, or is kept from them all.
static int converse(int count, const struct pam_message **messages,
                    struct pam_response **responses, void *data) {
  struct armed *entry = data;
  const struct pam_conv *own = &entry->conversation;
  if (!has_question(count, messages)) return own->conv(count, messages, responses, own->appdata_ptr);
  entry->questions++;
  is_elsewhere = 1;
  int may = may_ask(entry, count, messages);
  is_elsewhere = 0;
  if (!may) return PAM_CONV_ERR;
  int code = own->conv(count, messages, responses, own->appdata_ptr);
  if (code == PAM_SUCCESS) return take_answer(entry, count, messages, responses);
  // An application that answers later is asked again then.
  if (code != PAM_CONV_AGAIN) entry->is_left = 1;
  return code;
}

const char *abl_own_name(pam_handle_t *pamh) {
  struct passwd *own = pam_modutil_getpwuid(pamh, getuid());
  return own ? own->pw_name : NULL;
}

int abl_judges_itself(pam_handle_t *pamh) {
  const char *name = abl_user(pamh), *own = abl_own_name(pamh);
  return name && own && !strcmp(name, own);
}

void abl_log(pam_handle_t *pamh, int priority, const char *text) {
  pam_syslog(pamh, priority, "%s%s", is_elsewhere ? "pam_abl: " : "", text);
}

void abl_log_block(pam_handle_t *pamh, const char *subject, long until, const char *reason) {
  char when[64] = "?";
  struct tm local;
  if (localtime_r(&until, &local)) strftime(when, sizeof when, "%F %T %z", &local);
  pam_syslog(pamh, LOG_NOTICE, "%sblocking %s until %s: %s", is_elsewhere ? "pam_abl: " : "", subject, when, reason);
}
