/* LATENCY: spikes of events, and how long commands take. */
#include "command/errors.h"
#include "command/help.h"
#include "server/families.h"
#include "server/latency_report.h"
#include "server/server.h"

static struct latency *latency_of(struct call *call)
{
    return &server_of(call)->latency;
}

static int64_t now_s(const struct call *call)
{
    return call->host->now_ms / 1000;
}

static void latest(struct call *call)
{
    const struct latency *latency = latency_of(call);
    struct map_cursor cursor = {0};
    struct str name;
    void *value;
    reply_array(call->reply, latency->events.len);
    while (map_next(&latency->events, &cursor, &name, &value)) {
        const struct latency_event *event = value;
        struct latency_sample last = latency_sample_at(event, event->count - 1);
        reply_array(call->reply, 4);
        reply_bulk(call->reply, name);
        reply_i64(call->reply, last.time_s);
        reply_i64(call->reply, last.ms);
        reply_i64(call->reply, event->highest_ms);
    }
}

static void history(struct call *call)
{
    const struct latency_event *event = latency_find(latency_of(call), call_arg(call, 2));
    int count = event ? event->count : 0;
    reply_array(call->reply, (size_t)count);
    for (int i = 0; i < count; i++) {
        struct latency_sample sample = latency_sample_at(event, i);
        reply_array(call->reply, 2);
        reply_i64(call->reply, sample.time_s);
        reply_i64(call->reply, sample.ms);
    }
}

static void graph(struct call *call)
{
    struct str name = call_arg(call, 2);
    const struct latency_event *event = latency_find(latency_of(call), name);
    if (event == NULL) {
        reply_error_fmt(call->reply, "ERR No samples available for event '%.*s'",
                        STR_ARG(str_first(name, 128)));
        return;
    }
    struct buf text = {0}, title = {0};
    buf_append_str(&title, name);
    latency_graph_write(event, buf_c(&title), now_s(call), &text);
    reply_verbatim(call->reply, buf_str(&text), "txt");
    buf_deinit(&text);
    buf_deinit(&title);
}

static void doctor(struct call *call)
{
    const struct config_log *config = &server_of(call)->config.log;
    struct latency_settings settings = {config->latency_monitor_threshold_ms,
                                        config->slowlog_log_slower_than_us};
    struct buf text = {0};
    latency_doctor_write(latency_of(call), &settings, now_s(call), &text);
    reply_verbatim(call->reply, buf_str(&text), "txt");
    buf_deinit(&text);
}

static void reset(struct call *call)
{
    struct latency *latency = latency_of(call);
    int64_t count = 0;
    if (call->argc == 2) {
        count = (int64_t)latency->events.len;
        latency_deinit(latency);
        *latency = (struct latency){0};
    }
    for (int i = 2; i < call->argc; i++) count += latency_reset(latency, call_arg(call, i));
    reply_i64(call->reply, count);
}

/* --- histograms --- */

/* Cumulative counts at limits that double; a limit that adds nothing is left out. */
static void show_buckets(struct reply *reply, const struct histogram *histogram)
{
    struct reply_later later;
    uint64_t seen = 0, told = 0;
    size_t shown = 0;
    int bucket = 0;
    reply_later_begin(reply, &later);
    for (int64_t limit_ns = 1024; told < histogram->count && limit_ns > 0; limit_ns *= 2) {
        while (bucket < HISTOGRAM_BUCKETS && histogram_bucket_limit(bucket) * 1000 < limit_ns) {
            seen += histogram->buckets[bucket++];
        }
        if (seen == told) continue;
        reply_i64(reply, limit_ns / 1000);
        reply_i64(reply, (int64_t)seen);
        told = seen;
        shown++;
    }
    reply_later_map(reply, &later, shown);
}

static bool show_histogram(struct call *call, const struct command_ref *ref)
{
    const struct command_stats *stats = &server_of(call)->stats.commands[ref->id];
    if (stats->latency == NULL || stats->latency->count == 0) return false;
    reply_bulk_c(call->reply, ref->full_name);
    reply_map(call->reply, 2);
    reply_bulk_c(call->reply, "calls");
    reply_i64(call->reply, (int64_t)stats->latency->count);
    reply_bulk_c(call->reply, "histogram_usec");
    show_buckets(call->reply, stats->latency);
    return true;
}

static size_t show_all(struct call *call)
{
    const struct registry *registry = call->host->executor->registry;
    size_t shown = 0;
    for (int i = 0; i < registry->count; i++) shown += show_histogram(call, registry->refs[i]);
    return shown;
}

/* A container stands for its sub-commands. */
static size_t show_named(struct call *call, struct str name)
{
    const struct command_ref *ref = registry_get(call->host->executor->registry, name);
    if (ref == NULL) return 0;
    size_t shown = show_histogram(call, ref);
    for (size_t i = 0; ref->subcommands && ref->subcommands[i]; i++) {
        shown += show_histogram(call, ref->subcommands[i]);
    }
    return shown;
}

static void histogram(struct call *call)
{
    struct reply_later later;
    size_t shown = 0;
    reply_later_begin(call->reply, &later);
    if (call->argc == 2) shown = show_all(call);
    for (int i = 2; i < call->argc; i++) shown += show_named(call, call_arg(call, i));
    reply_later_map(call->reply, &later, shown);
}

static void help(struct call *call)
{
    static const char *const LINES[] = {
        "DOCTOR",
        "    Says in words what the spikes look like and what may help.",
        "GRAPH <event>",
        "    Draws the spikes of an event.",
        "HISTORY <event>",
        "    Lists time and milliseconds of the spikes of an event.",
        "LATEST",
        "    Lists the newest spike of each event, and the worst ever.",
        "RESET [<event> ...]",
        "    Forgets the spikes of the events, or of all.",
        "HISTOGRAM [<command> ...]",
        "    Tells how often the commands, or all, took up to how many microseconds.",
        NULL,
    };
    help_reply(call, LINES);
}

#define WATCHES .flags = CMD_ADMIN | CMD_NOSCRIPT | CMD_LOADING | CMD_STALE, .group = "server"
#define TELLS                                                                                      \
    .tips = {"nondeterministic_output", "request_policy:all_nodes", "response_policy:special"}

static const struct command subcommands[] = {
    {
        .name = "latest",
        .run = latest,
        .arity = 2,
        WATCHES,
        .summary = "Lists the newest spike of each event.",
        .since = "2.8.13",
        .complexity = "O(1)",
        .syntax = "",
        TELLS,
    },
    {
        .name = "history",
        .run = history,
        .arity = 3,
        WATCHES,
        .summary = "Lists the spikes of an event.",
        .since = "2.8.13",
        .complexity = "O(1)",
        .syntax = "event",
        TELLS,
    },
    {
        .name = "graph",
        .run = graph,
        .arity = 3,
        WATCHES,
        .summary = "Draws the spikes of an event.",
        .since = "2.8.13",
        .complexity = "O(1)",
        .syntax = "event",
        TELLS,
    },
    {
        .name = "doctor",
        .run = doctor,
        .arity = 2,
        WATCHES,
        .summary = "Explains the spikes in words, with advice.",
        .since = "2.8.13",
        .complexity = "O(1)",
        .syntax = "",
        TELLS,
    },
    {
        .name = "reset",
        .run = reset,
        .arity = -2,
        WATCHES,
        .summary = "Forgets spikes.",
        .since = "2.8.13",
        .complexity = "O(1)",
        .syntax = "[event [event ...]]",
        .tips = {"request_policy:all_nodes", "response_policy:all_succeeded"},
    },
    {
        .name = "histogram",
        .run = histogram,
        .arity = -2,
        WATCHES,
        .summary = "Tells how the running times of commands are distributed.",
        .since = "7.0.0",
        .complexity = "O(N) in the number of commands answered",
        .syntax = "[command [command ...]]",
        TELLS,
    },
    {
        .name = "help",
        .run = help,
        .arity = 2,
        .flags = CMD_LOADING | CMD_STALE,
        .summary = "Explains the sub-commands.",
        .since = "2.8.13",
        .group = "server",
        .complexity = "O(1)",
        .syntax = "",
    },
    {0},
};

const struct command latency_commands[] = {
    {
        .name = "latency",
        .arity = -2,
        .subcommands = subcommands,
        .summary = "The container of commands about latency.",
        .since = "2.8.13",
        .group = "server",
        .complexity = "That of the sub-command",
        .syntax = "",
    },
    {0},
};
