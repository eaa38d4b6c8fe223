#include "shim.h"

#include <stdlib.h>
#include <sys/select.h>

typedef void (*delay_function)(int status, unsigned microseconds, void *application_data);

// The handles of this thread that wait for a verdict, the innermost first: a module may authenticate within an
// authentication. libpam passes the application's pointer to the hook, not the handle; hence this list.
struct armed {
  pam_handle_t *pamh;
  void *login;
  delay_function previous;
  struct armed *next;
};

static _Thread_local struct armed *armed_handles __attribute__((tls_model("global-dynamic")));

static void hook(int status, unsigned microseconds, void *application_data);

static delay_function delay_of(pam_handle_t *pamh) {
  const void *function = NULL;
  if (pam_get_item(pamh, PAM_FAIL_DELAY, &function) != PAM_SUCCESS) return NULL;
  return (delay_function)function;
}

static struct armed **find(const pam_handle_t *pamh) {
  struct armed **link = &armed_handles;
  while (*link && (*link)->pamh != pamh) link = &(*link)->next;
  return link;
}

static void take(struct armed **link) {
  struct armed *gone = *link;
  *link = gone->next;
  free(gone);
}

int abl_arm(pam_handle_t *pamh, void *login) {
  abl_disarm(pamh);
  struct armed *new = malloc(sizeof *new);
  if (!new) return PAM_BUF_ERR;
  *new = (struct armed){pamh, login, delay_of(pamh), armed_handles};
  int code = pam_set_item(pamh, PAM_FAIL_DELAY, (const void *)hook);
  if (code == PAM_SUCCESS)
    armed_handles = new;
  else
    free(new);
  return code;
}

int abl_is_armed(pam_handle_t *pamh) { return *find(pamh) && delay_of(pamh) == hook; }

void abl_disarm(pam_handle_t *pamh) {
  struct armed **link = find(pamh);
  if (!*link) return;
  if (delay_of(pamh) == hook) pam_set_item(pamh, PAM_FAIL_DELAY, (const void *)(*link)->previous);
  take(link);
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
    pam_handle_t *pamh = (*link)->pamh;
    void *login = (*link)->login;
    previous = (*link)->previous;
    take(link);
    pam_set_item(pamh, PAM_FAIL_DELAY, (const void *)previous);
    abl_verdict(pamh, login, status);
  }
  if (previous)
    previous(status, microseconds, application_data);
  else
    sleep_like_libpam(status, microseconds);
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
