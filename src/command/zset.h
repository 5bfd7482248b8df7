/* What the files of the sorted set family share: finding one, changing one, and the replies with
 * members.
 *
 * A change goes zset_open, zset_begin, the functions on change.edit, zset_store, zset_announce. */
#ifndef SKEIN_COMMAND_ZSET_H
#define SKEIN_COMMAND_ZSET_H

#include "command/call.h"
#include "store/zset.h"

/* A sorted set for reading; false when there is none, or (*failed) when the key holds something
 * else. */
bool zset_find(struct call *call, struct str key, struct value *zset, bool *failed);

struct zset_change {
    struct call *call;
    struct str key;
    struct entry *entry; /* NULL: there is no such key yet */
    struct zset_edit edit;
};
/* Looks a key up for writing; false when it holds something else, which is answered. */
bool zset_open(struct call *call, struct str key, struct zset_change *change);
/* Makes change->edit a private sorted set to write to, an empty one for a new key. */
void zset_begin(struct zset_change *change);
/* Puts what it has become into the database; clients that wait for a new key hear of it. */
void zset_store(struct zset_change *change);
/* Tells of the change, and deletes the key when nothing is left. */
void zset_announce(struct zset_change *change, const char *event);
/* Removes members by rank, tells of it and returns how many they were. */
void zset_cut(struct zset_change *change, size_t rank, size_t count, const char *event);

/* An edit of a new value, for results. */
struct zset_edit zset_result(struct call *call);
/* Puts a result under a key and answers with its size; an empty one deletes the key. */
void zset_store_result(struct call *call, struct str key, struct zset_edit *result,
                       const char *event);

/* A run of ranks, to be answered in either direction. */
struct zset_span {
    size_t from, to; /* half open */
    bool reversed;
};
static inline size_t zset_span_len(const struct zset_span *span)
{
    return span->to > span->from ? span->to - span->from : 0;
}
enum zset_shape {
    ZSET_NAMES,
    ZSET_SCORES, /* RESP2: one flat array; RESP3: pairs */
    ZSET_FLAT,   /* member, score, member, score */
    ZSET_PAIRS,
};
void zset_reply_span(struct call *call, const struct value *zset, const struct zset_span *span,
                     enum zset_shape shape);
/* The head of such an array, and one member of it. */
void zset_reply_len(struct call *call, size_t members, enum zset_shape shape);
void zset_reply_member(struct call *call, const struct ranked *member, enum zset_shape shape);

/* Taking from an end. */
enum zset_end { ZSET_MIN, ZSET_MAX };
const char *zset_pop_event(enum zset_end end);

/* The arguments of ZMPOP and BZMPOP from the number of keys on, which is at `numkeys_at`. */
struct zset_mpop {
    const struct str *keys;
    size_t key_count;
    int64_t count;
    enum zset_end end;
};
bool zset_mpop_parse(struct call *call, int numkeys_at, struct zset_mpop *request);
/* Takes from the first of the keys that has something and answers; false, without an answer, when
 * none has. */
bool zset_mpop(struct call *call, const struct zset_mpop *request);

/* An integer of at least `low`; answers `error`. */
bool zset_count_arg(struct call *call, int at, int64_t low, const char *error, int64_t *count);

#endif
