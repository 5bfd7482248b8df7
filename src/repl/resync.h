/* The master's answer to "PSYNC <id> <offset>".
 *
 * A replica may continue when it shares our history up to its offset and the bytes after it are
 * still in the journal. Everything else is a full synchronisation; the verdict keeps the reason for
 * the log and INFO.
 *
 * The wire counts from one: a replica that has 100 bytes asks for byte 101. In here it has 100, the
 * end of a half-open run; base/offset.h converts. (FULLRESYNC and REPLCONF ACK name counts of bytes
 * and need no conversion.) */
#ifndef SKEIN_REPL_RESYNC_H
#define SKEIN_REPL_RESYNC_H

#include "base/offset.h"
#include "repl/lineage.h"

enum resync_verdict {
    RESYNC_CONTINUE,
    RESYNC_FULL_FIRST,      /* "PSYNC ? -1": it has nothing */
    RESYNC_FULL_MALFORMED,  /* not an id, or not an offset */
    RESYNC_FULL_UNKNOWN_ID, /* a history that is not ours */
    RESYNC_FULL_DIVERGED,   /* an ancestor of ours, but it went on where we branched off */
    RESYNC_FULL_AHEAD,      /* our history, but more of it than we have */
    RESYNC_FULL_TOO_OLD,    /* the bytes it lacks are not kept any more */
    RESYNC_VERDICTS
};

struct resync_request {
    bool malformed;
    struct repl_id id; /* unset: it has nothing */
    int64_t offset;    /* the end of what it has */
};

/* From the two arguments of PSYNC. */
struct resync_request resync_parse(struct str id, struct str first_wanted);
enum resync_verdict resync_decide(const struct lineage *lineage, struct journal_range kept,
                                  const struct resync_request *request);
/* Signs of life that may be given up: no more than every master keeps. */
enum { RESYNC_QUIET_MAX = 8 * 1024 };

/* Whether a replica refused for what it has more than we share may continue at the end of what we
 * share, because everything it has behind `quiet` is another master's signs of life. */
bool resync_goes_back(const struct lineage *lineage, struct journal_range kept,
                      const struct resync_request *request, int64_t quiet, int64_t *place);
/* "diverged", for INFO and logs. */
const char *resync_verdict_name(enum resync_verdict verdict);

#endif
