/* Walking over the keys of a database: KEYS, SCAN, RANDOMKEY. */
#include "base/glob.h"
#include "base/mem.h"
#include "base/num.h"
#include "command/families.h"
#include "command/generic.h"
#include "command/lookup.h"

#include <limits.h>

enum {
    SCAN_COUNT = 10,
    SCAN_STEPS_PER_KEY = 10, /* empty buckets one call may pass for each key asked for */
    RANDOM_TRIES = 100,      /* on a replica, which cannot delete what it meets expired */
};
static const uint64_t CURSOR_END = (uint64_t)1 << 48;

static void keys(struct call *call)
{
    struct str pattern = call_arg(call, 1);
    bool all = glob_is_all(pattern);
    struct table_cursor cursor = {0};
    struct reply_later later;
    size_t count = 0;
    reply_later_begin(call->reply, &later);
    for (struct entry *entry; (entry = table_next(&call->ks->table, &cursor));) {
        struct str key = entry_key(entry);
        if (!all && !glob_match(pattern, key)) continue;
        if (entry_is_expired(call->host, entry)) continue;
        reply_bulk(call->reply, key);
        count++;
    }
    reply_later_array(call->reply, &later, count);
}

static void randomkey(struct call *call)
{
    struct keyspace *ks = call->ks;
    for (int tries = 0;; tries++) {
        struct entry *entry = table_random(&ks->table, &ks->store->prng);
        if (!entry) break;
        bool gives_up = call->host->settings->is_replica && tries >= RANDOM_TRIES;
        if (gives_up || !lookup_expire(call, ks, entry)) {
            reply_bulk(call->reply, entry_key(entry));
            return;
        }
    }
    reply_null(call->reply);
}

struct scan_options {
    int64_t count;
    bool has_pattern, has_type;
    struct str pattern, type;
};

/* As strtoul reads it: a sign is allowed, what does not fit is not, and nothing means 0. */
static bool parse_cursor(struct str text, uint64_t *cursor)
{
    bool negative = text.len > 0 && text.ptr[0] == '-';
    bool has_sign = negative || (text.len > 0 && text.ptr[0] == '+');
    if (has_sign) text = str_from(text, 1);
    *cursor = 0;
    if (text.len == 0) return !has_sign;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') return false;
        if (__builtin_mul_overflow(*cursor, 10, cursor)) return false;
        if (__builtin_add_overflow(*cursor, (uint64_t)(text.ptr[i] - '0'), cursor)) return false;
    }
    if (negative) *cursor = -*cursor;
    return true;
}

static bool parse_scan_option(struct call *call, int at, struct scan_options *options)
{
    if (at + 1 < call->argc && call_is(call, at, "count")) {
        if (!call_i64(call, at + 1, &options->count)) return false;
        if (options->count >= 1) return true;
    } else if (at + 1 < call->argc && call_is(call, at, "match")) {
        options->pattern = call_arg(call, at + 1);
        options->has_pattern = !glob_is_all(options->pattern);
        return true;
    } else if (at + 1 < call->argc && call_is(call, at, "type")) {
        options->type = call_arg(call, at + 1);
        return options->has_type = true;
    }
    call_syntax_error(call);
    return false;
}

/* The entries one call has come across. */
struct scan_found {
    struct entry **list;
    size_t count, capacity;
};

static void found(void *context, struct entry *entry)
{
    struct scan_found *all = context;
    if (all->count == all->capacity) {
        all->capacity = all->capacity ? all->capacity * 2 : 32;
        all->list = mem_realloc(all->list, all->capacity * sizeof(struct entry *));
    }
    all->list[all->count++] = entry;
}

static bool is_wanted(const struct scan_options *options, const struct entry *entry)
{
    if (options->has_pattern && !glob_match(options->pattern, entry_key(entry))) return false;
    return !options->has_type || str_is(options->type, generic_type_name(entry_type(entry)));
}

static uint64_t collect(const struct call *call, uint64_t cursor, int64_t count,
                        struct scan_found *all)
{
    int64_t steps = count > INT64_MAX / SCAN_STEPS_PER_KEY ? INT64_MAX : count * SCAN_STEPS_PER_KEY;
    if (cursor >= CURSOR_END) return 0;
    do {
        cursor = table_scan(&call->ks->table, cursor, found, all);
    } while (cursor && steps-- > 0 && all->count < (uint64_t)count);
    return cursor;
}

/* What is expired is deleted on the way, so names are asked for before the entry may go. */
static size_t reply_found(struct call *call, const struct scan_options *options,
                          const struct scan_found *all)
{
    size_t count = 0;
    for (size_t i = 0; i < all->count; i++) {
        struct entry *entry = all->list[i];
        if (!is_wanted(options, entry) || lookup_expire(call, call->ks, entry)) continue;
        reply_bulk(call->reply, entry_key(entry));
        count++;
    }
    return count;
}

static void scan(struct call *call)
{
    struct scan_options options = {.count = SCAN_COUNT};
    struct scan_found all = {0};
    struct reply_later later;
    uint64_t cursor;
    if (!parse_cursor(call_arg(call, 1), &cursor)) {
        reply_error(call->reply, "ERR invalid cursor");
        return;
    }
    for (int i = 2; i < call->argc; i += 2) {
        if (!parse_scan_option(call, i, &options)) return;
    }
    cursor = collect(call, cursor, options.count, &all);
    reply_array(call->reply, 2);
    reply_u64_text(call->reply, cursor);
    reply_later_begin(call->reply, &later);
    reply_later_array(call->reply, &later, reply_found(call, &options, &all));
    mem_free(all.list);
}

const struct command scan_commands[] = {
    {
        .name = "keys",
        .run = keys,
        .arity = 2,
        .flags = CMD_READONLY,
        .categories = CAT_KEYSPACE | CAT_DANGEROUS,
        .summary = "Lists all keys whose names match a pattern.",
        .since = "1.0.0",
        .group = "generic",
        .complexity = "O(N) with N the number of keys in the database",
        .syntax = "pattern",
        .tips = {"request_policy:all_shards", "nondeterministic_output_order"},
    },
    {
        .name = "randomkey",
        .run = randomkey,
        .arity = 1,
        .flags = CMD_READONLY,
        .categories = CAT_KEYSPACE,
        .summary = "Names one key chosen by chance.",
        .since = "1.0.0",
        .group = "generic",
        .complexity = "O(1)",
        .tips = {"request_policy:all_shards", "nondeterministic_output"},
    },
    {
        .name = "scan",
        .run = scan,
        .arity = -2,
        .flags = CMD_READONLY,
        .categories = CAT_KEYSPACE,
        .summary = "Walks over the keys of the database in small steps.",
        .since = "2.8.0",
        .group = "generic",
        .complexity = "O(1) for each call, O(N) for a whole walk over N keys",
        .syntax = "cursor [MATCH pattern] [COUNT count] [TYPE type]",
        .history = {{"6.0.0", "Takes the option `TYPE`."}},
        .tips = {"nondeterministic_output", "request_policy:special"},
    },
    {0},
};
