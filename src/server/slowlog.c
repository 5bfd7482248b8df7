#include "server/slowlog.h"

#include "base/mem.h"
#include "server/delivery.h"
#include "server/secrets.h"

#include <stdio.h>

void slowlog_init(struct slowlog *log)
{
    *log = (struct slowlog){0};
    list_init(&log->entries);
}

void slowlog_deinit(struct slowlog *log)
{
    slowlog_trim(log, 0);
}

static void free_entry(struct slowlog_entry *entry)
{
    list_remove(&entry->node);
    buf_deinit(&entry->args);
    buf_deinit(&entry->address);
    buf_deinit(&entry->client_name);
    mem_free(entry);
}

void slowlog_trim(struct slowlog *log, uint64_t max)
{
    while (log->count > max) {
        free_entry(LIST_ENTRY(log->entries.prev, struct slowlog_entry, node));
        log->count--;
    }
}

static void show_arg(struct buf *out, struct str arg)
{
    if (arg.len <= SLOWLOG_ARG_BYTES_MAX) {
        message_bulk(out, arg);
        return;
    }
    struct buf cut = {0};
    buf_append_str(&cut, str_first(arg, SLOWLOG_ARG_BYTES_MAX));
    buf_printf(&cut, "... (%zu more bytes)", arg.len - SLOWLOG_ARG_BYTES_MAX);
    message_bulk(out, buf_str(&cut));
    buf_deinit(&cut);
}

static void show_args(struct buf *out, const struct call *call)
{
    secret_rule *rule = secret_rule_of(call);
    bool too_many = call->argc > SLOWLOG_ARGS_MAX;
    int shown = too_many ? SLOWLOG_ARGS_MAX - 1 : call->argc;
    message_array(out, (size_t)shown + too_many);
    for (int i = 0; i < shown; i++) show_arg(out, secret_arg(rule, call, i));
    if (!too_many) return;
    char rest[64];
    int len = snprintf(rest, sizeof(rest), "... (%d more arguments)", call->argc - shown);
    message_bulk(out, str_of(rest, (size_t)len));
}

void slowlog_add(struct slowlog *log, const struct call *call, int64_t duration_us,
                 const char *address)
{
    if (call->command->flags & CMD_SKIP_SLOWLOG) return;
    struct slowlog_entry *entry = mem_new(struct slowlog_entry);
    entry->id = log->next_id++;
    entry->time_s = call->host->now_ms / 1000;
    entry->duration_us = duration_us;
    show_args(&entry->args, call);
    buf_append_c(&entry->address, address);
    buf_append_str(&entry->client_name, buf_str(&call->session->name));
    list_insert_after(&log->entries, &entry->node);
    log->count++;
}
