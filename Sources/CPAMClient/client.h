// One login as a program asks libpam for it. libpam is loaded when it is wanted: the other commands of ablctl start without it.
#ifndef ABL_CPAMCLIENT_H
#define ABL_CPAMCLIENT_H

#include <dlfcn.h>
#include <security/pam_appl.h>
#include <stdlib.h>
#include <string.h>

// Answers each question with the password.
static inline int cpam_converse(int count, const struct pam_message **messages, struct pam_response **responses,
                                void *data) {
  if (count <= 0 || count > PAM_MAX_NUM_MSG) return PAM_CONV_ERR;
  struct pam_response *answers = (struct pam_response *)calloc((size_t)count, sizeof *answers);
  if (!answers) return PAM_BUF_ERR;
  for (int index = 0; index < count; index++) {
    int style = messages[index]->msg_style;
    if (style != PAM_PROMPT_ECHO_OFF && style != PAM_PROMPT_ECHO_ON) continue;
    answers[index].resp = strdup((const char *)data);
  }
  *responses = answers;
  return PAM_SUCCESS;
}

enum { cpam_unavailable = -1 };

// What libpam says of a password; cpam_unavailable if there is no libpam.
static inline int cpam_authenticate(const char *service, const char *user, const char *host, const char *password) {
  void *library = dlopen("libpam.so.0", RTLD_NOW);
  if (!library) return cpam_unavailable;
  int (*start)(const char *, const char *, const struct pam_conv *, pam_handle_t **);
  int (*set_item)(pam_handle_t *, int, const void *), (*authenticate)(pam_handle_t *, int), (*end)(pam_handle_t *, int);
  *(void **)&start = dlsym(library, "pam_start");
  *(void **)&set_item = dlsym(library, "pam_set_item");
  *(void **)&authenticate = dlsym(library, "pam_authenticate");
  *(void **)&end = dlsym(library, "pam_end");
  if (!start || !set_item || !authenticate || !end) return cpam_unavailable;
  const struct pam_conv conversation = {cpam_converse, (void *)password};
  pam_handle_t *handle = NULL;
  int code = start(service, user, &conversation, &handle);
  if (code != PAM_SUCCESS) return code;
  code = set_item(handle, PAM_RHOST, host);
  if (code == PAM_SUCCESS) code = set_item(handle, PAM_TTY, "ssh");
  if (code == PAM_SUCCESS) code = authenticate(handle, PAM_SILENT);
  end(handle, code);
  return code;
}

#endif
