/* What a write did, as commands that give the same result anywhere: the journal, replicas and the
 * AOF get these.
 *
 * A handler says nothing when the request itself is deterministic: if anything changed, it is
 * recorded as received. Otherwise it adds the absolute form with effects_add (then the request is
 * not recorded), or effects_none. Keys that expired on access are recorded first, as DEL. Effects
 * are RESP-encoded requests, ready to be appended. */
#ifndef SKEIN_COMMAND_EFFECTS_H
#define SKEIN_COMMAND_EFFECTS_H

#include "base/buf.h"

struct effects {
    struct buf before;  /* deletions of expired or evicted keys */
    struct buf instead; /* takes the place of the request */
    size_t before_count, instead_count;
    int db;        /* the database of the request */
    bool replaced; /* `instead` counts, even when empty */
    bool wanted;   /* nobody listens: nothing is encoded */
};

void effects_reset(struct effects *effects, bool wanted);
void effects_deinit(struct effects *effects);
void effects_add(struct effects *effects, const struct str *argv, size_t argc);
/* The request leaves no trace although it is a write. */
void effects_none(struct effects *effects);
/* A deletion in database `db` that comes before the request; SELECT is added around it where that
 * differs. */
void effects_add_before(struct effects *effects, int db, const struct str *argv, size_t argc);
/* Encodes one request as a RESP array. */
void effects_encode(struct buf *out, const struct str *argv, size_t argc);
void effects_encode_select(struct buf *out, int db);

#define EFFECTS_ADD(effects, ...)                                                                  \
    effects_add((effects), (const struct str[]){__VA_ARGS__},                                      \
                sizeof((const struct str[]){__VA_ARGS__}) / sizeof(struct str))

#endif
