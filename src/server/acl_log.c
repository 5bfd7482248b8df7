#include "server/acl_log.h"

#include "base/mem.h"

/* How many recent entries a refusal is compared with, and how old they may be. */
enum { COMPARED = 10, GROUPING_MS = 60000 };

const char *acl_log_reason_word(enum acl_log_reason reason)
{
    switch (reason) {
    case ACL_LOG_COMMAND:
        return "command";
    case ACL_LOG_KEY:
        return "key";
    case ACL_LOG_CHANNEL:
        return "channel";
    case ACL_LOG_AUTH:
        return "auth";
    case ACL_LOG_REASONS:
        break;
    }
    return "unknown";
}

const char *acl_log_context_word(enum acl_log_context context)
{
    switch (context) {
    case ACL_LOG_TOPLEVEL:
        return "toplevel";
    case ACL_LOG_MULTI:
        return "multi";
    case ACL_LOG_LUA:
        return "lua";
    }
    return "unknown";
}

void acl_log_init(struct acl_log *log, size_t max_len)
{
    *log = (struct acl_log){.max_len = max_len};
    list_init(&log->entries);
}

static void drop(struct acl_log *log, struct acl_log_entry *entry)
{
    list_remove(&entry->link);
    log->len--;
    buf_deinit(&entry->object);
    buf_deinit(&entry->user);
    buf_deinit(&entry->client_info);
    mem_free(entry);
}

void acl_log_clear(struct acl_log *log)
{
    LIST_FOREACH(at, after, &log->entries)
    {
        drop(log, LIST_ENTRY(at, struct acl_log_entry, link));
    }
}

void acl_log_limit(struct acl_log *log, size_t max_len)
{
    log->max_len = max_len;
    while (log->len > max_len) {
        drop(log, LIST_ENTRY(log->entries.prev, struct acl_log_entry, link));
    }
}

static bool is_same(const struct acl_log_entry *entry, const struct acl_denial *denial)
{
    int64_t apart = denial->now_ms - entry->updated_ms;
    return entry->reason == denial->reason && entry->context == denial->context &&
           apart <= GROUPING_MS && apart >= -GROUPING_MS &&
           str_eq(buf_str(&entry->object), denial->object) &&
           str_eq(buf_str(&entry->user), denial->user);
}

static struct acl_log_entry *find_same(struct acl_log *log, const struct acl_denial *denial)
{
    int left = COMPARED;
    LIST_FOREACH(at, after, &log->entries)
    {
        struct acl_log_entry *entry = LIST_ENTRY(at, struct acl_log_entry, link);
        if (left-- == 0) return NULL;
        if (is_same(entry, denial)) return entry;
    }
    return NULL;
}

static struct acl_log_entry *add_entry(struct acl_log *log, const struct acl_denial *denial)
{
    struct acl_log_entry *entry = mem_new(struct acl_log_entry);
    list_init(&entry->link);
    entry->reason = denial->reason;
    entry->context = denial->context;
    entry->id = log->next_id++;
    entry->created_ms = denial->now_ms;
    buf_append_str(&entry->object, denial->object);
    buf_append_str(&entry->user, denial->user);
    log->len++;
    return entry;
}

void acl_log_add(struct acl_log *log, const struct acl_denial *denial)
{
    log->denied[denial->reason]++;
    if (log->max_len == 0) return;
    struct acl_log_entry *entry = find_same(log, denial);
    if (entry == NULL) entry = add_entry(log, denial);
    entry->count++;
    entry->updated_ms = denial->now_ms;
    buf_clear(&entry->client_info);
    buf_append_str(&entry->client_info, denial->client_info);
    list_remove(&entry->link);
    list_insert_after(&log->entries, &entry->link);
    acl_log_limit(log, log->max_len);
}
