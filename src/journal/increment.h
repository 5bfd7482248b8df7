/* The stream out of an increment of the append-only file: which of its bytes are of the stream, at
 * which offsets, and whether its checksums fit.
 *
 * The bytes are handed in as they come, in pieces of any size; nothing is copied but a line that
 * begins with '#'. A request is framed, not understood: the memory this takes does not depend on
 * what a length announces. Before the first start line nobody knows where in the stream the bytes
 * are, and none are given out. */
#ifndef SKEIN_JOURNAL_INCREMENT_H
#define SKEIN_JOURNAL_INCREMENT_H

#include "journal/annotation.h"

enum increment_place {
    INCREMENT_BETWEEN, /* two requests, or a request and a line */
    INCREMENT_NOTE,    /* in a line that begins with '#' */
    INCREMENT_COUNT,
    INCREMENT_ARG,
    INCREMENT_LEN,
    INCREMENT_BULK,
};

struct increment {
    enum increment_place place;
    int64_t number;    /* of a count or a length, as far as it was read */
    int64_t args_left; /* of the request */
    int64_t bulk_left; /* of the argument, its line end included */
    char note[ANNOTATION_MAX];
    size_t note_len;
    int64_t offset;                  /* of the next byte of the stream; -1: not known yet */
    int64_t skip;                    /* bytes to come that are not of the stream */
    char id[REPLICATION_ID_LEN + 1]; /* whose offsets these are */
    uint64_t crc;                    /* of the bytes since the last line of ours */
    int64_t crc_len;
    const char *damage; /* what is wrong; nothing is taken any more */
};

enum increment_event {
    INCREMENT_NOTHING, /* taken, and nothing is to be told */
    INCREMENT_RUN,     /* bytes of the stream, from `run_offset` on */
    INCREMENT_START,   /* offset and id are told anew */
    INCREMENT_PROVEN,  /* the checksum over what came before fits */
    INCREMENT_DAMAGED,
};

struct increment_step {
    enum increment_event event;
    size_t taken; /* of the bytes given */
    struct str run;
    int64_t run_offset;
};

void increment_init(struct increment *increment);
/* `bytes` is not empty. Nothing of the stream at or behind `limit` is taken: then `taken` is 0. */
struct increment_step increment_step(struct increment *increment, struct str bytes, int64_t limit);

#endif
