/* What the pieces of an append-only file amount to: which units are whole, where the file could be
 * cut, which bytes the checksums vouch for, and where in the stream it is.
 *
 * Whoever reads the file gives each piece, in order, to aof_scan_step; it may refuse a piece that
 * parsed well, because a checksum over what came before does not fit. The verdict is the same
 * wherever the reader's buffers begin and end. */
#ifndef SKEIN_JOURNAL_AOF_SCAN_H
#define SKEIN_JOURNAL_AOF_SCAN_H

#include "journal/annotation.h"
#include "journal/aof_parse.h"

enum { AOF_ANCESTORS = 16 };

struct aof_ancestor {
    char id[REPLICATION_ID_LEN + 1];
    int64_t end;
};

struct aof_scan {
    int64_t at;         /* bytes of the file taken so far */
    int64_t unit_end;   /* where the last whole unit ends: the file can be cut here */
    int64_t sums_begin; /* where the bytes that no checksum has covered yet begin */
    bool in_unit;       /* between MULTI and EXEC */
    int64_t unit_at;    /* where that began */
    uint64_t requests, units, sums;
    uint64_t crc; /* of the bytes since sums_begin */
    /* Where the stream is; -1: no line said so yet. */
    int64_t offset, unit_offset;
    int64_t skip;                                 /* bytes to come that are not of the stream */
    char id[REPLICATION_ID_LEN + 1];              /* of the last start line; "": none */
    struct aof_ancestor ancestors[AOF_ANCESTORS]; /* behind that line, newest first */
    size_t ancestor_count;
    int64_t first_time_s, time_s; /* of the time lines; -1: none */
    char damage[160];             /* set when a piece was refused */
    int64_t damage_at;            /* where in the file */
};

/* `at` is where in the file the first piece will be: what comes before it (a snapshot) is none of
 * the scan's business. */
void aof_scan_init(struct aof_scan *scan, int64_t at);
/* `verdict` is what aof_parse said of `piece`, whose bytes begin at `bytes`. Returns the verdict,
 * or AOF_DAMAGED, with the damage told. */
enum aof_verdict aof_scan_step(struct aof_scan *scan, enum aof_verdict verdict,
                               const struct aof_piece *piece, const char *bytes);

#endif
