/* Which history a server is of: the replication id, how far it has it, and from which histories
 * it came.
 *
 * Whoever begins to write takes a new id and remembers the old one with the offset up to which
 * both are the same. So two servers share exactly the bytes below the smaller of their offsets in
 * a history both name. Users see the newest ancestor (master_replid2, second_repl_offset); older
 * ones let a replica that was away for several failovers continue.
 *
 *     lineage_begin     a server without any past
 *     lineage_promote   a replica becomes master, or a master starts again: new id, the old one
 *                       becomes an ancestor up to our offset
 *     lineage_follow    our master continues us under another id: the same, with its id
 *     lineage_adopt     a full synchronisation: the master's id and offset, no past
 *     lineage_advance   bytes were appended
 *
 * Invariants: ancestors stand newest first, their ends never grow towards older ones and none is
 * beyond `offset`; no id stands there twice. Ids are handed in: chance is not ours. */
#ifndef SKEIN_REPL_LINEAGE_H
#define SKEIN_REPL_LINEAGE_H

#include "base/str.h"

enum { REPL_ID_LEN = 40, LINEAGE_ANCESTORS = 16 };

/* 40 hexadecimal digits; all zero bytes mean none. */
struct repl_id {
    char text[REPL_ID_LEN + 1];
};

struct lineage_ancestor {
    struct repl_id id;
    int64_t end; /* its bytes below are ours too */
};

struct lineage {
    struct repl_id id;
    int64_t offset; /* the end of what we have */
    struct lineage_ancestor ancestors[LINEAGE_ANCESTORS];
    size_t ancestor_count;
};

/* False when the text is not an id. */
bool repl_id_parse(struct str text, struct repl_id *id);
/* An id from 20 random bytes. */
struct repl_id repl_id_make(const unsigned char random[20]);
bool repl_id_eq(const struct repl_id *a, const struct repl_id *b);
static inline bool repl_id_is_set(const struct repl_id *id)
{
    return id->text[0] != '\0';
}
static inline struct str repl_id_str(const struct repl_id *id)
{
    return (struct str){id->text, repl_id_is_set(id) ? REPL_ID_LEN : 0};
}

void lineage_begin(struct lineage *lineage, struct repl_id id);
void lineage_promote(struct lineage *lineage, struct repl_id new_id);
void lineage_follow(struct lineage *lineage, struct repl_id masters_id);
void lineage_adopt(struct lineage *lineage, struct repl_id masters_id, int64_t offset);
void lineage_advance(struct lineage *lineage, int64_t bytes);

/* What a restart found on disk. A master never goes on under its old id, because what it lost of
 * its tail may live on replicas: it takes `new_id`. A replica keeps id and offset and asks its
 * master to continue there. Oldest facts win over nothing: unset `id` means there were none, and
 * the server begins anew. */
struct lineage_found {
    struct repl_id id;
    int64_t offset;
    const struct lineage_ancestor *ancestors; /* newest first; may be empty */
    size_t ancestor_count;
};
void lineage_restart(struct lineage *lineage, const struct lineage_found *found, bool is_replica,
                     struct repl_id new_id);

/* How much of history `id` is ours: the end, or false when we do not know it. */
bool lineage_shared_end(const struct lineage *lineage, const struct repl_id *id, int64_t *end);
/* The invariants above. */
bool lineage_is_valid(const struct lineage *lineage);

#endif
