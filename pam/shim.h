// The C side of the PAM module: what Swift cannot say. It decides nothing.
#ifndef ABL_PAM_SHIM_H
#define ABL_PAM_SHIM_H

#include <stdint.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include <security/pam_appl.h>
#include <security/pam_modules.h>
#include <security/pam_ext.h>

// Writes `text` to the log of the machine, as it is; pam_syslog is variadic.
void abl_log(pam_handle_t *pamh, int priority, const char *text);

// Makes libpam call abl_verdict, once, when the running pam_authenticate of `pamh` has its result. What the application
// has set as PAM_FAIL_DELAY is called after it, as if we weren't there. `login` is what abl_verdict gets: libpam doesn't
// give a module its data at that moment. Returns a PAM code.
int abl_arm(pam_handle_t *pamh, void *login);

// Whether the verdict on `pamh` is still to come.
int abl_is_armed(pam_handle_t *pamh);

// Forgets `pamh`, whose life ends.
void abl_disarm(pam_handle_t *pamh);

// In Swift: the result of a pam_authenticate that was armed. `was_left` if the user was asked and gave no answer at all,
// so that nothing can have been judged.
void abl_verdict(pam_handle_t *pamh, void *login, int status, int was_left);

// In Swift: the user has answered a prompt, or is about to be asked for more after he has. Not 0 if that may go on.
int abl_goes_on(pam_handle_t *pamh, void *login);

// The item PAM_USER (asked for where the application has not set it), PAM_RHOST, PAM_SERVICE; null where there is none.
const char *abl_user(pam_handle_t *pamh);
const char *abl_item(pam_handle_t *pamh, int item);

#endif
