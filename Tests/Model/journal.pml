/* journal.pml: a verdict's way to the disk, checkpoint and unblock, and what a boot finds (with common.pml; `check` runs it).
 *
 * Modelled: admitted attempts of one host and one user; the verdict, the journal slot, its sync; a failed write; a slot that is taken
 * over (TAKES) or freed by the unblock; filing anew with the same id; take-back; the checkpoint and the unblock of the user, each
 * killed at any step and begun again; KILLS of attempts at any step; one power cut at any step. It keeps, tears or loses what
 * wasn't synced, the table is gone, and the next one is filled from the journal.
 * An unblock notes in the store, with the commit that removes the user's failures, the ids of failures that still are in slots:
 * they are pardoned, for this user only.
 * Abstracted: admission (admission.pml). A slot's owner is known by its id. Commits are atomic, as LMDB's are. `retracted` is in
 * memory only: that a right verdict doesn't count is asked until the power cut. A failure that was taken over before the
 * unblock's end may count for the user or not.
 *
 * Never: an acknowledged failure that doesn't count for its host, or, unless the unblock met it, for its user; a failure from before
 * the unblock that counts for the user after it; a right verdict that counts.
 *
 * ORDERS, and the switch that swaps each:
 *  1 the journal is synced before the failure is acknowledged                NO_JOURNAL_SYNC
 *  2 the store is synced before a slot is freed                              NO_STORE_SYNC, FREE_FIRST
 *  3 the journal's slot is cleared before the table's is freed               CLEAR_LAST
 *  4 a slot that is being written is left alone while its owner lives        WRITING_TAKEN
 *  5 a wrong verdict on a lost slot is filed before it is acknowledged       DROPS_LOST
 *  6 an unblock pardons failures still in slots, in the commit that removes  NO_PARDON
 *  7 a pardon outlives the slot by a checkpoint                              PARDON_DROPPED
 *  8 the journal is synced before a commit that removes an id or a pardon    NO_SYNC_BEFORE_REMOVAL
 * FORGIVEN_STATE is the protocol as it was first written: the unblock makes a `writing` slot forgiven in the table. The host loses
 * its failure. USER_ONLY looks away from that: a failure that is journaled between the checkpoint and the forgiving survives the
 * unblock; and with FORGIVE_FIRST it still comes back after a power cut.
 */
#include "common.pml"
#ifndef SLOTS
#define SLOTS 2
#endif
#ifndef KILLS
#define KILLS 1
#endif
#ifndef TAKES
#define TAKES 1
#endif
#define ALL (bit(1) | bit(2))
#define me (_pid + 1)

/* The table, in memory. A slot's owner is the attempt with its id. */
byte state[SLOTS], id[SLOTS];
/* The journal and the store: what processes see, and what is on the disk. Of the store: host's failures, user's, pardoned ids. */
byte journal[SLOTS], journal_disk[SLOTS];
byte host, user, pardon, host_disk, user_disk, pardon_disk;

byte started, dead, kills, takes;
byte leaving;                          /* whose turn it is to end, at a kill or the power cut */
bool booted, begun, ended;             /* the power cut and the boot; the unblock of the user */
/* Ghosts: judged wrong by its own slot; told so (acknowledged); judged right, though taken for a failure; judged wrong before the
 * unblock; judged wrong while it went on. */
byte wrong, told, right, before, during, taken;
bool no_failure_lost, host_keeps_its_failures, nothing_forgiven_comes_back, right_not_counted;

#define failing(i) (state[i] >= WRITING && state[i] <= FAILED -> bit(id[i]) : 0)
#define retracting(i) (state[i] == RETRACTED -> bit(id[i]) : 0)
#define any_failing (failing(0) | failing(1))
#define any_retracting (retracting(0) | retracting(1))
#define held ((state[0] != FREE -> bit(id[0]) : 0) | (state[1] != FREE -> bit(id[1]) : 0))
#define host_counts ((host | any_failing) & ~any_retracting)
#define user_counts ((user | any_failing) & ~any_retracting & ~pardon)

inline sync_journal() { d_step { journal_disk[0] = journal[0]; journal_disk[1] = journal[1] } }
inline sync_store() { d_step { host_disk = host; user_disk = user; pardon_disk = pardon } }
inline claim(st) {
  atomic {
    started >= me - 1;                     /* attempts differ by nothing: they are numbered as they come */
    started = (started < me -> me : started);
    if :: state[0] == FREE -> s = 0 :: state[1] == FREE -> s = 1 fi;
    state[s] = st; id[s] = me
  }
}
inline acknowledge() { told = told | bit(me) }
inline judged_wrong() { wrong = wrong | bit(me); during = (begun && !ended -> during | bit(me) : during) }

active [2] proctype attempt() provided (leaving == 0 || leaving == me) {
  byte s; bool ok;
  {
  claim(ADMITTED);
  if
  :: atomic {                              /* wrong */
       ok = state[s] == ADMITTED && id[s] == me;
       if :: ok -> state[s] = WRITING; judged_wrong() :: else fi
     }
     if
     :: ok -> skip
     :: else ->
#ifdef DROPS_LOST
        acknowledge(); goto finish;
#endif
        claim(CLAIMED);
        atomic { state[s] = WRITING; judged_wrong() }
     fi;
     if
     :: journal[s] = me;
#ifndef NO_JOURNAL_SYNC
        sync_journal();
#endif
        atomic { ok = state[s] == WRITING && id[s] == me; if :: ok -> state[s] = JOURNALED :: else fi }
        if
        :: ok -> skip
        :: else ->                         /* forgiven */
           journal[s] = 0;
           atomic { if :: state[s] == FORGIVEN && id[s] == me -> state[s] = FREE; id[s] = 0 :: else fi }
        fi;
        acknowledge()
     :: atomic {                           /* the journal can't be written: not acknowledged before it is in the store */
          if
          :: state[s] == WRITING && id[s] == me -> state[s] = FAILED
          :: state[s] == FORGIVEN && id[s] == me -> state[s] = FREE; id[s] = 0
          :: else
          fi
        }
     fi
  :: atomic {                              /* right */
       ok = state[s] == ADMITTED && id[s] == me;
       if :: ok -> state[s] = FREE; id[s] = 0 :: else fi
     }
     if
     :: ok -> skip
     :: else ->
        atomic { ok = state[s] == FAILED && id[s] == me; if :: ok -> state[s] = RETRACTED :: else fi }
        if
        :: ok -> skip
        :: else -> claim(CLAIMED); state[s] = RETRACTED
        fi;
        right = right | bit(me)
     fi
  fi;
finish:
  false
  } unless { leaving == me };
gone:
  atomic { leaving == me -> s = 0; ok = 0; leaving = (booted -> me + 1 : 0) };
  goto gone
}

inline free_slots() {
  i = 0;
  do
  :: i < SLOTS && saw[i] != 0 ->
#ifndef CLEAR_LAST
     journal[i] = 0;
#endif
     d_step { if :: state[i] == saw[i] -> state[i] = FREE; id[i] = 0 :: else fi; saw[i] = 0 }
#ifdef CLEAR_LAST
     journal[i] = 0;
#endif
     i++
  :: i < SLOTS && saw[i] == 0 -> i++
  :: i == SLOTS -> break
  :: i > 0 -> goto killed
  od
}

#ifdef WRITING_TAKEN
#define may_take(i) true
#else
#define may_take(i) (booted || (dead & bit(id[i])))
#endif

/* Moves failures into the store. Killed at any step: the next holder begins at the top. */
inline file_failures() {
  i = 0;
  do
  :: i < SLOTS ->
     d_step {
       if
       :: state[i] == JOURNALED || state[i] == FAILED || state[i] == WRITING && may_take(i)
          -> add = add | bit(id[i]); saw[i] = state[i]
       :: state[i] == RETRACTED -> drop = drop | bit(id[i]); saw[i] = state[i]
       :: state[i] == FORGIVEN && (booted || (dead & bit(id[i]))) -> saw[i] = state[i]
       :: else
       fi;
       i++
     }
  :: i == SLOTS -> break                   /* killed before: as if the next holder had begun */
  od;
#ifndef NO_SYNC_BEFORE_REMOVAL
  if :: drop | pardon -> sync_journal() :: else fi;
#endif
#ifdef FREE_FIRST
  free_slots();
#endif
  atomic {
    host = (host | add) & ~drop; user = (user | (add & ~pardon)) & ~drop;
#ifdef PARDON_DROPPED
    pardon = pardon & held_when_seen & ~add
#else
    pardon = pardon & held_when_seen         /* an id in no slot, nor in the journal on the disk, can't come back */
#endif
  }
#ifndef NO_STORE_SYNC
  sync_store();
#endif
#ifndef FREE_FIRST
  free_slots();
#endif
  atomic { add = 0; drop = 0; held_when_seen = 0 }
}

#ifdef FORGIVEN_STATE                  /* as the protocol was */
inline forgive() {
  i = 0;
  do
  :: i < SLOTS -> d_step { if :: state[i] == WRITING -> state[i] = FORGIVEN :: else fi; i++ }
  :: else -> break
  od
}
inline unblock() {
#ifdef FORGIVE_FIRST
  forgive();
#endif
  file_failures();
  sync_journal();
  user = 0;
  sync_store();
#ifndef FORGIVE_FIRST
  forgive()
#endif
}
#else
inline unblock() {
  do
  :: i < SLOTS ->
     d_step {
       if
#ifdef NO_PARDON
       :: (state[i] == JOURNALED || state[i] == FAILED) -> add = add | bit(id[i])
#else
       :: state[i] >= WRITING && state[i] <= FAILED -> add = add | bit(id[i])
#endif
       :: else
       fi;
       i++
     }
  :: else -> break
  od;
#ifndef NO_SYNC_BEFORE_REMOVAL
  sync_journal();
#endif
  atomic { user = 0; pardon = pardon | add }
  sync_store()
}
#endif

#define work (state[0] >= WRITING || state[1] >= WRITING)
active proctype holder() provided (leaving == 0 || leaving == 3) {
  byte i, add, drop, saw[SLOTS], held_when_seen;
  {
  skip;
killed:
  atomic { i = 0; add = 0; drop = 0; saw[0] = 0; saw[1] = 0; held_when_seen = 0 }
end:
  if
  :: atomic { work -> held_when_seen = held }
     file_failures()
  :: atomic { !ended -> if :: !begun -> begun = true; before = wrong :: else fi; held_when_seen = held };
     unblock();
     atomic { ended = true; during = during | taken }
  fi;
  goto killed
  } unless { booted };
  atomic { i = 0; add = 0; drop = 0; saw[0] = 0; saw[1] = 0; held_when_seen = 0; leaving = 4 }
}

/* After the boot. */
active proctype next_holder() provided (booted && leaving == 0) {
  byte i, add, drop, saw[SLOTS], held_when_seen;
killed:
  atomic { i = 0; add = 0; drop = 0; saw[0] = 0; saw[1] = 0; held_when_seen = 0 }
end:
  atomic { work -> held_when_seen = held }
  file_failures();
  goto killed
}

inline survive(i) {
  if
  :: journal_disk[i] = journal[i]
  :: true
  :: journal_disk[i] != journal[i] -> journal_disk[i] = 0   /* half written */
  fi;
  journal[i] = journal_disk[i]; id[i] = journal[i];
  state[i] = (id[i] -> JOURNALED : FREE)
}
#define take_over(i) \
  :: atomic { \
       !booted && takes < TAKES && state[i] == ADMITTED -> takes++; \
       if \
       :: taken = bit(id[i]); state[i] = FAILED \
       :: begun && !ended -> state[i] = FREE; id[i] = 0        /* freed by the unblock, stuck */ \
       fi \
     }
active proctype world() provided (leaving == 0 || leaving == 4) {
end:
  do
  :: atomic { !booted && kills < KILLS && started > 0 && !(dead & bit(1)) -> kills++; dead = dead | bit(1); leaving = 1 }
  :: atomic { !booted && kills < KILLS && started > 1 && !(dead & bit(2)) -> kills++; dead = dead | bit(2); leaving = 2 }
  take_over(0)
  take_over(1)
#ifndef NO_CUT
  :: atomic { !booted -> booted = true; dead = ALL; started = 2; leaving = 1 }
     atomic {
       leaving == 4 ->
       if
       :: host = host_disk; user = user_disk; pardon = pardon_disk
       :: host_disk = host; user_disk = user; pardon_disk = pardon
       fi;
       survive(0); survive(1);
       kills = KILLS; takes = TAKES; wrong = 0; right = 0; taken = 0;
       leaving = 0
     }
#endif
  od
}

active proctype watch() provided (leaving == 0) {
end:
  do
#ifndef USER_ONLY
  :: atomic { told & ~host_counts -> assert(host_keeps_its_failures) }
#endif
  :: atomic { told & ~user_counts & ~before & ~during & (begun && !ended -> 0 : ALL) -> assert(no_failure_lost) }
  :: atomic { ended && (before & user_counts) -> assert(nothing_forgiven_comes_back) }
  :: atomic { !booted && (right & host_counts) -> assert(right_not_counted) }
  od
}
