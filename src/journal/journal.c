#include "journal/journal.h"

#include "base/assert.h"
#include "base/mem.h"
#include "base/num.h"

#include <sys/param.h>

struct journal_block {
    struct journal_block *next;
    int64_t offset; /* of bytes[0]; it ends where the next one begins, the newest at the end */
    char bytes[];
};

/* With its header a block is exactly one size class of the allocator. */
enum { BLOCK_SIZE = 256 * 1024, BLOCK_ROOM = BLOCK_SIZE - (int)sizeof(struct journal_block) };

void journal_init(struct journal *journal, int64_t offset)
{
    *journal = (struct journal){.end = offset, .beginning = offset, .db = -1};
    list_init(&journal->cursors);
}

static void drop_all(struct journal *journal)
{
    while (journal->head) {
        struct journal_block *block = journal->head;
        journal->head = block->next;
        mem_free(block);
    }
    mem_free(journal->spare);
    journal->spare = journal->tail = NULL;
    journal->block_count = 0;
    journal->free_ptr = NULL;
    journal->free_len = 0;
}

void journal_deinit(struct journal *journal)
{
    LIST_FOREACH(at, after, &journal->cursors)
    {
        journal_cursor_detach(LIST_ENTRY(at, struct journal_cursor, node));
    }
    drop_all(journal);
}

static void fall(struct journal_cursor *cursor)
{
    if (cursor->state == CURSOR_READING) cursor->journal->fallen_count++;
    cursor->state = CURSOR_FALLEN;
    cursor->block = NULL;
}

void journal_reset(struct journal *journal, int64_t offset)
{
    LIST_FOREACH(at, after, &journal->cursors)
    {
        fall(LIST_ENTRY(at, struct journal_cursor, node));
    }
    drop_all(journal);
    journal->end = journal->beginning = offset;
    journal->db = -1;
}

/* --- what is kept --- */

static int64_t block_end(const struct journal *journal, const struct journal_block *block)
{
    return block->next ? block->next->offset : journal->end;
}

/* The strongest hold of those that have not read all before `end`. */
static enum cursor_hold hold_before(const struct journal *journal, int64_t end)
{
    enum cursor_hold hold = HOLDS_NOTHING;
    LIST_FOREACH(at, after, &journal->cursors)
    {
        const struct journal_cursor *cursor = LIST_ENTRY(at, struct journal_cursor, node);
        bool reads = cursor->state == CURSOR_READING && cursor->offset < end;
        if (reads && cursor->hold > hold) hold = cursor->hold;
    }
    return hold;
}

/* Cursors that stand in the oldest block move to the next one or fall. */
static void leave_head(struct journal *journal, int64_t end)
{
    LIST_FOREACH(at, after, &journal->cursors)
    {
        struct journal_cursor *cursor = LIST_ENTRY(at, struct journal_cursor, node);
        if (cursor->state != CURSOR_READING) continue;
        if (cursor->offset < end) fall(cursor);
        if (cursor->block == journal->head) cursor->block = NULL;
    }
}

static void drop_head(struct journal *journal)
{
    struct journal_block *block = journal->head;
    leave_head(journal, block->next->offset);
    journal->head = block->next;
    journal->block_count--;
    mem_free(journal->spare);
    journal->spare = block;
}

void journal_trim(struct journal *journal)
{
    while (journal->head && journal->head->next) {
        int64_t end = journal->head->next->offset;
        if (journal->end - end < journal->window_bytes) return;
        bool fits = journal->end - journal->head->offset <= journal->budget_bytes;
        enum cursor_hold hold = hold_before(journal, end);
        if (hold == HOLDS_ALL || (fits && hold == HOLDS_WITHIN_BUDGET)) return;
        drop_head(journal);
    }
}

void journal_set_limits(struct journal *journal, int64_t window_bytes, int64_t budget_bytes)
{
    journal->window_bytes = window_bytes;
    journal->budget_bytes = MAX(window_bytes, budget_bytes);
    journal_trim(journal);
}

struct journal_range journal_kept(const struct journal *journal)
{
    return (struct journal_range){journal->head ? journal->head->offset : journal->end,
                                  journal->end};
}

struct journal_range journal_range(const struct journal *journal)
{
    struct journal_range kept = journal_kept(journal);
    kept.start = MAX(kept.start, kept.end - journal->window_bytes);
    return kept;
}

size_t journal_memory(const struct journal *journal)
{
    return (journal->block_count + (journal->spare != NULL)) * BLOCK_SIZE;
}

/* --- appending --- */

static void add_block(struct journal *journal)
{
    struct journal_block *block = journal->spare ? journal->spare : mem_alloc(BLOCK_SIZE);
    journal->spare = NULL;
    block->next = NULL;
    block->offset = journal->end;
    if (journal->tail)
        journal->tail->next = block;
    else
        journal->head = block;
    journal->tail = block;
    journal->block_count++;
    journal->free_ptr = block->bytes;
    journal->free_len = BLOCK_ROOM;
}

void journal_append_slow(struct journal *journal, struct str bytes)
{
    while (bytes.len) {
        if (journal->free_len == 0) {
            journal_trim(journal);
            add_block(journal);
        }
        size_t len = MIN(bytes.len, journal->free_len);
        journal_append(journal, str_first(bytes, len));
        bytes = str_from(bytes, len);
    }
}

void journal_select(struct journal *journal, int db)
{
    char text[64], digits[NUM_I64_MAX];
    size_t count = num_format_i64(digits, db);
    char head[] = "*2\r\n$6\r\nSELECT\r\n$";
    size_t len = sizeof(head) - 1;
    memcpy(text, head, len);
    len += num_format_i64(text + len, (int64_t)count);
    memcpy(text + len, "\r\n", 2);
    len += 2;
    memcpy(text + len, digits, count);
    len += count;
    memcpy(text + len, "\r\n", 2);
    journal_append(journal, str_of(text, len + 2));
    journal->db = db;
}

/* --- reading --- */

bool journal_cursor_attach(struct journal_cursor *cursor, struct journal *journal, int64_t offset,
                           enum cursor_hold hold)
{
    *cursor = (struct journal_cursor){.state = CURSOR_DETACHED};
    if (!range_serves(journal_kept(journal), offset)) return false;
    *cursor = (struct journal_cursor){
        .journal = journal, .offset = offset, .state = CURSOR_READING, .hold = hold};
    list_append(&journal->cursors, &cursor->node);
    return true;
}

void journal_cursor_detach(struct journal_cursor *cursor)
{
    if (cursor->state != CURSOR_DETACHED) list_remove(&cursor->node);
    *cursor = (struct journal_cursor){.state = CURSOR_DETACHED, .offset = cursor->offset};
}

int64_t journal_cursor_lag(const struct journal_cursor *cursor)
{
    return cursor->state == CURSOR_READING ? cursor->journal->end - cursor->offset : 0;
}

/* The block with the next byte to read, which exists. */
static struct journal_block *find_block(struct journal_cursor *cursor)
{
    struct journal *journal = cursor->journal;
    struct journal_block *block = cursor->block ? cursor->block : journal->head;
    while (cursor->offset >= block_end(journal, block)) block = block->next;
    return block;
}

int journal_cursor_peek(struct journal_cursor *cursor, struct iovec *pieces, int max)
{
    if (journal_cursor_lag(cursor) == 0) return 0;
    cursor->block = find_block(cursor);
    int64_t offset = cursor->offset;
    int count = 0;
    for (struct journal_block *block = cursor->block; block && count < max; block = block->next) {
        int64_t end = block_end(cursor->journal, block);
        if (offset == end) break;
        pieces[count++] =
            (struct iovec){block->bytes + (offset - block->offset), (size_t)(end - offset)};
        offset = end;
    }
    return count;
}

void journal_cursor_advance(struct journal_cursor *cursor, size_t len)
{
    ASSERT((int64_t)len <= journal_cursor_lag(cursor));
    cursor->offset += (int64_t)len;
}
