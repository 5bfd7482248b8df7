/* Whole databases: choosing, counting, emptying, swapping. */
#include "base/num.h"
#include "command/blocking.h"
#include "command/errors.h"
#include "command/families.h"
#include "command/generic.h"
#include "command/watch.h"

#include <limits.h>

static void dbsize(struct call *call)
{
    reply_i64(call->reply, (int64_t)call->ks->table.len);
}

static void select_database(struct call *call)
{
    struct keyspace *ks = generic_database_arg(call, 1);
    if (!ks) return;
    call->session->db = ks->id;
    reply_ok(call->reply);
}

/* Freeing is never done in place, so SYNC and ASYNC differ in nothing else. */
static bool parse_flush(struct call *call)
{
    bool valid = call->argc == 1 ||
                 (call->argc == 2 && (call_is(call, 1, "sync") || call_is(call, 1, "async")));
    if (!valid) call_syntax_error(call);
    return valid;
}

static void empty(struct call *call, struct keyspace *ks)
{
    call->changes += ks->table.len;
    if (call->host->watches) watch_replaced(call->host->watches, ks, NULL);
    keyspace_clear(ks);
    blocking_replaced(call->host->blocking, ks);
}

static void tell_flushed(struct call *call, struct keyspace *ks)
{
    const struct host *host = call->host;
    if (host->on_flushed) host->on_flushed(host->owner, call->session, ks);
}

/* Emptying what is empty is still recorded: a replica may hold keys where we have none. */
static void flushdb(struct call *call)
{
    if (!parse_flush(call)) return;
    empty(call, call->ks);
    call->changes++;
    tell_flushed(call, call->ks);
    reply_ok(call->reply);
}

static void flushall(struct call *call)
{
    struct store *store = call->host->store;
    if (!parse_flush(call)) return;
    for (int i = 0; i < store->db_count; i++) empty(call, &store->dbs[i]);
    call->changes++;
    tell_flushed(call, NULL);
    reply_ok(call->reply);
}

static bool parse_index(struct call *call, int at, const char *error, int64_t *id)
{
    if (num_parse_i64(call_arg(call, at), id) && *id >= INT_MIN && *id <= INT_MAX) return true;
    reply_error(call->reply, error);
    return false;
}

static void swap(struct call *call, struct keyspace *a, struct keyspace *b)
{
    if (call->host->watches) {
        watch_replaced(call->host->watches, a, b);
        watch_replaced(call->host->watches, b, a);
    }
    store_swap(call->host->store, a->id, b->id);
    blocking_replaced(call->host->blocking, a);
    blocking_replaced(call->host->blocking, b);
    tell_flushed(call, a);
    tell_flushed(call, b);
}

static void swapdb(struct call *call)
{
    struct store *store = call->host->store;
    int64_t a, b;
    if (!parse_index(call, 1, "ERR invalid first DB index", &a)) return;
    if (!parse_index(call, 2, "ERR invalid second DB index", &b)) return;
    if (a < 0 || b < 0 || a >= store->db_count || b >= store->db_count) {
        reply_error(call->reply, ERR_DB_INDEX);
        return;
    }
    if (a != b) swap(call, &store->dbs[a], &store->dbs[b]);
    call->changes++;
    reply_ok(call->reply);
}

#define FLUSH(run_)                                                                                \
    .run = (run_), .arity = -1, .flags = CMD_WRITE, .categories = CAT_KEYSPACE | CAT_DANGEROUS,    \
    .since = "1.0.0", .group = "server", .syntax = "[ASYNC@4.0.0 | SYNC@6.2.0]",                   \
    .tips = {"request_policy:all_shards", "response_policy:all_succeeded"},                        \
    .history = {{"4.0.0", "Takes the mode `ASYNC`."}, {"6.2.0", "Takes the mode `SYNC`."}}

const struct command database_commands[] = {
    {
        .name = "select",
        .run = select_database,
        .arity = 2,
        .flags = CMD_LOADING | CMD_STALE | CMD_FAST,
        .categories = CAT_CONNECTION,
        .summary = "Chooses the database of the connection.",
        .since = "1.0.0",
        .group = "connection",
        .complexity = "O(1)",
        .syntax = "index",
    },
    {
        .name = "dbsize",
        .run = dbsize,
        .arity = 1,
        .flags = CMD_READONLY | CMD_FAST,
        .categories = CAT_KEYSPACE,
        .summary = "Counts the keys of the database.",
        .since = "1.0.0",
        .group = "server",
        .complexity = "O(1)",
        .tips = {"request_policy:all_shards", "response_policy:agg_sum"},
    },
    {
        .name = "flushdb",
        FLUSH(flushdb),
        .summary = "Deletes all keys of the database.",
        .complexity = "O(1); freeing N keys is work of another thread",
    },
    {
        .name = "flushall",
        FLUSH(flushall),
        .summary = "Deletes all keys of all databases.",
        .complexity = "O(1) for each database; freeing N keys is work of another thread",
    },
    {
        .name = "swapdb",
        .run = swapdb,
        .arity = 3,
        .flags = CMD_WRITE | CMD_FAST,
        .categories = CAT_KEYSPACE | CAT_DANGEROUS,
        .summary = "Lets two databases change places.",
        .since = "4.0.0",
        .group = "server",
        .complexity = "O(N) with N the clients that watch or block on keys of the two",
        .syntax = "index1 index2",
    },
    {0},
};
