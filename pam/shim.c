#define _DEFAULT_SOURCE
#include "shim.h"

#include <stdlib.h>
#include <string.h>
#include <sys/select.h>

typedef void (*delay_function)(int status, unsigned microseconds, void *application_data);

// The handles of this thread that wait for a verdict, the innermost first: a module may authenticate within an
// authentication. libpam passes the application's pointer to the hook, not the handle; hence this list.
struct armed {
  pam_handle_t *pamh;
  void *login;
  delay_function previous;
  struct pam_conv conversation; // the application's
  int answers, failures;        // of questions
  struct armed *next;
};

static _Thread_local struct armed *armed_handles __attribute__((tls_model("global-dynamic")));

static void hook(int status, unsigned microseconds, void *application_data);
static int converse(int count, const struct pam_message **messages,
                    struct pam_response **responses, void *data);

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

int abl_arm(pam_handle_t *pamh, void *login) {
  abl_disarm(pamh);
  const struct pam_conv *conversation = conversation_of(pamh);
  struct armed *entry = malloc(sizeof *entry);
  if (!entry) return PAM_BUF_ERR;
  *entry = (struct armed){pamh, login, delay_of(pamh), {NULL, NULL}, 0, 0, armed_handles};
  armed_handles = entry;
  // A module in front of us may have asked already.
  if (abl_item(pamh, PAM_AUTHTOK)) {
    entry->answers = 1;
    abl_goes_on(pamh, login);
  }
  int code = pam_set_item(pamh, PAM_FAIL_DELAY, (const void *)hook);
  if (code == PAM_SUCCESS && conversation && conversation->conv) {
    entry->conversation = *conversation;
    pam_set_item(pamh, PAM_CONV, &(struct pam_conv){converse, entry});
  }
  return code;
}

int abl_is_armed(pam_handle_t *pamh) { return *find(pamh) && delay_of(pamh) == hook; }

void abl_disarm(pam_handle_t *pamh) {
  struct armed **link = find(pamh);
  if (*link) release(link);
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
    abl_verdict(entry.pamh, entry.login, status, entry.failures && !entry.answers);
  }
  if (previous)
    previous(status, microseconds, application_data);
  else
    sleep_like_libpam(status, microseconds);
}

static int is_question(int count, const struct pam_message **messages) {
  for (int index = 0; index < count; index++) {
    int style = messages[index]->msg_style;
    if (style == PAM_PROMPT_ECHO_OFF || style == PAM_PROMPT_ECHO_ON) return 1;
  }
  return 0;
}

static void forget_answers(int count, struct pam_response **responses) {
  if (!*responses) return;
  for (int index = 0; index < count; index++) {
    char *answer = (*responses)[index].resp;
    if (!answer) continue;
    explicit_bzero(answer, strlen(answer));
    free(answer);
  }
  free(*responses);
  *responses = NULL;
}

// The application's conversation, and then a look whether the answer comes in time: a prompt may stay open for longer
// than an attempt is held to be in flight, and others have been let on in its place since. A question after an answer
// may tell that the answer was wrong: that is noted before it is asked.
static int converse(int count, const struct pam_message **messages,
                    struct pam_response **responses, void *data) {
  struct armed *entry = data;
  const struct pam_conv *own = &entry->conversation;
  int asks = is_question(count, messages);
  if (asks && entry->answers && !abl_goes_on(entry->pamh, entry->login)) return PAM_CONV_ERR;
  int code = own->conv(count, messages, responses, own->appdata_ptr);
  if (!asks) return code;
  if (code != PAM_SUCCESS) {
    entry->failures++;
    return code;
  }
  entry->answers++;
  if (abl_goes_on(entry->pamh, entry->login)) return PAM_SUCCESS;
  forget_answers(count, responses);
  return PAM_CONV_ERR;
}

void abl_log(pam_handle_t *pamh, int priority, const char *text) {
  pam_syslog(pamh, priority, "%s", text);
}

const char *abl_user(pam_handle_t *pamh) {
  const char *user = NULL;
  return pam_get_user(pamh, &user, NULL) == PAM_SUCCESS ? user : NULL;
}

const char *abl_item(pam_handle_t *pamh, int item) {
  const void *value = NULL;
  return pam_get_item(pamh, item, &value) == PAM_SUCCESS ? value : NULL;
}
