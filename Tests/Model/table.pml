/* table.pml: the table is made by more than one at once, and removed (with common.pml; `check` runs it).
 *
 * Modelled: three attempts after a boot, with no table; each may make one, fill it from the journal, and link it; publish, check the
 * path, look, be judged. Once, the table is removed: while no attempt is in flight in it, and none is being made.
 * A removal at another time breaks the limit, whatever an attempt checks: REMOVED_WHILE_ONE_IS_MADE shows it.
 * Abstracted: a look and the ticket are one step each (admission.pml); failures stay in slots.
 *
 * Never: more judged or judged wrong than the limit.
 *
 * ORDERS, and the switch that swaps each:
 *  1 link: the first table wins                                              RENAMES
 *  2 filled before it is linked                                              LINK_FIRST
 *  3 published before the path is checked                                    CHECKED_FIRST, NOT_CHECKED
 */
#include "common.pml"
#define me (_pid + 1)
#define OLD 4                          /* a failure from before the boot, in the journal */
#ifndef LIMIT
#define LIMIT 2
#endif

byte path;                             /* the table that is linked: it has the number of the attempt that made it; 0 none */
byte failures[4], published[4];        /* of each table */
byte ticket[4], next = 1;              /* of each attempt; 0: admitted */
byte journal = bit(OLD), making, removals;
byte judged, wrong;                    /* ghosts */
bool judged_within_limit;

active [3] proctype attempt() {
  byte mine, i, seen;
map:
  if
  :: atomic { path != 0 -> mine = path }
  :: atomic { path == 0 -> making = making | bit(me) }
#ifndef LINK_FIRST
     failures[me] = journal;
#endif
     atomic {                          /* link: an existing one wins */
       if
#ifdef RENAMES
       :: true -> path = me; mine = me
#else
       :: path == 0 -> path = me; mine = me
       :: else -> mine = path
#endif
       fi;
       making = making & ~bit(me)
     }
#ifdef LINK_FIRST
     if :: mine == me -> failures[me] = journal :: else fi
#endif
  fi;
  skip;                                /* claims a slot */
#ifdef CHECKED_FIRST
  if :: path != mine -> goto map :: else fi;
#endif
  atomic { ticket[me] = next; next++; published[mine] = published[mine] | bit(me) }
#if !defined(CHECKED_FIRST) && !defined(NOT_CHECKED)
  if :: path != mine -> published[mine] = published[mine] & ~bit(me); goto map :: else fi;
#endif
  atomic {                             /* looks: see admission.pml */
    seen = failures[mine] & ~published[mine]; i = 1;
    do
    :: i < 4 ->
       if
       :: i != me && (published[mine] & bit(i)) && ticket[i] < ticket[me] -> seen = seen | bit(i)
       :: else
       fi;
       i++
    :: else -> break
    od;
    i = 0
  }
  if
  :: count(seen) >= LIMIT -> published[mine] = published[mine] & ~bit(me)
  :: else ->
     atomic {
       ticket[me] = 0; judged = judged | bit(me);
       if :: count(judged | wrong | bit(OLD)) > LIMIT -> assert(judged_within_limit) :: else fi
     }
     if
     :: atomic { judged = judged & ~bit(me); wrong = wrong | bit(me); failures[mine] = failures[mine] | bit(me) }
        journal = journal | bit(me)
     :: atomic { judged = judged & ~bit(me); published[mine] = published[mine] & ~bit(me) }
     fi
  fi
}

/* A table is removed. No attempt is in flight in it, and all that failed is in the journal. */
#ifdef REMOVED_WHILE_ONE_IS_MADE
#define quiet true
#else
#define quiet (making == 0)
#endif
active proctype remove() {
end:
  atomic { path != 0 && (published[path] & ~journal) == 0 && quiet && removals < 1 -> removals++; path = 0 };
  goto end
}
