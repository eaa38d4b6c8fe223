/* common.pml: the states of a slot, and what the models share. Attempts are numbered from 1; an id is its attempt's number,
 * and sets of ids are bits. The control word (ticket, pid, state) is changed by compare-and-swap only. */
#define FREE 0
#define CLAIMED 1
#define CHOOSING 2
#define OPEN 3
#define ADMITTED 4
#define HALFWAY 5
#define WRITING 6
#define JOURNALED 7
#define FAILED 8
#define FORGIVEN 9
#define RETRACTED 10

#define bit(a) (1 << (a))
#define count(m) ((((m) >> 1) & 1) + (((m) >> 2) & 1) + (((m) >> 3) & 1) + (((m) >> 4) & 1) + (((m) >> 5) & 1) + (((m) >> 6) & 1))
