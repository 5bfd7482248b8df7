/* OBJECT: how the server keeps a value. */
#include "command/families.h"
#include "command/generic.h"
#include "command/help.h"
#include "command/lookup.h"

#include <limits.h>

enum {
    EMBEDDED_STRING_MAX = 44, /* clients know longer strings as "raw" */
    SHARED_INTEGERS = 10000,  /* clients know smaller ones as shared for ever */
};

#define WHEN_SWITCHING                                                                             \
    " Please note that when switching between policies at runtime LRU and LFU data will take "     \
    "some time to adjust."

/* Answers null for a key that does not exist. Looking at a key this way announces no miss. */
static struct entry *find(struct call *call)
{
    struct entry *entry = lookup(call, call_arg(call, 2), LOOKUP_PEEK);
    if (entry) {
        call->host->stats.hits++;
    } else {
        call->host->stats.misses++;
        reply_null(call->reply);
    }
    return entry;
}

static const char *string_encoding(const struct entry *entry)
{
    switch (entry_encoding(entry)) {
    case ENC_INT:
        return "int";
    case ENC_EMBEDDED:
        return entry_lengths(entry).val <= EMBEDDED_STRING_MAX ? "embstr" : "raw";
    default:
        return "raw";
    }
}

static const char *collection_encoding(const struct entry *entry)
{
    static const char *const OF_TREE[] = {
        [TYPE_LIST] = "quicklist", [TYPE_ZSET] = "skiplist", [TYPE_STREAM] = "stream"};
    switch (entry_encoding(entry)) {
    case ENC_PACKED:
        return "listpack";
    case ENC_INTSET:
        return "intset";
    case ENC_TABLE:
        return "hashtable";
    case ENC_TREE: {
        enum value_type type = entry_type(entry);
        bool known = type < sizeof(OF_TREE) / sizeof(OF_TREE[0]) && OF_TREE[type];
        return known ? OF_TREE[type] : "unknown";
    }
    default:
        return "unknown";
    }
}

const char *generic_encoding_name(const struct entry *entry)
{
    bool string = entry_type(entry) == TYPE_STRING;
    return string ? string_encoding(entry) : collection_encoding(entry);
}

static void encoding(struct call *call)
{
    const struct entry *entry = find(call);
    if (entry) reply_bulk_c(call->reply, generic_encoding_name(entry));
}

static void refcount(struct call *call)
{
    const struct entry *entry = find(call);
    if (!entry) return;
    bool shared = false;
    if (entry_encoding(entry) == ENC_INT) {
        int64_t number = entry_value(entry).integer;
        shared = number >= 0 && number < SHARED_INTEGERS;
    }
    reply_i64(call->reply, shared ? INT_MAX : 1);
}

static void freq(struct call *call)
{
    const struct entry *entry = find(call);
    if (!entry) return;
    if (call->host->settings->lfu) {
        reply_i64(call->reply, access_lfu_counter(call->host, entry_access(entry)));
    } else {
        reply_error(call->reply, "ERR An LFU maxmemory policy is not selected, access frequency "
                                 "not tracked." WHEN_SWITCHING);
    }
}

static void idletime(struct call *call)
{
    const struct entry *entry = find(call);
    if (!entry) return;
    if (!call->host->settings->lfu) {
        reply_i64(call->reply, access_idle_s(call->host, entry_access(entry)));
    } else {
        reply_error(call->reply, "ERR An LFU maxmemory policy is selected, idle time not "
                                 "tracked." WHEN_SWITCHING);
    }
}

static void help(struct call *call)
{
    static const char *const LINES[] = {
        "ENCODING <key>",
        "    Names the form in which the value of <key> is kept in memory.",
        "FREQ <key>",
        "    Tells how often <key> is used, on a logarithmic scale.",
        "IDLETIME <key>",
        "    Tells for about how many seconds nobody has used <key>.",
        "REFCOUNT <key>",
        "    Tells how many references the value of <key> has.",
        NULL,
    };
    help_reply(call, LINES);
}

#define INSPECT(run_, since_)                                                                      \
    .run = (run_), .arity = 3, .flags = CMD_READONLY, .categories = CAT_KEYSPACE,                  \
    .keys = {KEY_ONE(KEY_RO, 2)}, .since = (since_), .group = "generic", .complexity = "O(1)",     \
    .syntax = "key", .tips = {"nondeterministic_output"}

static const struct command object_subcommands[] = {
    {
        .name = "encoding",
        INSPECT(encoding, "2.2.3"),
        .summary = "Names the encoding of a value.",
    },
    {
        .name = "freq",
        INSPECT(freq, "4.0.0"),
        .summary = "Tells how often a key is used, on a logarithmic scale.",
    },
    {
        .name = "idletime",
        INSPECT(idletime, "2.2.3"),
        .summary = "Tells how long ago a key was used.",
    },
    {
        .name = "refcount",
        INSPECT(refcount, "2.2.3"),
        .summary = "Tells how many references a value has.",
    },
    {
        .name = "help",
        .run = help,
        .arity = 2,
        .flags = CMD_LOADING | CMD_STALE,
        .categories = CAT_KEYSPACE,
        .since = "6.2.0",
        .group = "generic",
        .complexity = "O(1)",
        .summary = "Explains the sub-commands.",
    },
    {0},
};

const struct command object_commands[] = {
    {
        .name = "object",
        .arity = -2,
        .subcommands = object_subcommands,
        .since = "2.2.3",
        .group = "generic",
        .complexity = "That of the sub-command",
        .summary = "The container of commands that look at how a value is kept.",
    },
    {0},
};
