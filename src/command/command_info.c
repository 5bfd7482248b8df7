#include "command/command_info.h"

#include "command/category.h"

#include <limits.h>

struct flag_name {
    uint32_t flag;
    const char *name;
};

/* Clients are not told of CMD_MAY_REPLICATE. */
static const struct flag_name COMMAND_FLAGS[] = {
    {CMD_WRITE, "write"},
    {CMD_READONLY, "readonly"},
    {CMD_DENYOOM, "denyoom"},
    {CMD_ADMIN, "admin"},
    {CMD_PUBSUB, "pubsub"},
    {CMD_NOSCRIPT, "noscript"},
    {CMD_BLOCKING, "blocking"},
    {CMD_LOADING, "loading"},
    {CMD_STALE, "stale"},
    {CMD_SKIP_MONITOR, "skip_monitor"},
    {CMD_SKIP_SLOWLOG, "skip_slowlog"},
    {CMD_ASKING, "asking"},
    {CMD_FAST, "fast"},
    {CMD_NO_AUTH, "no_auth"},
    {CMD_NO_MANDATORY_KEYS, "no_mandatory_keys"},
    {CMD_NO_ASYNC_LOADING, "no_async_loading"},
    {CMD_NO_MULTI, "no_multi"},
    {CMD_MOVABLE_KEYS, "movablekeys"},
    {CMD_ALLOW_BUSY, "allow_busy"},
    {0, NULL},
};

static const struct flag_name KEY_FLAGS[] = {
    {KEY_RO, "RO"},
    {KEY_RW, "RW"},
    {KEY_OW, "OW"},
    {KEY_RM, "RM"},
    {KEY_ACCESS, "access"},
    {KEY_UPDATE, "update"},
    {KEY_INSERT, "insert"},
    {KEY_DELETE, "delete"},
    {KEY_NOT_KEY, "not_key"},
    {KEY_INCOMPLETE, "incomplete"},
    {KEY_VARIABLE_FLAGS, "variable_flags"},
    {0, NULL},
};

static void reply_flags(struct reply *reply, const struct flag_name *names, uint32_t flags)
{
    size_t count = 0;
    for (int i = 0; names[i].name; i++) count += (flags & names[i].flag) != 0;
    reply_set(reply, count);
    for (int i = 0; names[i].name; i++) {
        if (flags & names[i].flag) reply_status(reply, names[i].name);
    }
}

void command_key_flags_reply(struct reply *reply, uint32_t flags)
{
    reply_flags(reply, KEY_FLAGS, flags);
}

/* --- the first, last and step that old clients read --- */

/* What one range can tell of all key specs. */
struct legacy_range {
    int first, last, step;
    bool movable; /* there are keys it does not cover */
};

static bool is_fixed_range(const struct key_spec *spec)
{
    return spec->begin == KEYS_AT_INDEX && spec->find == KEYS_RANGE;
}

static int last_index(const struct key_spec *spec)
{
    return spec->last >= 0 ? spec->index + spec->last : spec->last;
}

/* Joins the specs that follow each other without a gap. Ends counted from the back are beyond all
 * others. */
static struct legacy_range join_ranges(const struct key_spec *specs, int count)
{
    struct legacy_range range = {.first = INT_MAX};
    for (int i = 0; i < count; i++) {
        const struct key_spec *spec = &specs[i];
        bool follows = range.last == 0 || range.last == spec->index - 1;
        if (!is_fixed_range(spec) || spec->step > 1 || !follows) {
            range.movable = true;
            continue;
        }
        if (spec->flags & KEY_INCOMPLETE) range.movable = true;
        if (spec->index < range.first) range.first = spec->index;
        if ((unsigned)last_index(spec) > (unsigned)range.last) range.last = last_index(spec);
        range.step = 1;
    }
    if (range.first == INT_MAX) range.first = 0;
    return range;
}

static int count_specs(const struct command *command)
{
    int count = 0;
    while (count < COMMAND_KEY_SPECS && command->keys[count].begin != KEYS_END) count++;
    return count;
}

static struct legacy_range legacy_range(const struct command *command)
{
    const struct key_spec *spec = &command->keys[0];
    int count = count_specs(command);
    if (count != 1 || !is_fixed_range(spec)) return join_ranges(command->keys, count);
    return (struct legacy_range){spec->index, last_index(spec), spec->step ? spec->step : 1,
                                 (spec->flags & KEY_INCOMPLETE) != 0};
}

/* --- key specs --- */

static void reply_field(struct reply *reply, const char *name, int value)
{
    reply_bulk_c(reply, name);
    reply_i64(reply, value);
}

/* The beginning of {"type": type, "spec": {...}}. */
static void reply_typed(struct reply *reply, const char *what, const char *type, size_t fields)
{
    reply_bulk_c(reply, what);
    reply_map(reply, 2);
    reply_bulk_c(reply, "type");
    reply_bulk_c(reply, type);
    reply_bulk_c(reply, "spec");
    reply_map(reply, fields);
}

static void reply_begin(struct reply *reply, const struct key_spec *spec)
{
    switch (spec->begin) {
    case KEYS_AT_INDEX:
        reply_typed(reply, "begin_search", "index", 1);
        reply_field(reply, "index", spec->index);
        break;
    case KEYS_AT_KEYWORD:
        reply_typed(reply, "begin_search", "keyword", 2);
        reply_bulk_c(reply, "keyword");
        reply_bulk_c(reply, spec->keyword);
        reply_field(reply, "startfrom", spec->index);
        break;
    case KEYS_BEGIN_UNKNOWN:
    case KEYS_END:
        reply_typed(reply, "begin_search", "unknown", 0);
        break;
    }
}

static void reply_find(struct reply *reply, const struct key_spec *spec)
{
    switch (spec->find) {
    case KEYS_RANGE:
        reply_typed(reply, "find_keys", "range", 3);
        reply_field(reply, "lastkey", spec->last);
        reply_field(reply, "keystep", spec->step ? spec->step : 1);
        reply_field(reply, "limit", spec->limit);
        break;
    case KEYS_COUNTED:
        reply_typed(reply, "find_keys", "keynum", 3);
        reply_field(reply, "keynumidx", spec->count_at);
        reply_field(reply, "firstkey", spec->first);
        reply_field(reply, "keystep", spec->step ? spec->step : 1);
        break;
    case KEYS_FIND_UNKNOWN:
        reply_typed(reply, "find_keys", "unknown", 0);
        break;
    }
}

static void reply_key_specs(struct reply *reply, const struct command *command)
{
    int count = count_specs(command);
    reply_set(reply, (size_t)count);
    for (int i = 0; i < count; i++) {
        const struct key_spec *spec = &command->keys[i];
        reply_map(reply, spec->notes ? 4 : 3);
        if (spec->notes) {
            reply_bulk_c(reply, "notes");
            reply_bulk_c(reply, spec->notes);
        }
        reply_bulk_c(reply, "flags");
        command_key_flags_reply(reply, spec->flags);
        reply_begin(reply, spec);
        reply_find(reply, spec);
    }
}

/* --- the whole --- */

static void reply_categories(struct reply *reply, uint32_t categories)
{
    char name[32] = "@";
    reply_set(reply, (size_t)__builtin_popcount(categories));
    for (int i = 0; i < CATEGORY_COUNT; i++) {
        if (!(categories >> i & 1)) continue;
        const char *word = category_name(i);
        memcpy(name + 1, word, strlen(word) + 1);
        reply_status(reply, name);
    }
}

static void reply_tips(struct reply *reply, const struct command *command)
{
    size_t count = 0;
    while (count < COMMAND_TIPS && command->tips[count]) count++;
    reply_set(reply, count);
    for (size_t i = 0; i < count; i++) reply_bulk_c(reply, command->tips[i]);
}

/* One level deep: sub-commands have none of their own. */
static void reply_row(struct reply *reply, const struct command_ref *ref)
{
    const struct command *command = ref->command;
    struct legacy_range range = legacy_range(command);
    reply_array(reply, 10);
    reply_bulk_c(reply, ref->full_name);
    reply_i64(reply, command->arity);
    reply_flags(reply, COMMAND_FLAGS, command->flags | (range.movable ? CMD_MOVABLE_KEYS : 0));
    reply_i64(reply, range.first);
    reply_i64(reply, range.last);
    reply_i64(reply, range.step);
    reply_categories(reply, ref->categories);
    reply_tips(reply, command);
    reply_key_specs(reply, command);
}

void command_info_reply(struct reply *reply, const struct command_ref *ref)
{
    size_t count = 0;
    reply_row(reply, ref);
    if (!ref->subcommands) {
        reply_set(reply, 0);
        return;
    }
    while (ref->subcommands[count]) count++;
    reply_array(reply, count);
    for (size_t i = 0; i < count; i++) {
        reply_row(reply, ref->subcommands[i]);
        reply_set(reply, 0);
    }
}
