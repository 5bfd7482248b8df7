/* The journal: one append-only stream of bytes, at 64-bit offsets, that every reader shares.
 *
 * It lies in memory as a list of blocks. Whoever writes appends and knows no reader; whoever reads
 * (a replica's feed, the disk writer) is a cursor. A block is dropped as soon as nobody needs it:
 *
 * - the window keeps at least `window_bytes` behind the end, the backlog of replication;
 * - a cursor may keep what it has not read: as long as all blocks together stay below
 *   `budget_bytes`, then the oldest block goes and a cursor that stood in it has fallen; or without
 *   a bound, which is then its owner's to set.
 *
 * What is appended are whole units of effects (a request, or a run from MULTI to EXEC), so the end
 * is between two units whenever nobody is appending. Everything belongs to one thread. */
#ifndef SKEIN_JOURNAL_JOURNAL_H
#define SKEIN_JOURNAL_JOURNAL_H

#include "base/list.h"
#include "base/offset.h"
#include "base/str.h"

#include <sys/uio.h>

struct journal_block;

struct journal {
    char *free_ptr; /* room left in the newest block */
    size_t free_len;
    int64_t end;       /* the offset of the next byte */
    int64_t beginning; /* where this history began: nothing before it was ever here */
    int db;            /* what the stream has selected; -1: nobody knows */
    size_t block_count;
    struct journal_block *head, *tail;
    struct journal_block *spare; /* the last one dropped, to be filled again */
    int64_t window_bytes, budget_bytes;
    struct list cursors;
    uint64_t fallen_count; /* cursors that fell out of the budget, ever */
};

void journal_init(struct journal *journal, int64_t offset);
/* Cursors are detached. */
void journal_deinit(struct journal *journal);
/* `budget_bytes` below `window_bytes` counts as the same. */
void journal_set_limits(struct journal *journal, int64_t window_bytes, int64_t budget_bytes);
/* Drops what nobody needs any more; appending does so too, once per block. */
void journal_trim(struct journal *journal);
/* Another history begins, at `offset`: what was kept is dropped, all cursors have fallen. */
void journal_reset(struct journal *journal, int64_t offset);

void journal_append_slow(struct journal *journal, struct str bytes);
/* Bytes as they are: what a replica received of its master. */
static inline void journal_append(struct journal *journal, struct str bytes)
{
    if (bytes.len > journal->free_len) {
        journal_append_slow(journal, bytes);
        return;
    }
    if (bytes.len == 0) return;
    memcpy(journal->free_ptr, bytes.ptr, bytes.len);
    journal->free_ptr += bytes.len;
    journal->free_len -= bytes.len;
    journal->end += (int64_t)bytes.len;
}

void journal_select(struct journal *journal, int db);
/* A unit that must find `first_db` selected and leaves `last_db` so; this is the only place that
 * puts SELECT into the stream. */
static inline void journal_append_unit(struct journal *journal, int first_db, int last_db,
                                       struct str bytes)
{
    if (journal->db != first_db) journal_select(journal, first_db);
    journal_append(journal, bytes);
    journal->db = last_db;
}
/* The next unit selects its database whatever was selected before: after bytes that somebody else
 * composed, and for a reader that starts at the end. */
static inline void journal_forget_db(struct journal *journal)
{
    journal->db = -1;
}
/* Bytes that were appended verbatim leave this database selected. */
static inline void journal_note_db(struct journal *journal, int db)
{
    journal->db = db;
}

/* What the window serves: no more than window_bytes, even while cursors keep more in memory. */
struct journal_range journal_range(const struct journal *journal);
/* Everything still in memory. */
struct journal_range journal_kept(const struct journal *journal);
/* Memory spent on blocks. */
size_t journal_memory(const struct journal *journal);

/* What a cursor keeps of what it has not read. */
enum cursor_hold {
    HOLDS_NOTHING, /* it falls when the window leaves it behind */
    HOLDS_WITHIN_BUDGET,
    HOLDS_ALL,
};

enum cursor_state {
    CURSOR_DETACHED,
    CURSOR_READING,
    CURSOR_FALLEN, /* bytes it had not read were dropped; it must be detached */
};

/* A reader. Zeroed it is detached; it must not move in memory while attached. */
struct journal_cursor {
    struct list node;
    struct journal *journal;
    struct journal_block *block; /* holds `offset`; NULL: to be looked up */
    int64_t offset;              /* of the next byte it reads */
    enum cursor_state state;
    enum cursor_hold hold;
};

/* False, and detached, when what follows `offset` is not in memory. */
bool journal_cursor_attach(struct journal_cursor *cursor, struct journal *journal, int64_t offset,
                           enum cursor_hold hold);
void journal_cursor_detach(struct journal_cursor *cursor);
/* Bytes it has not read; 0 unless it is reading. */
int64_t journal_cursor_lag(const struct journal_cursor *cursor);
/* Describes the next bytes for one writev and returns how many pieces; they stay until the cursor
 * advances or something is appended. */
int journal_cursor_peek(struct journal_cursor *cursor, struct iovec *pieces, int max);
void journal_cursor_advance(struct journal_cursor *cursor, size_t len);

#endif
