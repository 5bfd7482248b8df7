/* The next piece of an append-only file: a request, or a line that begins with '#'.
 *
 * Nothing is kept between calls; views lie in the bytes given. A piece that the bytes do not hold
 * to its end is SHORT, whatever it announces; more bytes may complete it. Memory grows with the
 * bytes that are there. */
#ifndef SKEIN_JOURNAL_AOF_PARSE_H
#define SKEIN_JOURNAL_AOF_PARSE_H

#include "base/str.h"

enum aof_verdict {
    AOF_REQUEST,
    AOF_LINE,
    AOF_SHORT, /* the bytes end here, or inside a piece that is right so far */
    AOF_DAMAGED,
};

struct aof_piece {
    size_t len;       /* of a request or a line with its end */
    struct str *args; /* of a request */
    size_t argc, capacity;
    struct str line;    /* without its end */
    const char *damage; /* what is wrong, and the first byte that is */
    size_t damage_at;
};

/* Zeroed before the first use. */
enum aof_verdict aof_parse(struct aof_piece *piece, struct str bytes);
void aof_piece_deinit(struct aof_piece *piece);

#endif
