/* Walking over the keys of a database: KEYS, SCAN, RANDOMKEY. */
#include "base/glob.h"
#include "command/families.h"
#include "command/generic.h"
#include "command/lookup.h"
#include "command/scan_request.h"

enum { RANDOM_TRIES = 100 }; /* on a replica, which cannot delete what it meets expired */

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

static bool is_wanted(const struct scan_request *request, const struct entry *entry)
{
    if (!scan_wants(request, entry_key(entry))) return false;
    return !request->has_type || str_is(request->type, generic_type_name(entry_type(entry)));
}

/* What is expired is deleted on the way, so names are asked for before the entry may go. */
static size_t reply_found(struct call *call, const struct scan_request *request,
                          const struct scan_found *all)
{
    size_t count = 0;
    for (size_t i = 0; i < all->count; i++) {
        struct entry *entry = all->list[i];
        if (!is_wanted(request, entry) || lookup_expire(call, call->ks, entry)) continue;
        reply_bulk(call->reply, entry_key(entry));
        count++;
    }
    return count;
}

static void scan(struct call *call)
{
    struct scan_request request = {.takes_type = true};
    struct scan_found all = {0};
    struct reply_later later;
    if (!scan_parse_cursor(call, 1, &request) || !scan_parse_options(call, 2, &request)) return;
    uint64_t next = scan_collect(&call->ks->table, &request, &all);
    reply_array(call->reply, 2);
    reply_u64_text(call->reply, next);
    reply_later_begin(call->reply, &later);
    reply_later_array(call->reply, &later, reply_found(call, &request, &all));
    scan_found_deinit(&all);
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
        .syntax = "cursor [MATCH pattern] [COUNT count] [TYPE type]@6.0.0",
        .history = {{"6.0.0", "Takes the option `TYPE`."}},
        .tips = {"nondeterministic_output", "request_policy:special"},
    },
    {0},
};
