/* store.pml: a look at the store without its lock (with common.pml; `check` runs it).
 *
 * Modelled: two failures in slots; commits to pages and then to a meta page, killed at any step; a compaction into another file;
 * and a look: the slots, the newer meta page, the walk over one page's halves, the meta pages again, the path again.
 * The file may have been opened long before. COMMITS bounds the commits.
 * Abstracted: a tree is one page of two halves. Pages are used again at once, which is worse than LMDB. The compaction holds the
 * lock. A read of both meta pages is one step.
 *
 * Never: a look that misses a failure from before it began; a failure in neither store nor table.
 *
 * ORDERS, and the switch that swaps each:
 *  1 the table before the store                                              STORE_FIRST
 *  2 the meta pages are compared after the walk                              METAS_NOT_COMPARED
 *  3 the path is compared after the walk                                     STORE_PATH_NOT_CHECKED
 *  4 pages before the meta page                                              META_FIRST
 */
#include "common.pml"
#ifndef COMMITS
#define COMMITS 4
#endif
#define PAGES 3
#define page(f, p) ((f) * PAGES + (p))
#define meta(f, k) ((f) * 2 + (k))

byte slot[2];                          /* the table: failures 1 and 2, each in a slot of its own until it is in the store */
byte left[6], right[6];                /* pages of two files, each in two halves: what failure 1 and failure 2 are in */
byte txn[4], root[4];                  /* meta pages, two in each file: the newer one counts */
byte path, commits;
byte failed;                           /* ghost: has failed */
bool nothing_missed, in_store_or_table;

#define newer(f) (txn[meta(f, 0)] >= txn[meta(f, 1)] -> 0 : 1)
#define top(f) root[meta(f, newer(f))]
#define stored (left[page(path, top(path))] | right[page(path, top(path))])
#define slots_count ((slot[0] == JOURNALED -> bit(1) : 0) | (slot[1] == JOURNALED -> bit(2) : 0))

active proctype fail() {
  do
  :: atomic { !(failed & bit(1)) -> slot[0] = JOURNALED; failed = failed | bit(1) }
  :: atomic { !(failed & bit(2)) -> slot[1] = JOURNALED; failed = failed | bit(2) }
  od
}

/* The holder of the lock. Killed at any step: the next one begins anew, over pages that no meta page names. */
inline write_meta() {
  atomic {
    k = 1 - newer(path);
    n = txn[meta(path, 1 - k)] + 1; txn[meta(path, k)] = n; root[meta(path, k)] = p;
    k = 0; n = 0
  }
}
active proctype holder() {
  byte take, all, p, k, n; bool compacted;
again:
  atomic { take = 0; all = 0; p = 0 }
  if
  :: atomic { commits < COMMITS -> commits++; take = slots_count; all = stored | take }
     if :: p = 0 :: p = 1 :: p = 2 fi;
     if :: p == top(path) -> goto again :: else fi;
#ifdef META_FIRST
     write_meta();
#endif
     atomic { left[page(path, p)] = 0; right[page(path, p)] = 0 }    /* was a page of anything */
     left[page(path, p)] = all & bit(1);
     if :: goto again :: true fi;
     right[page(path, p)] = all & bit(2);
#ifndef META_FIRST
     write_meta();
#endif
     if :: goto again :: true fi;
     if :: take & bit(1) -> slot[0] = FREE :: else fi;
     if :: take & bit(2) -> slot[1] = FREE :: else fi
  :: atomic { !compacted -> compacted = true; all = stored; left[page(1, 0)] = all & bit(1); right[page(1, 0)] = all & bit(2);
       txn[meta(1, 0)] = 1; root[meta(1, 0)] = 0 }
     path = 1
  fi;
  goto again
}

/* A look. The file may have been opened long ago. */
active proctype reader() {
  byte due, f, bad, t0, t1, r;
  f = path;
look:
  atomic { due = failed; bad = 0 }
#ifdef STORE_FIRST
walk:
#else
  bad = bad | (slot[0] == JOURNALED -> bit(1) : 0);
  bad = bad | (slot[1] == JOURNALED -> bit(2) : 0);
walk:
#endif
  atomic { t0 = txn[meta(f, 0)]; t1 = txn[meta(f, 1)]; r = top(f) }
  bad = bad | left[page(f, r)];
  bad = bad | right[page(f, r)];
#ifndef METAS_NOT_COMPARED
  if :: t0 != txn[meta(f, 0)] || t1 != txn[meta(f, 1)] -> goto walk :: else fi;
#endif
#ifndef STORE_PATH_NOT_CHECKED
  if :: path != f -> f = path; goto walk :: else fi;
#endif
#ifdef STORE_FIRST
  bad = bad | (slot[0] == JOURNALED -> bit(1) : 0);
  bad = bad | (slot[1] == JOURNALED -> bit(2) : 0);
#endif
  if :: due & ~bad -> assert(nothing_missed) :: else fi;
  goto look
}

active proctype watch() {
end:
  atomic { failed & ~(stored | slots_count) -> assert(in_store_or_table) }
}
