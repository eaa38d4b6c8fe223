// unarmable.c → unarmable.so: a preloaded library under which no module can have libpam tell it the verdict: the item
// PAM_FAIL_DELAY can't be set, as if there were no memory.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <security/pam_appl.h>
#include <stddef.h>

int pam_set_item(pam_handle_t *pamh, int item, const void *value) {
  int (*own)(pam_handle_t *, int, const void *) = (int (*)(pam_handle_t *, int, const void *))dlsym(RTLD_NEXT, "pam_set_item");
  if (item == PAM_FAIL_DELAY && value != NULL) return PAM_BUF_ERR;
  return own != NULL ? own(pamh, item, value) : PAM_SYSTEM_ERR;
}
