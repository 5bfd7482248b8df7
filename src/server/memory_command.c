/* MEMORY: what a key costs, where the memory goes, and what the allocator says. */
#include "base/mem.h"
#include "command/help.h"
#include "command/lookup.h"
#include "server/families.h"
#include "server/memory_report.h"
#include "server/server.h"

#include <stdio.h>

/* --- USAGE --- */

enum { DEFAULT_SAMPLES = 5 };

static size_t usage_of(const struct entry *entry, size_t samples)
{
    size_t bytes = entry_memory(entry);
    if (entry_encoding(entry) < ENC_PACKED) return bytes;
    const struct object *object = entry_object(entry);
    return bytes + object->ops->memory(object, samples);
}

static bool read_samples(struct call *call, int64_t *samples)
{
    for (int i = 3; i < call->argc; i += 2) {
        if (!call_is(call, i, "samples") || i + 1 == call->argc) {
            call_syntax_error(call);
            return false;
        }
        if (!call_i64(call, i + 1, samples)) return false;
        if (*samples < 0) {
            call_syntax_error(call);
            return false;
        }
    }
    return true;
}

static void usage(struct call *call)
{
    int64_t samples = DEFAULT_SAMPLES;
    if (!read_samples(call, &samples)) return;
    const struct entry *entry = lookup(call, call_arg(call, 2), LOOKUP_PEEK);
    if (entry == NULL)
        reply_null(call->reply);
    else
        reply_i64(call->reply, (int64_t)usage_of(entry, (size_t)samples));
}

/* --- STATS --- */

enum fact_kind { FACT_BYTES, FACT_SIGNED, FACT_REAL, FACT_ZERO };

static const struct fact {
    const char *name;
    enum fact_kind kind;
    size_t offset;
} facts_before[] =
    {
        {"peak.allocated", FACT_BYTES, offsetof(struct memory_report, peak)},
        {"total.allocated", FACT_BYTES, offsetof(struct memory_report, used)},
        {"startup.allocated", FACT_BYTES, offsetof(struct memory_report, startup)},
        {"replication.backlog", FACT_BYTES, offsetof(struct memory_report, backlog)},
        {"clients.slaves", FACT_BYTES, offsetof(struct memory_report, replicas)},
        {"clients.normal", FACT_BYTES, offsetof(struct memory_report, clients)},
        {"cluster.links", FACT_ZERO, 0},
        {"aof.buffer", FACT_ZERO, 0},
        {"lua.caches", FACT_ZERO, 0},
        {"functions.caches", FACT_ZERO, 0},
        {0},
},
  facts_after[] = {
      {"overhead.total", FACT_BYTES, offsetof(struct memory_report, overhead)},
      {"keys.count", FACT_BYTES, offsetof(struct memory_report, keys)},
      {"keys.bytes-per-key", FACT_BYTES, offsetof(struct memory_report, bytes_per_key)},
      {"dataset.bytes", FACT_BYTES, offsetof(struct memory_report, dataset)},
      {"dataset.percentage", FACT_REAL, offsetof(struct memory_report, dataset_percent)},
      {"peak.percentage", FACT_REAL, offsetof(struct memory_report, peak_percent)},
      {"allocator.allocated", FACT_BYTES, offsetof(struct memory_report, allocated)},
      {"allocator.active", FACT_BYTES, offsetof(struct memory_report, active)},
      {"allocator.resident", FACT_BYTES, offsetof(struct memory_report, resident)},
      {"allocator-fragmentation.ratio", FACT_REAL,
       offsetof(struct memory_report, allocator_fragmentation)},
      {"allocator-fragmentation.bytes", FACT_SIGNED,
       offsetof(struct memory_report, allocator_fragmentation_bytes)},
      {"allocator-rss.ratio", FACT_REAL, offsetof(struct memory_report, allocator_rss)},
      {"allocator-rss.bytes", FACT_SIGNED, offsetof(struct memory_report, allocator_rss_bytes)},
      {"rss-overhead.ratio", FACT_REAL, offsetof(struct memory_report, rss_overhead)},
      {"rss-overhead.bytes", FACT_SIGNED, offsetof(struct memory_report, rss_overhead_bytes)},
      {"fragmentation", FACT_REAL, offsetof(struct memory_report, fragmentation)},
      {"fragmentation.bytes", FACT_SIGNED, offsetof(struct memory_report, fragmentation_bytes)},
      {0},
};

static size_t show_facts(struct reply *reply, const struct fact *facts,
                         const struct memory_report *report)
{
    size_t count = 0;
    for (const struct fact *fact = facts; fact->name; fact++, count++) {
        union {
            int64_t number;
            double real;
        } value = {0};
        const char *at = (const char *)report + fact->offset;
        if (fact->kind != FACT_ZERO) memcpy(&value, at, sizeof(value));
        reply_bulk_c(reply, fact->name);
        if (fact->kind == FACT_REAL)
            reply_double(reply, value.real);
        else
            reply_i64(reply, value.number);
    }
    return count;
}

/* Expiries live in the entries and there are no slots, so these take nothing. */
static size_t show_databases(struct reply *reply, const struct store *store)
{
    size_t count = 0;
    for (int i = 0; i < store->db_count; i++) {
        const struct table *table = &store->dbs[i].table;
        if (table->len == 0) continue;
        char name[32];
        int len = snprintf(name, sizeof(name), "db.%d", i);
        reply_bulk(reply, str_of(name, (size_t)len));
        reply_map(reply, 3);
        reply_bulk_c(reply, "overhead.hashtable.main");
        reply_i64(reply, (int64_t)table->page_bytes);
        reply_bulk_c(reply, "overhead.hashtable.expires");
        reply_i64(reply, 0);
        reply_bulk_c(reply, "overhead.hashtable.slot-to-keys");
        reply_i64(reply, 0);
        count++;
    }
    return count;
}

static void stats(struct call *call)
{
    struct memory_report report;
    struct reply_later later;
    memory_report_read(&report, server_of(call));
    reply_later_begin(call->reply, &later);
    size_t pairs = show_facts(call->reply, facts_before, &report);
    pairs += show_databases(call->reply, call->host->store);
    pairs += show_facts(call->reply, facts_after, &report);
    reply_later_map(call->reply, &later, pairs);
}

/* --- the allocator --- */

static void purge(struct call *call)
{
    mem_purge();
    reply_ok(call->reply);
}

static void append_report(void *context, const char *text)
{
    buf_append_c(context, text);
}

static void malloc_stats(struct call *call)
{
    struct buf text = {0};
    mem_report(append_report, &text);
    if (text.len == 0) buf_append_c(&text, "This build's allocator keeps no statistics");
    reply_verbatim(call->reply, buf_str(&text), "txt");
    buf_deinit(&text);
}

/* --- DOCTOR --- */

enum { TOO_LITTLE_BYTES = 5 * 1024 * 1024, WORTH_BYTES = 10 * 1024 * 1024 };

static bool had_a_peak(const struct memory_report *report)
{
    return (double)report->peak > 1.5 * (double)report->used;
}

static bool is_fragmented(const struct memory_report *report)
{
    return report->allocator_fragmentation > 1.1 &&
           report->allocator_fragmentation_bytes > WORTH_BYTES;
}

static bool keeps_free_pages(const struct memory_report *report)
{
    return report->allocator_rss > 1.1 && report->allocator_rss_bytes > WORTH_BYTES;
}

static bool clients_are_heavy(const struct memory_report *report)
{
    return report->clients > WORTH_BYTES && report->clients > report->used / 4;
}

static const struct finding {
    bool (*applies)(const struct memory_report *report);
    const char *text;
} findings[] = {
    {had_a_peak, "The server once used more than one and a half times the memory it uses now. "
                 "The ratio of resident to used memory looks bad because of that; the memory is "
                 "used again when the data grows."},
    {is_fragmented, "More than a tenth of the allocator's pages is lost between values of "
                    "different sizes. Values that change size often do this; a restart, or a "
                    "switch to a fresh replica, packs them again."},
    {keeps_free_pages, "The allocator keeps many pages that are free. MEMORY PURGE gives them "
                       "back to the system."},
    {clients_are_heavy, "More than a quarter of the memory is spent on clients: replies that are "
                        "not read, or very long requests. CLIENT LIST tells whose (tot-mem, "
                        "omem), client-output-buffer-limit and maxmemory-clients bound it."},
};

static void doctor(struct call *call)
{
    struct memory_report report;
    struct buf text = {0};
    memory_report_read(&report, server_of(call));
    if (report.used < TOO_LITTLE_BYTES) {
        buf_append_c(&text, "The server uses so little memory that ratios would mean nothing; ask "
                            "again when it holds data.\n");
    } else {
        for (size_t i = 0; i < sizeof(findings) / sizeof(findings[0]); i++) {
            if (findings[i].applies(&report)) buf_printf(&text, "- %s\n", findings[i].text);
        }
        if (text.len == 0) buf_append_c(&text, "No problem found with the server's memory.\n");
    }
    reply_verbatim(call->reply, buf_str(&text), "txt");
    buf_deinit(&text);
}

static void help(struct call *call)
{
    static const char *const LINES[] = {
        "DOCTOR",
        "    Says in words what is wrong with the use of memory, if anything.",
        "MALLOC-STATS",
        "    Shows the allocator's own report.",
        "PURGE",
        "    Makes the allocator give free pages back to the system.",
        "STATS",
        "    Tells where the memory goes.",
        "USAGE <key> [SAMPLES <count>]",
        "    Estimates what <key> and its value cost, looking at <count> elements of a collection",
        "    (5 unless told, 0 for all).",
        NULL,
    };
    help_reply(call, LINES);
}

#define ON_MEMORY .since = "4.0.0", .group = "server"
#define TELLS                                                                                      \
    .tips = {"nondeterministic_output", "request_policy:all_shards", "response_policy:special"}

static const struct command subcommands[] = {
    {
        .name = "usage",
        .run = usage,
        .arity = -3,
        .flags = CMD_READONLY,
        .keys = {KEY_ONE(KEY_RO, 2)},
        ON_MEMORY,
        .summary = "Estimates the memory a key and its value take.",
        .complexity = "O(N) in the number of elements looked at",
        .syntax = "key [SAMPLES count]",
    },
    {
        .name = "stats",
        .run = stats,
        .arity = 2,
        ON_MEMORY,
        .summary = "Tells where the memory goes.",
        .complexity = "O(1)",
        .syntax = "",
        TELLS,
    },
    {
        .name = "purge",
        .run = purge,
        .arity = 2,
        ON_MEMORY,
        .summary = "Asks the allocator to give memory back.",
        .complexity = "As long as there is free memory to give back",
        .syntax = "",
        .tips = {"request_policy:all_shards", "response_policy:all_succeeded"},
    },
    {
        .name = "malloc-stats",
        .run = malloc_stats,
        .arity = 2,
        ON_MEMORY,
        .summary = "Shows the allocator's report.",
        .complexity = "As long as the report",
        .syntax = "",
        TELLS,
    },
    {
        .name = "doctor",
        .run = doctor,
        .arity = 2,
        ON_MEMORY,
        .summary = "Looks for problems with memory and explains them.",
        .complexity = "O(1)",
        .syntax = "",
        TELLS,
    },
    {
        .name = "help",
        .run = help,
        .arity = 2,
        .flags = CMD_LOADING | CMD_STALE,
        ON_MEMORY,
        .summary = "Explains the sub-commands.",
        .complexity = "O(1)",
        .syntax = "",
    },
    {0},
};

const struct command memory_commands[] = {
    {
        .name = "memory",
        .arity = -2,
        .subcommands = subcommands,
        .summary = "The container of commands about memory.",
        .since = "4.0.0",
        .group = "server",
        .complexity = "That of the sub-command",
        .syntax = "",
    },
    {0},
};
