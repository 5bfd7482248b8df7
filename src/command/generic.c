#include "command/generic.h"

#include "command/blocking.h"
#include "command/errors.h"
#include "command/execute.h"
#include "command/families.h"
#include "command/lookup.h"

#include <limits.h>

struct entry *generic_find(struct call *call, struct str key)
{
    struct host *host = call->host;
    struct entry *entry = lookup(call, key, LOOKUP_PEEK);
    if (entry) {
        host->stats.hits++;
    } else {
        host->stats.misses++;
        call_event(call, EVENT_KEY_MISS, "keymiss", key);
    }
    return entry;
}

void generic_added(struct call *call, struct keyspace *ks, struct str key)
{
    call_event_in(call, EVENT_NEW, "new", ks, key);
    blocking_ready(call->host->blocking, ks, key);
}

bool generic_is_past(const struct call *call, int64_t at_ms)
{
    const struct host *host = call->host;
    bool loading = (host->executor->state & GATE_LOADING) != 0;
    return at_ms <= host->now_ms && !host->settings->is_replica && !loading;
}

struct keyspace *generic_database_arg(struct call *call, int at)
{
    int64_t id;
    if (!call_i64(call, at, &id)) return NULL;
    struct store *store = call->host->store;
    if (id < INT_MIN || id > INT_MAX) {
        reply_error_fmt(call->reply, "ERR value is out of range, value must between %d and %d",
                        INT_MIN, INT_MAX);
        return NULL;
    }
    if (id >= 0 && id < store->db_count) return &store->dbs[id];
    reply_error(call->reply, ERR_DB_INDEX);
    return NULL;
}

static void del(struct call *call)
{
    int64_t deleted = 0;
    for (int i = 1; i < call->argc; i++) {
        struct str key = call_arg(call, i);
        if (!lookup(call, key, LOOKUP_WRITE) || !lookup_delete(call, key)) continue;
        call_changed(call, key);
        call_event(call, EVENT_GENERIC, "del", key);
        deleted++;
    }
    reply_i64(call->reply, deleted);
}

static void exists(struct call *call)
{
    int64_t found = 0;
    for (int i = 1; i < call->argc; i++) {
        if (generic_find(call, call_arg(call, i))) found++;
    }
    reply_i64(call->reply, found);
}

static void touch(struct call *call)
{
    int64_t touched = 0;
    for (int i = 1; i < call->argc; i++) {
        if (lookup(call, call_arg(call, i), LOOKUP_READ)) touched++;
    }
    reply_i64(call->reply, touched);
}

static const char *const TYPE_NAMES[] = {
    [TYPE_STRING] = "string", [TYPE_LIST] = "list", [TYPE_SET] = "set",
    [TYPE_ZSET] = "zset",     [TYPE_HASH] = "hash", [TYPE_STREAM] = "stream",
};

const char *generic_type_name(enum value_type type)
{
    return TYPE_NAMES[type];
}

static void type(struct call *call)
{
    const struct entry *entry = generic_find(call, call_arg(call, 1));
    reply_status(call->reply, entry ? generic_type_name(entry_type(entry)) : "none");
}

/* Where a value goes. */
struct place {
    struct keyspace *ks;
    struct str key;
};

/* False when the target exists and must stay. */
static bool rename_key(struct call *call, struct str from, struct str to, bool may_replace)
{
    if (lookup(call, to, LOOKUP_WRITE)) {
        if (!may_replace) return false;
        lookup_delete(call, to);
    }
    struct entry *entry = lookup(call, from, LOOKUP_WRITE);
    keyspace_move(call->ks, entry, call->ks, to);
    generic_added(call, call->ks, to);
    call_changed(call, from);
    call_changed(call, to);
    call->changes--;
    call_event(call, EVENT_GENERIC, "rename_from", from);
    call_event(call, EVENT_GENERIC, "rename_to", to);
    return true;
}

static bool rename_source_exists(struct call *call)
{
    if (lookup(call, call_arg(call, 1), LOOKUP_WRITE)) return true;
    reply_error(call->reply, ERR_NO_SUCH_KEY);
    return false;
}

static void rename_always(struct call *call)
{
    struct str from = call_arg(call, 1), to = call_arg(call, 2);
    if (!rename_source_exists(call)) return;
    if (!str_eq(from, to)) rename_key(call, from, to, true);
    reply_ok(call->reply);
}

static void rename_if_free(struct call *call)
{
    struct str from = call_arg(call, 1), to = call_arg(call, 2);
    if (!rename_source_exists(call)) return;
    reply_i64(call->reply, !str_eq(from, to) && rename_key(call, from, to, false));
}

struct copy_options {
    struct keyspace *target;
    bool replace;
};

static bool parse_copy_options(struct call *call, struct copy_options *options)
{
    options->target = call->ks;
    for (int i = 3; i < call->argc; i++) {
        if (call_is(call, i, "replace")) {
            options->replace = true;
        } else if (call_is(call, i, "db") && i + 1 < call->argc) {
            options->target = generic_database_arg(call, ++i);
            if (!options->target) return false;
        } else {
            call_syntax_error(call);
            return false;
        }
    }
    return true;
}

static void copy_value(struct call *call, const struct entry *entry, struct place to)
{
    keyspace_copy(entry, to.ks, to.key);
    generic_added(call, to.ks, to.key);
    call_changed_in(call, to.ks, to.key);
    call_event_in(call, EVENT_GENERIC, "copy_to", to.ks, to.key);
}

static void copy(struct call *call)
{
    struct copy_options options = {0};
    struct str from = call_arg(call, 1), to = call_arg(call, 2);
    if (!parse_copy_options(call, &options)) return;
    if (options.target == call->ks && str_eq(from, to)) {
        reply_error(call->reply, ERR_SAME_OBJECT);
        return;
    }
    const struct entry *entry = lookup(call, from, LOOKUP_READ);
    struct entry *there = entry ? lookup_in(call, options.target, to, LOOKUP_WRITE) : NULL;
    if (!entry || (there && !options.replace)) {
        reply_i64(call->reply, 0);
        return;
    }
    if (there) keyspace_remove(options.target, to);
    copy_value(call, entry, (struct place){options.target, to});
    reply_i64(call->reply, 1);
}

static void move_key(struct call *call, struct entry *entry, struct place to)
{
    keyspace_move(call->ks, entry, to.ks, to.key);
    generic_added(call, to.ks, to.key);
    call_changed(call, to.key);
    call_changed_in(call, to.ks, to.key);
    call->changes--;
    call_event(call, EVENT_GENERIC, "move_from", to.key);
    call_event_in(call, EVENT_GENERIC, "move_to", to.ks, to.key);
}

static void move(struct call *call)
{
    struct str key = call_arg(call, 1);
    struct keyspace *target = generic_database_arg(call, 2);
    if (!target) return;
    if (target == call->ks) {
        reply_error(call->reply, ERR_SAME_OBJECT);
        return;
    }
    struct entry *entry = lookup(call, key, LOOKUP_WRITE);
    bool moves = entry && !lookup_in(call, target, key, LOOKUP_WRITE);
    if (moves) move_key(call, entry, (struct place){target, key});
    reply_i64(call->reply, moves);
}

#define GENERIC(since_) .since = (since_), .group = "generic", .categories = CAT_KEYSPACE
#define SUMMED          .tips = {"request_policy:multi_shard", "response_policy:agg_sum"}

const struct command generic_commands[] = {
    {
        .name = "del",
        .run = del,
        .arity = -2,
        .flags = CMD_WRITE,
        .keys = {KEY_REST(KEY_RM | KEY_DELETE, 1)},
        GENERIC("1.0.0"),
        SUMMED,
        .summary = "Deletes keys.",
        .complexity = "O(N) with N the number of keys",
        .syntax = "key [key ...]",
    },
    {
        .name = "unlink",
        .run = del,
        .arity = -2,
        .flags = CMD_WRITE | CMD_FAST,
        .keys = {KEY_REST(KEY_RM | KEY_DELETE, 1)},
        GENERIC("4.0.0"),
        SUMMED,
        .summary = "Deletes keys and frees their values in the background.",
        .complexity = "O(1) for each key; freeing a value is work of another thread",
        .syntax = "key [key ...]",
    },
    {
        .name = "exists",
        .run = exists,
        .arity = -2,
        .flags = CMD_READONLY | CMD_FAST,
        .keys = {KEY_REST(KEY_RO, 1)},
        GENERIC("1.0.0"),
        SUMMED,
        .summary = "Counts how many of the given keys exist.",
        .complexity = "O(N) with N the number of keys",
        .syntax = "key [key ...]",
        .history = {{"3.0.3", "Takes more than one `key`."}},
    },
    {
        .name = "touch",
        .run = touch,
        .arity = -2,
        .flags = CMD_READONLY | CMD_FAST,
        .keys = {KEY_REST(KEY_RO, 1)},
        GENERIC("3.2.1"),
        SUMMED,
        .summary = "Sets the last access time of keys to now and counts those that exist.",
        .complexity = "O(N) with N the number of keys",
        .syntax = "key [key ...]",
    },
    {
        .name = "type",
        .run = type,
        .arity = 2,
        .flags = CMD_READONLY | CMD_FAST,
        .keys = {KEY_ONE(KEY_RO, 1)},
        GENERIC("1.0.0"),
        .summary = "Names the type of the value of a key.",
        .complexity = "O(1)",
        .syntax = "key",
    },
    {
        .name = "rename",
        .run = rename_always,
        .arity = 3,
        .flags = CMD_WRITE,
        .keys = {KEY_ONE(KEY_RW | KEY_ACCESS | KEY_DELETE, 1), KEY_ONE(KEY_OW | KEY_UPDATE, 2)},
        GENERIC("1.0.0"),
        .summary = "Gives a key another name, replacing what had that name.",
        .complexity = "O(1)",
        .syntax = "key newkey",
    },
    {
        .name = "renamenx",
        .run = rename_if_free,
        .arity = 3,
        .flags = CMD_WRITE | CMD_FAST,
        .keys = {KEY_ONE(KEY_RW | KEY_ACCESS | KEY_DELETE, 1), KEY_ONE(KEY_OW | KEY_INSERT, 2)},
        GENERIC("1.0.0"),
        .summary = "Gives a key another name if no key has that name yet.",
        .complexity = "O(1)",
        .syntax = "key newkey",
        .history = {{"3.2.0", "Equal names are not an error any more."}},
    },
    {
        .name = "copy",
        .run = copy,
        .arity = -3,
        .flags = CMD_WRITE | CMD_DENYOOM,
        .keys = {KEY_ONE(KEY_RO | KEY_ACCESS, 1), KEY_ONE(KEY_OW | KEY_UPDATE, 2)},
        GENERIC("6.2.0"),
        .summary = "Copies the value of a key to another key.",
        .complexity = "O(N) for collections, N the elements they hold; O(1) for strings",
        .syntax = "source destination [DB destination-db] [REPLACE]",
    },
    {
        .name = "move",
        .run = move,
        .arity = 3,
        .flags = CMD_WRITE | CMD_FAST,
        .keys = {KEY_ONE(KEY_RW | KEY_ACCESS | KEY_UPDATE, 1)},
        GENERIC("1.0.0"),
        .summary = "Moves a key to another database.",
        .complexity = "O(1)",
        .syntax = "key db",
    },
    {0},
};
