#include "store/stream_node.h"

#include "base/mem.h"

#include <sys/param.h>

enum {
    DELETED = 1,
    SAME_NAMES = 2,
    NUMBERS_ROOM = 5 * PACKED_I64_ROOM, /* those an entry, or a master, has */
    SLACK_SHARE = 8,                    /* a settled node has less than 1/8 to spare */
    RUN_MAX = PACKED_MAX - NUMBERS_ROOM,
};

/* --- memory --- */

static struct stream_node *new_node(uint32_t epoch, size_t room)
{
    struct stream_node *node = mem_alloc(sizeof(*node) + room);
    *node = (struct stream_node){.epoch = epoch, .room = (uint32_t)room};
    return node;
}

/* Room for `extra` bytes behind the run. Half as much again is taken, so that entries seldom move
 * the node. */
static void reserve(struct stream_node **node, size_t extra)
{
    size_t needed = stream_node_end(*node) + 1 + extra;
    if (needed <= (*node)->room) return;
    size_t room = needed + needed / 2;
    *node = mem_realloc(*node, sizeof(**node) + room);
    (*node)->room = (uint32_t)room;
}

void stream_node_settle(struct stream_node **node)
{
    size_t used = stream_node_end(*node) + 1;
    if ((*node)->room - used < used / SLACK_SHARE) return;
    *node = mem_realloc(*node, sizeof(**node) + used);
    (*node)->room = (uint32_t)used;
}

struct stream_node *stream_node_copy(const struct stream_node *node, const struct epochs *epochs)
{
    struct stream_node *copy = new_node(epochs->now, node->room);
    size_t used = stream_node_end(node) + 1;
    memcpy((char *)copy + offsetof(struct stream_node, first),
           (const char *)node + offsetof(struct stream_node, first),
           sizeof(*node) - offsetof(struct stream_node, first) + used);
    return copy;
}

/* --- reading --- */

static size_t after(const struct packed *run, size_t at)
{
    size_t next = packed_next(run, at);
    return next ? next : packed_end(run);
}

static int64_t number_at(const struct packed *run, size_t *at)
{
    struct packed_item item = packed_get(run, *at);
    *at = after(run, *at);
    return item.integer;
}

void stream_node_read(const struct stream_node *node, size_t at, struct stream_record *record)
{
    struct packed run = stream_node_run(node);
    int64_t flags = number_at(&run, &at);
    record->deleted = (flags & DELETED) != 0;
    record->names_apart = (flags & SAME_NAMES) != 0;
    record->id.ms = node->first.ms + (uint64_t)number_at(&run, &at);
    record->id.seq = node->first.seq + (uint64_t)number_at(&run, &at);
    record->pairs = record->names_apart ? node->name_count : (size_t)number_at(&run, &at);
    record->body = at;
}

size_t stream_node_names(const struct stream_node *node)
{
    struct packed run = stream_node_run(node);
    size_t at = PACKED_HEADER;
    for (unsigned i = 0; i < 3; i++) at = after(&run, at);
    return at;
}

size_t stream_node_after(const struct stream_node *node, size_t at, size_t items)
{
    struct packed run = stream_node_run(node);
    for (; items > 0; items--) at = after(&run, at);
    return after(&run, at);
}

size_t stream_node_before(const struct stream_node *node, size_t at)
{
    struct packed run = stream_node_run(node);
    if (at <= node->entries_at) return PACKED_NONE;
    at = packed_prev(&run, at);
    for (int64_t items = packed_get(&run, at).integer; items > 0; items--)
        at = packed_prev(&run, at);
    return at;
}

/* --- writing --- */

static size_t bytes_of(const struct str *pairs, size_t from, size_t step, size_t count)
{
    size_t bytes = 0;
    for (size_t i = from; i < count; i += step) {
        if (pairs[i].len > RUN_MAX) return SIZE_MAX;
        bytes += packed_room(pairs[i].len);
        if (bytes > RUN_MAX) return SIZE_MAX;
    }
    return bytes;
}

struct stream_node *stream_node_new(const struct epochs *epochs, struct stream_id first,
                                    const struct str *pairs, size_t pair_count)
{
    size_t names = bytes_of(pairs, 0, 2, pair_count * 2);
    size_t values = bytes_of(pairs, 1, 2, pair_count * 2);
    if (names == SIZE_MAX || values == SIZE_MAX || names + values > RUN_MAX - NUMBERS_ROOM)
        return NULL;
    struct stream_node *node = new_node(epochs->now, names + values + NUMBERS_ROOM);
    packed_open(node->run);
    uint8_t *to = node->run + PACKED_HEADER;
    to = packed_write_i64(to, 0);
    to = packed_write_i64(to, 0);
    to = packed_write_i64(to, (int64_t)pair_count);
    for (size_t i = 0; i < pair_count; i++) to = packed_write(to, pairs[i * 2]);
    to = packed_write_i64(to, 0);
    packed_close(node->run, to, pair_count + 4);
    node->first = first;
    node->name_count = (uint32_t)pair_count;
    node->entries_at = (uint32_t)(to - node->run);
    return node;
}

bool stream_node_takes(const struct stream_node *node, const struct stream_limits *limits,
                       size_t bytes)
{
    size_t most = limits->node_bytes && limits->node_bytes < RUN_MAX ? limits->node_bytes : RUN_MAX;
    size_t used = stream_node_end(node) + 1;
    if (bytes >= most || used + bytes >= most) return false;
    return limits->node_entries == 0 || node->live + node->dead < limits->node_entries;
}

/* Puts a number into the place of another one. What follows may move. */
static void put_number(struct stream_node **node, size_t at, int64_t number)
{
    uint8_t item[PACKED_I64_ROOM], *run = (*node)->run;
    if (number < 128 && run[at] < 128) {
        run[at] = (uint8_t)number;
        return;
    }
    struct packed view = stream_node_run(*node);
    size_t len = (size_t)(packed_write_i64(item, number) - item), behind = after(&view, at);
    reserve(node, PACKED_I64_ROOM);
    run = (*node)->run;
    size_t rest = stream_node_end(*node) - behind;
    memmove(run + at + len, run + behind, rest);
    memcpy(run + at, item, len);
    packed_close(run, run + at + len + rest, 0);
    (*node)->entries_at += (uint32_t)(at + len - behind);
}

static void put_counts(struct stream_node **node)
{
    put_number(node, PACKED_HEADER, (*node)->live);
    struct packed run = stream_node_run(*node);
    put_number(node, after(&run, PACKED_HEADER), (*node)->dead);
}

static bool has_same_names(const struct stream_node *node, const struct str *pairs,
                           size_t pair_count)
{
    if (pair_count != node->name_count) return false;
    struct packed run = stream_node_run(node);
    size_t at = stream_node_names(node);
    for (size_t i = 0; i < pair_count; i++, at = after(&run, at)) {
        if (!packed_is(&run, at, pairs[i * 2])) return false;
    }
    return true;
}

bool stream_node_append(struct stream_node **node, struct stream_id id, const struct str *pairs,
                        size_t pair_count)
{
    bool apart = has_same_names(*node, pairs, pair_count);
    size_t step = apart ? 2 : 1, bytes = bytes_of(pairs, step - 1, step, pair_count * 2);
    if (bytes > RUN_MAX - stream_node_end(*node)) return false;
    reserve(node, bytes + NUMBERS_ROOM);
    uint8_t *to = (*node)->run + stream_node_end(*node);
    size_t items = apart ? pair_count + 3 : pair_count * 2 + 4;
    to = packed_write_i64(to, apart ? SAME_NAMES : 0);
    to = packed_write_i64(to, (int64_t)(id.ms - (*node)->first.ms));
    to = packed_write_i64(to, (int64_t)(id.seq - (*node)->first.seq));
    if (!apart) to = packed_write_i64(to, (int64_t)pair_count);
    for (size_t i = step - 1; i < pair_count * 2; i += step) to = packed_write(to, pairs[i]);
    to = packed_write_i64(to, (int64_t)items);
    packed_close((*node)->run, to, items + 1);
    (*node)->live++;
    put_counts(node);
    return true;
}

size_t stream_node_delete(struct stream_node **node, size_t at)
{
    size_t distance = at - (*node)->entries_at;
    (*node)->run[at] |= DELETED;
    (*node)->live--;
    (*node)->dead++;
    put_counts(node);
    return (*node)->entries_at + distance;
}

/* --- checking --- */

/* Passes over items of a valid run. */
struct check {
    const struct stream_node *node;
    struct packed run;
    size_t at, end;
    bool failed;
};

static int64_t check_number(struct check *check)
{
    if (check->at >= check->end) check->failed = true;
    if (check->failed) return 0;
    struct packed_item item = packed_get(&check->run, check->at);
    check->failed = !item.is_integer;
    check->at = after(&check->run, check->at);
    return item.integer;
}

/* A number of things, at least `least`, of which each is an item at least. */
static uint32_t check_count(struct check *check, int64_t least)
{
    int64_t count = check_number(check);
    if (count < least || (uint64_t)count > check->end - check->at) check->failed = true;
    return check->failed ? 0 : (uint32_t)count;
}

static void check_items(struct check *check, uint64_t items)
{
    for (; items > 0 && !check->failed; items--) {
        if (check->at >= check->end)
            check->failed = true;
        else
            check->at = after(&check->run, check->at);
    }
}

static void check_master(struct check *check, struct stream_node *node)
{
    node->live = check_count(check, 0);
    node->dead = check_count(check, 0);
    node->name_count = check_count(check, 1);
    check_items(check, node->name_count);
    if (check_number(check) != 0) check->failed = true;
    node->entries_at = (uint32_t)check->at;
}

/* Reads one entry and counts its items once more. */
static void check_entry(struct check *check, struct stream_record *record)
{
    /* Flags are changed where they lie, so they must have the form that is the number itself. */
    uint8_t flags = check->node->run[check->at];
    if (flags > (DELETED | SAME_NAMES)) check->failed = true;
    check_number(check);
    record->deleted = flags & DELETED;
    record->id.ms = check->node->first.ms + (uint64_t)check_number(check);
    record->id.seq = check->node->first.seq + (uint64_t)check_number(check);
    uint64_t items = check->node->name_count;
    if (!(flags & SAME_NAMES)) items = (uint64_t)check_count(check, 1) * 2;
    check_items(check, items);
    int64_t told = check_number(check);
    if (told < 0 || (uint64_t)told != items + (flags & SAME_NAMES ? 3 : 4)) check->failed = true;
}

static void check_entries(struct check *check, const struct stream_node *node)
{
    struct stream_id last = node->first;
    uint32_t live = 0, dead = 0;
    while (check->at < check->end && !check->failed) {
        struct stream_record record;
        check_entry(check, &record);
        if (record.deleted) {
            dead++;
            continue;
        }
        int order = stream_id_cmp(record.id, last);
        if (live ? order <= 0 : order < 0) check->failed = true;
        last = record.id;
        live++;
    }
    if (live != node->live || dead != node->dead) check->failed = true;
}

struct stream_node *stream_node_from(const struct epochs *epochs, struct stream_id first,
                                     struct str bytes)
{
    if (!packed_is_valid(bytes, NULL)) return NULL;
    struct stream_node *node = new_node(epochs->now, bytes.len);
    memcpy(node->run, bytes.ptr, bytes.len);
    node->first = first;
    struct check check = {.node = node,
                          .run = stream_node_run(node),
                          .at = PACKED_HEADER,
                          .end = stream_node_end(node)};
    check_master(&check, node);
    check_entries(&check, node);
    if (!check.failed) return node;
    mem_free(node);
    return NULL;
}
