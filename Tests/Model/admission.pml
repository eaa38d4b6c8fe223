/* admission.pml: the table of attempts in flight, without a lock (with common.pml; `check` runs it).
 *
 * Modelled: claim, choose, take a ticket, publish, look, wait, give up; the verdict, also of an attempt whose slot was taken
 * over; take-back; slots that are used again; slots of others that are freed or made failures; the checkpoint, killed at any step.
 * Three attempts (or two) with two slots or three, limits 1 and 2, one subject or two (of which an attempt may concern both).
 * A process may stall at any step, since no fairness is asked. KILLS of them may die at any step. STOPS times one is taken for
 * stopped, at any step: whether it is makes no difference to the others. BORROWED ones (su, sudo) know their verdict.
 * Abstracted: an id is the attempt's number, and a subject is a set of ids. A slot is read in one step, since its control word
 * is read again after its words (order 8). The store is read and committed in one step (store.pml); journal, unblock and boot are
 * in journal.pml; there is one table (table.pml). Pids don't come back. To see a slot and to swap it is one step: a word never
 * comes back. The attempts that differ by nothing (ALIKE) are numbered as they come.
 *
 * Never: more judged or judged wrong than the limit; a failure in neither store nor table; a failure that counts twice; a right
 * verdict that counts in the end; a refusal without as many failures; a wait for another subject's attempts, or without an end.
 *
 * ORDERS, and the switch that swaps each:
 *  1 choosing, then the ticket, then open                                    NO_CHOOSING
 *  2 ticket and open are one word                                            TICKET_APART
 *  3 the words before the ticket is taken                                    WORDS_LATE
 *  4 `high` before the slot is published                                     HIGH (on), HIGH_LATE
 *  5 the table before the store                                              STORE_FIRST
 *  6 the commit before a slot is freed                                       FREE_FIRST
 *  7 a slot is freed by compare-and-swap, by others and by its owner         EVICT_BY_STORE, FREE_BY_STORE
 *  8 the control word is read again after the words                          NO_REREAD
 *  9 a claimed slot stays, however long its owner stops                      FREE_CLAIMED
 * 10 a right verdict on a failure leaves `retracted` behind                  FORGETS_RETRACTION
 * 11 the checkpoint frees what it read, not what it finds                    FREES_WHATEVER
 * 12 a wrong verdict on a lost slot keeps its id                             NEW_ID
 * 13 only the own subjects' attempts are waited for                          ANY_SUBJECT
 * PATIENT: an attempt waits until `change` has changed, and doesn't give up. Then no wake-up may be lost:
 * 14 `change` is read before the look                                        CHANGE_LATE
 * 15 freeing a slot changes it                                               NOT_WOKEN
 * 16 so does publishing a ticket: another may wait for what was choosing     TICKET_WAKES_NONE
 */
#include "common.pml"
#ifndef LIMIT
#define LIMIT 1
#endif
#ifndef SLOTS
#define SLOTS 2
#endif
#ifndef KILLS
#define KILLS 1
#endif
#ifndef STOPS
#define STOPS 1
#endif
#ifndef BORROWED
#define BORROWED 0
#endif
#ifndef HOST                      /* the ids that concern subject 0, and subject 1 */
#define HOST (bit(1) | bit(2) | bit(3))
#endif
#ifndef USER
#define USER 0
#endif
#define me (_pid + 1)
#define ALL (bit(1) | bit(2) | bit(3))
#ifdef FREE_CLAIMED
#define SLOW_WORDS
#endif
#ifdef NEW_ID
#define known_as(a) ((a) + 3)
#else
#define known_as(a) (a)
#endif
#define both_names(m) ((m) | ((m) << 3))

/* The table, and the store. `woken` is the word `change`: a bit for each attempt that has not read its last value. */
byte state[SLOTS], ticket[SLOTS], owner[SLOTS], id[SLOTS];
byte next = 1, high, woken, store;

/* What the world knows: processes that are gone, or stopped; attempts that have ended. */
byte started, dead, dying, done, kills, stops;
#define only(a) (dying == 0 || dying == (a))

/* Ghosts: being judged, judged wrong (or left with its judge by a caller that may know), judged right, ever taken for a failure. */
byte judged, wrong, right, ever;
bool judged_within_limit, no_failure_lost, counted_once, right_not_counted, refused_with_reason, waits_for_its_own;

#define is_at_limit(m) \
  ((HOST & bit(me)) && count((m) & both_names(HOST)) >= LIMIT || (USER & bit(me)) && count((m) & both_names(USER)) >= LIMIT)
#ifdef ANY_SUBJECT
#define at_limit(m) (count(m) >= LIMIT)
#else
#define at_limit(m) is_at_limit(m)
#endif
#define over_limit(m) (count((m) & HOST) > LIMIT || count((m) & USER) > LIMIT)
#define is(i, st, tk, ow) (state[i] == st && ticket[i] == tk && owner[i] == ow)
#define is_failure(i) (state[i] == WRITING || state[i] == JOURNALED || state[i] == FAILED)
#define left_as_failure(i) ((state[i] == HALFWAY || state[i] == ADMITTED && (BORROWED & bit(owner[i]))) && (dead & bit(owner[i])))
#define failing(i) (is_failure(i) || left_as_failure(i) -> bit(id[i]) : 0)
#define files(i) (state[i] >= WRITING)
#define retracting(i) (state[i] == RETRACTED -> bit(id[i]) : 0)
#if SLOTS == 2
#define work (files(0) || files(1))
#define counted ((store | failing(0) | failing(1)) & ~(retracting(0) | retracting(1)))
#else
#define work (files(0) || files(1) || files(2))
#define counted ((store | failing(0) | failing(1) | failing(2)) & ~(retracting(0) | retracting(1) | retracting(2)))
#endif

#ifdef PATIENT                    /* waits until `change` has changed, however long */
#define wake woken = woken | ALL
#define heed woken = woken & ~bit(me)
#else                             /* may look again at any time, and give up */
#define wake skip
#define heed skip
#endif
#ifdef HIGH
#define raise high = (high <= s -> s + 1 : high)
#else
#define raise high = SLOTS
#endif

#ifdef TICKET_APART                /* a slot without a ticket is not before any */
#define before_mine(i) (ticket[i] != 0 && ticket[i] < t)
#else
#define before_mine(i) (ticket[i] < t)
#endif

#ifdef NOT_WOKEN
#define wake_others skip
#else
#define wake_others wake
#endif

inline release(i) { state[i] = FREE; ticket[i] = 0; owner[i] = 0; id[i] = 0; wake_others }

/* Raises `high`, claims a free slot, writes the words. */
inline claim(name) {
  atomic {
#ifdef ALIKE                      /* attempts differ by nothing: they are numbered as they come */
    started >= me - 1; started = (started < me -> me : started);
#endif
    if
    :: state[0] == FREE -> s = 0
    :: state[1] == FREE -> s = 1
#if SLOTS > 2
    :: state[2] == FREE -> s = 2
#endif
    fi;
#ifndef HIGH_LATE
    raise;
#endif
    state[s] = CLAIMED; owner[s] = me
#if !defined(SLOW_WORDS) && !defined(WORDS_LATE)
    ; id[s] = name
#endif
  }
#ifdef SLOW_WORDS
  id[s] = name
#endif
}

/* Compare-and-swap of the own slot's control word. */
inline swap(from, t0, to, t1) {
  d_step { ok = is(s, from, t0, me); if :: ok -> state[s] = to; ticket[s] = t1 :: else fi }
}

inline leave() {                         /* one's own slot, from open */
  d_step { if :: is(s, OPEN, t, me) -> release(s) :: else fi; done = done | bit(me) }
}

#ifndef ATTEMPTS
#define ATTEMPTS 3
#endif
active [ATTEMPTS] proctype attempt() provided (only(me)) {
  byte s, t, i, h, bad, gone, pend, w; bool ok;
  {
skip;
again:
  claim(me);
#ifndef NO_CHOOSING
  swap(CLAIMED, 0, CHOOSING, 0);
  if :: !ok -> goto again :: else fi;
#endif
  d_step { t = next; next++ }
#ifdef WORDS_LATE
  id[s] = me;
#endif
#ifdef NO_CHOOSING
  swap(CLAIMED, 0, OPEN, t);
#elif defined(TICKET_APART)
  swap(CHOOSING, 0, OPEN, 0);
  swap(OPEN, 0, OPEN, t);
#else
  swap(CHOOSING, 0, OPEN, t);
#endif
  if :: !ok -> t = 0; goto again :: else fi;
#if defined(PATIENT) && !defined(TICKET_WAKES_NONE)
  wake;
#endif
#ifdef HIGH_LATE
  d_step { raise }
#endif

look:
#ifndef CHANGE_LATE
  atomic { heed; h = high; i = 0 }
#else
  atomic { h = high; i = 0 }
#endif
#ifdef STORE_FIRST
  bad = store;
#endif
  do
  :: i < h ->
#ifdef NO_REREAD
     w = state[i];
     d_step {
#else
     d_step { w = state[i];
#endif
       if
       :: i == s
       :: else ->
          if
          :: w == WRITING || w == JOURNALED || w == FAILED -> bad = bad | bit(id[i])
          :: w == RETRACTED -> gone = gone | bit(id[i])
          :: w == CHOOSING || w == ADMITTED || w == HALFWAY || w == OPEN && before_mine(i) -> pend = pend | bit(id[i])
          :: else
          fi
       fi;
       i++; w = 0
     }
  :: else -> break
  od;
  atomic {
#ifndef STORE_FIRST
    bad = bad | store;
#endif
    bad = bad & ~gone; i = 0; h = 0; gone = 0
#ifdef CHANGE_LATE
    ; heed
#endif
  }
  if
  :: is_at_limit(bad) ->
     d_step { if :: !is_at_limit(ever) -> assert(refused_with_reason) :: else fi }
     leave(); goto ended
  :: else ->
     if
     :: at_limit(bad | pend) ->
        d_step { if :: !is_at_limit(bad | pend) -> assert(waits_for_its_own) :: else fi; bad = 0; pend = 0 }
#ifdef PATIENT
        woken & bit(me) -> goto look
#else
        if
        :: goto look
        :: leave(); goto ended          /* pending_wait is over */
        fi
#endif
     :: else -> d_step { bad = 0; pend = 0 }
     fi
  fi;
  d_step {
    ok = is(s, OPEN, t, me);
    if
    :: ok -> state[s] = ADMITTED; judged = judged | bit(me);
       if :: over_limit(judged | wrong) -> assert(judged_within_limit) :: else fi
    :: else -> t = 0
    fi
  }
  if :: !ok -> goto again :: else fi;
#ifdef HALF
  if
  :: swap(ADMITTED, t, HALFWAY, t)
  :: true
  fi;
#endif

  if
  :: atomic {                           /* judged wrong */
       judged = judged & ~bit(me); wrong = wrong | bit(me); ever = ever | bit(me);
       ok = is(s, ADMITTED, t, me) || is(s, HALFWAY, t, me);
       if :: ok -> state[s] = WRITING :: else fi
     }
#ifdef PATIENT
     wake;
#endif
     if
     :: ok -> skip
     :: else ->
        t = 0; claim(known_as(me));
        swap(CLAIMED, 0, WRITING, 0)
     fi;
     if
     :: swap(WRITING, t, JOURNALED, t)
     :: swap(WRITING, t, FAILED, t)     /* the journal can't be written */
     fi
  :: atomic {                           /* judged right */
       judged = judged & ~bit(me);
#ifdef FREE_BY_STORE
       ok = true; release(s)
#else
       ok = is(s, ADMITTED, t, me) || is(s, HALFWAY, t, me);
       if :: ok -> release(s) :: else fi
#endif
     }
     if
     :: ok -> skip
     :: else ->
        right = right | bit(me);
#ifdef FORGETS_RETRACTION
        d_step { if :: is(s, FAILED, t, me) -> release(s) :: else fi }
#else
        swap(FAILED, t, RETRACTED, t);
        if
        :: ok -> skip
        :: else -> t = 0; claim(me); swap(CLAIMED, 0, RETRACTED, 0)
        fi
#endif
     fi
  fi;
  done = done | bit(me);
ended:
  skip
  } unless { dying == me };
  atomic { dying = 0; s = 0; t = 0; i = 0; h = 0; bad = 0; gone = 0; pend = 0; w = 0; ok = 0 }
}

/* Any process, of another's slot: sees what it may do, then swaps. That an owner is stopped may be seen of any that is slow. */
#define gone_owner(i) (dead & bit(owner[i]))
#define borrowed(i) (BORROWED & bit(owner[i]))
#define lapses(i) \
  (gone_owner(i) && (state[i] == CLAIMED || state[i] == CHOOSING || state[i] == OPEN || state[i] == ADMITTED && !borrowed(i)))
#define fails(i) (gone_owner(i) && (state[i] == HALFWAY || state[i] == ADMITTED && borrowed(i)))
#ifdef FREE_CLAIMED
#define freed_stopped(i) (state[i] == CLAIMED || state[i] == CHOOSING || state[i] == OPEN)
#else
#define freed_stopped(i) (state[i] == CHOOSING || state[i] == OPEN)
#endif
#define fails_stopped(i) ((state[i] == ADMITTED || state[i] == HALFWAY) && borrowed(i))
inline free_or_fail() { if :: to == FREE -> release(i) :: else -> state[i] = FAILED; ever = ever | bit(id[i]); wake fi }
#ifdef EVICT_BY_STORE
inline take(n, what) { i = n; to = what }
#else                             /* words never come back, so to see and to swap is one step if the swap succeeds */
inline take(n, what) { i = n; to = what; free_or_fail(); i = 0; to = 0 }
#endif
#define of(n) \
  :: atomic { lapses(n) -> take(n, FREE) } \
  :: atomic { fails(n) -> take(n, FAILED) } \
  :: atomic { stops < STOPS && freed_stopped(n) -> stops++; take(n, FREE) } \
  :: atomic { stops < STOPS && fails_stopped(n) -> stops++; take(n, FAILED) }

active proctype others() provided (dying == 0) {
  byte i, to;
end:
  if
  of(0)
  of(1)
#if SLOTS > 2
  of(2)
#endif
  fi;
#ifdef EVICT_BY_STORE
  atomic { free_or_fail(); i = 0; to = 0 }
#endif
  goto end
}

/* The holder of the store's lock. Killed anywhere, the next one begins again. */
active proctype checkpoint() provided (dying == 0) {
  byte i, add, drop, saw[SLOTS];
end:
  do
  :: i < SLOTS && (i > 0 || work) ->
     d_step {
       if
       :: state[i] == JOURNALED || state[i] == FAILED || state[i] == WRITING && (dead & bit(owner[i]))
          -> add = add | bit(id[i]); saw[i] = state[i]
       :: state[i] == RETRACTED -> drop = drop | bit(id[i]); saw[i] = RETRACTED
       :: else
       fi;
       i++
     }
  :: i == SLOTS ->
     if
     :: add | drop ->
#ifndef FREE_FIRST
        d_step { store = (store | add) & ~drop; add = 0; drop = 0; i = 0 }
#else
        i = 0;
#endif
        do
        :: i < SLOTS ->
           d_step {
             if
#ifdef FREES_WHATEVER
             :: saw[i] && (state[i] == saw[i] || state[i] == RETRACTED) -> release(i)
#else
             :: saw[i] && state[i] == saw[i] -> release(i)
#endif
             :: else
             fi;
             saw[i] = 0; i++
           }
        :: i > 0 -> break               /* killed, or all done */
        od;
#ifdef FREE_FIRST
        atomic { store = (store | add) & ~drop; add = 0; drop = 0 }
#endif
     :: else
     fi;
     atomic { i = 0; saw[0] = 0; saw[1] = 0
#if SLOTS > 2
     ; saw[2] = 0
#endif
     }
  od
}

/* Kills, stops and continues. An attempt that is killed while it is judged tells its verdict to none,
 * unless its caller can know it. */
#ifdef ALIKE
#define alike(a) (started >= a)
#else
#define alike(a) true
#endif
#define kill(a) \
  :: atomic { \
       kills < KILLS && alike(a) && !((dead | done) & bit(a)) -> dead = dead | bit(a); kills++; \
       if \
       :: judged & bit(a) -> \
          judged = judged & ~bit(a); \
          if \
          :: (BORROWED & bit(a)) || (counted & bit(a)) -> wrong = wrong | bit(a); ever = ever | bit(a) \
          :: else \
          fi \
       :: else \
       fi; \
       dying = a \
     }
active proctype world() provided (dying == 0) {
end:
  do
  kill(1)
  kill(2)
#if ATTEMPTS > 2
  kill(3)
#endif
  od
}

/* What must never be. */
active proctype watch() provided (dying == 0) {
end:
  do
  :: atomic { (wrong & ~counted) && !(counted & (wrong << 3)) -> assert(no_failure_lost) }
  :: atomic { counted & (counted >> 3) & ALL -> assert(counted_once) }
  :: atomic { right & done & counted -> assert(right_not_counted) }
  od
}
