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

// Likewise, at notice: "blocking SUBJECT until TIME: REASON", the time as this machine tells it.
void abl_log_block(pam_handle_t *pamh, const char *subject, long until, const char *reason);

// Puts us between the stack and the application until the running pam_authenticate of `pamh` has its result: abl_answer
// and abl_ask_more are called at questions, and abl_verdict, once, at the end. What the application has set as
// PAM_FAIL_DELAY is called after that, as if we weren't there. `login` is what they get: libpam doesn't give a module its
// data at that moment. Called again within one pass, it replaces the `login`. Returns a PAM code.
int abl_arm(pam_handle_t *pamh, void *login);

// Likewise, for an attempt that is refused: abl_verdict is not called, no answer reaches another module (they get junk in its
// place), and nothing is asked after the first answer.
int abl_refuse(pam_handle_t *pamh);

// Whether the verdict on `pamh` is still to come, and whether the attempt is refused.
int abl_is_armed(pam_handle_t *pamh);
int abl_is_refused(pam_handle_t *pamh);

// Whether there is an answer in the running pass: one that passed through us, or one that a module in front has left.
int abl_has_answer(pam_handle_t *pamh);

// What a module in front of us has left as the answer, where none has passed through us in the running pass; else null.
const char *abl_token(pam_handle_t *pamh);

// Forgets `pamh`, and puts everything back.
void abl_disarm(pam_handle_t *pamh);

// What the answers of a pass were.
enum abl_answers {
  abl_not_asked,  // there was no question
  abl_not_given,  // there was one, and no answer
  abl_all_empty,  // there were answers, and nothing in them
  abl_all_junk,   // there were answers, and all that stood in them is what sshd makes up for a user that it doesn't know
  abl_given,
};

// In Swift: the result of a pam_authenticate that was armed.
void abl_verdict(pam_handle_t *pamh, void *login, int status, enum abl_answers answers);

// What becomes of the first answer.
enum abl_reply {
  abl_hand_on,
  abl_hand_on_junk,  // the attempt is refused from now on
  abl_hold_back,     // likewise, and the module that asked gets an error
};

// In Swift: the user has given the first answer; no other module has it yet.
enum abl_reply abl_answer(pam_handle_t *pamh, void *login);

// In Swift: an answer is handed on to the other modules; null is one that isn't text, or isn't there.
void abl_note(void *login, const char *answer);

// In Swift: the user is about to be asked for more, after an answer. Not 0 if that may be asked.
int abl_ask_more(pam_handle_t *pamh, void *login);

// Whether the login has a peer in a network: sshd says so, or standard input is a connection, as of what inetd starts.
int abl_has_peer(pam_handle_t *pamh);

// Whether the user that logs in is the one that runs the program, as of a screen locker.
int abl_judges_itself(pam_handle_t *pamh);

// The name of the user that runs the program; null if that user has none.
const char *abl_own_name(pam_handle_t *pamh);

// Whether the line is for the service of `pamh`: by a word `only=SERVICE` it names one, by several each of them, by none it
// is for all.
int abl_is_for(pam_handle_t *pamh, int argc, const char **argv);

// A word as a setting: one that names a service is none, and empty, as is null. Never null.
const char *abl_setting(const char *word);

// Not 0 when it is asked about `event` of this handle for the first time.
int abl_is_first(pam_handle_t *pamh, const char *event);

// The item PAM_USER (asked for where the application has not set it), PAM_RHOST, PAM_SERVICE; null where there is none.
const char *abl_user(pam_handle_t *pamh);
const char *abl_item(pam_handle_t *pamh, int item);

// What a program that is not root asks abld, at its socket.
enum abl_deed {
  abl_look,     // is it blocked?
  abl_reserve,  // may its password be judged? If so, `ticket` is its number
  abl_fail,     // it was wrong: that of the ticket, or if there is none
  abl_succeed,  // that of the ticket was right
};

// What abld says.
enum abl_word {
  abl_fine,
  abl_refused,            // a rule or a decree blocks it
  abl_refused_in_flight,  // as many are being judged as may fail
  abl_no_right,           // this user may not ask that; of a verdict: it comes too late
  // None of these is a word.
  abl_absent,             // nothing listens there, as far as we can reach
  abl_foreign,            // what listens there is another's than root's
  abl_slow,
  abl_odd,                // no answer that we know
};

// The number of an attempt that abld has reserved; empty if there is none.
struct abl_ticket {
  char number[33];
};

// Asks it: within 100 ms, but where an attempt waits for others, for at most `patience` more. `words` are the path of the socket,
// the service, the user and the host, each with a NUL behind it; user and host are empty where they aren't known.
enum abl_word abl_ask(enum abl_deed deed, const char *words, unsigned port, unsigned patience, struct abl_ticket *ticket);

#endif
