/* The lines that begin with '#' between the requests of an append-only file. They are in the file
 * only: no offset counts them, and stock Redis passes over them.
 *
 *     #SKEIN start offset=<n> skip=<m> id=<replication id>
 *         From here on the bytes are the stream from offset n on, but for the first m, a SELECT
 *         that makes the file complete by itself. In the middle of a file: the server was started
 *         anew, or the stream goes on under another id.
 *     #SKEIN past id=<replication id> end=<n>
 *         Behind a start line, newest first: the bytes below n are also of this history.
 *     #SKEIN sum offset=<n> len=<m> crc=<16 digits>
 *         The stream is at offset n here. The m bytes before this line, up to the end of the start
 *         or sum line before it, have this CRC-64.
 *     #TS:<seconds>
 *         When what follows was written (aof-timestamp-enabled), as in stock Redis.
 *
 * Unknown lines mean nothing. */
#ifndef SKEIN_JOURNAL_ANNOTATION_H
#define SKEIN_JOURNAL_ANNOTATION_H

#include "base/buf.h"
#include "base/str.h"

enum { REPLICATION_ID_LEN = 40, ANNOTATION_MAX = 1024 /* stock reads no longer lines */ };

enum annotation_kind {
    ANNOTATION_OTHER,
    ANNOTATION_START,
    ANNOTATION_PAST,
    ANNOTATION_SUM,
    ANNOTATION_TIME
};

struct annotation {
    enum annotation_kind kind;
    int64_t offset; /* PAST: the end */
    int64_t skip;
    int64_t len;
    uint64_t crc;
    int64_t time_s;
    char id[REPLICATION_ID_LEN + 1]; /* "": none */
};

/* Appends the line with its end. */
void annotation_write(struct buf *out, const struct annotation *annotation);
/* `line` is without its end. What is not exactly one of ours is ANNOTATION_OTHER. */
struct annotation annotation_parse(struct str line);

#endif
