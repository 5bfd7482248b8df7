/* The ids of stream entries: a time in milliseconds and a number among those of the same
 * millisecond, both without sign. Ids of a stream only grow. */
#ifndef SKEIN_STORE_STREAM_ID_H
#define SKEIN_STORE_STREAM_ID_H

#include "base/str.h"

struct stream_id {
    uint64_t ms, seq;
};

#define STREAM_ID_MIN ((struct stream_id){0, 0})
#define STREAM_ID_MAX ((struct stream_id){UINT64_MAX, UINT64_MAX})

enum { STREAM_ID_TEXT = 41 /* "ms-seq", at most */, STREAM_ID_WIRE = 16 };

static inline int stream_id_cmp(struct stream_id a, struct stream_id b)
{
    if (a.ms != b.ms) return a.ms < b.ms ? -1 : 1;
    if (a.seq != b.seq) return a.seq < b.seq ? -1 : 1;
    return 0;
}
static inline bool stream_id_is_zero(struct stream_id id)
{
    return id.ms == 0 && id.seq == 0;
}

/* The id that follows or comes before; false, and no change, when there is none. */
bool stream_id_next(struct stream_id *id);
bool stream_id_prev(struct stream_id *id);

/* The id XADD * gives: of this moment, but behind `last`. False when there is none left. */
bool stream_id_generate(struct stream_id last, uint64_t now_ms, struct stream_id *id);

/* Writes "ms-seq" (no NUL) and returns its length; the room must be STREAM_ID_TEXT. */
size_t stream_id_format(char *out, struct stream_id id);
/* Reads "ms-seq", or "ms", which then gets `missing_seq`. */
bool stream_id_parse(struct str text, uint64_t missing_seq, struct stream_id *id);

/* The 16 bytes an id is in RDB, which sort like ids. */
void stream_id_to_wire(uint8_t *out, struct stream_id id);
struct stream_id stream_id_from_wire(const uint8_t *in);

#endif
