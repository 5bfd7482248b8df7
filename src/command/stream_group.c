/* XGROUP: groups and consumers made and removed by hand. */
#include "command/blocking.h"
#include "command/help.h"
#include "command/lookup.h"
#include "command/stream.h"
#include "command/stream_commands.h"
#include "command/stream_ids.h"
#include "store/stream_group.h"

#define NO_KEY                                                                                     \
    "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to "   \
    "use the MKSTREAM option to create an empty stream automatically."

/* --- arguments --- */

struct group_args {
    bool may_create; /* said by the caller: MKSTREAM is an option */
    bool mkstream;
    int64_t entries_read;
};

static void refuse_option(struct call *call)
{
    reply_error_fmt(call->reply,
                    "ERR unknown subcommand or wrong number of arguments for '%.*s'. Try XGROUP "
                    "HELP.",
                    STR_ARG(str_first(call_arg(call, 1), 128)));
}

static bool take_entries_read(struct call *call, int at, struct group_args *args)
{
    if (!call_i64(call, at, &args->entries_read)) return false;
    if (args->entries_read >= 0 || args->entries_read == STREAM_READ_UNKNOWN) return true;
    reply_error(call->reply, "ERR value for ENTRIESREAD must be positive or -1");
    return false;
}

static bool parse(struct call *call, struct group_args *args)
{
    args->entries_read = STREAM_READ_UNKNOWN;
    for (int i = 5; i < call->argc; i++) {
        if (args->may_create && call_is(call, i, "mkstream")) {
            args->mkstream = true;
        } else if (call_is(call, i, "entriesread") && i + 1 < call->argc) {
            if (!take_entries_read(call, ++i, args)) return false;
        } else {
            refuse_option(call);
            return false;
        }
    }
    return true;
}

/* No option can be given twice, though each may be read. */
static bool is_too_long(struct call *call, const struct group_args *args)
{
    int most = args->may_create ? 8 : 7;
    if (call->argc <= most) return false;
    refuse_option(call);
    return true;
}

/* --- what a sub-command needs --- */

static bool open_key(struct call *call, struct stream_change *change)
{
    if (!stream_open(call, call_arg(call, 2), change)) return false;
    if (change->entry) return true;
    reply_error(call->reply, NO_KEY);
    return false;
}

static bool open_group(struct call *call, struct stream_change *change)
{
    if (!open_key(call, change)) return false;
    if (stream_group_find(&change->edit.stream, call_arg(call, 3))) return true;
    reply_error_fmt(call->reply, "NOGROUP No such consumer group '%.*s' for key name '%.*s'",
                    STR_ARG(call_arg(call, 3)), STR_ARG(change->key));
    return false;
}

/* "$" is the last id of the stream, which may not exist yet. */
static bool group_id_arg(struct call *call, int at, const struct stream_change *change,
                         struct stream_id *id)
{
    if (!str_eq(call_arg(call, at), STR("$"))) return stream_id_arg(call, at, id);
    *id = change->entry ? value_stream(&change->edit.stream)->last : STREAM_ID_MIN;
    return true;
}

/* The smallest id there is is also "-", the greatest "+": for SETID, not for CREATE. */
static bool group_new_id_arg(struct call *call, int at, const struct stream_change *change,
                             struct stream_id *id)
{
    struct str text = call_arg(call, at);
    bool is_end = str_eq(text, STR("+"));
    if (!is_end && !str_eq(text, STR("-"))) return group_id_arg(call, at, change, id);
    *id = is_end ? STREAM_ID_MAX : STREAM_ID_MIN;
    return true;
}

/* --- sub-commands --- */

void stream_xgroup_create(struct call *call)
{
    struct group_args args = {.may_create = true};
    struct stream_change change;
    struct stream_id id;
    if (!parse(call, &args)) return;
    bool is_open =
        args.mkstream ? stream_open(call, call_arg(call, 2), &change) : open_key(call, &change);
    if (!is_open || is_too_long(call, &args) || !group_id_arg(call, 4, &change, &id)) return;
    if (change.entry == NULL) {
        stream_begin(&change);
        call_changed(call, change.key);
        call->changes--;
    } else if (stream_group_find(&change.edit.stream, call_arg(call, 3))) {
        reply_error(call->reply, "BUSYGROUP Consumer Group name already exists");
        return;
    } else {
        stream_begin(&change);
    }
    stream_group_create(&change.edit, call_arg(call, 3), id, args.entries_read);
    reply_ok(call->reply);
    stream_announce_unwatched(call, change.key, "xgroup-create");
}

void stream_xgroup_setid(struct call *call)
{
    struct group_args args = {0};
    struct stream_change change;
    struct stream_id id;
    if (!parse(call, &args) || !open_group(call, &change)) return;
    if (is_too_long(call, &args) || !group_new_id_arg(call, 4, &change, &id)) return;
    stream_begin(&change);
    struct stream_group *group = stream_group_open(&change.edit, call_arg(call, 3));
    group->last = id;
    group->entries_read = args.entries_read;
    reply_ok(call->reply);
    stream_announce_unwatched(call, change.key, "xgroup-setid");
}

void stream_xgroup_destroy(struct call *call)
{
    struct stream_change change;
    if (!open_key(call, &change)) return;
    if (stream_group_find(&change.edit.stream, call_arg(call, 3)) == NULL) {
        reply_i64(call->reply, 0);
        return;
    }
    stream_begin(&change);
    stream_group_destroy(&change.edit, call_arg(call, 3));
    reply_i64(call->reply, 1);
    stream_announce_unwatched(call, change.key, "xgroup-destroy");
    blocking_ready(call->host->blocking, call->ks, change.key); /* who waits for its entries errs */
}

void stream_xgroup_createconsumer(struct call *call)
{
    struct stream_change change;
    if (!open_group(call, &change)) return;
    stream_begin(&change);
    struct stream_group *group = stream_group_open(&change.edit, call_arg(call, 3));
    bool is_new =
        stream_consumer_create(&change.edit, group, call_arg(call, 4), call->host->now_ms) != NULL;
    reply_i64(call->reply, is_new);
    if (is_new) stream_announce_unwatched(call, change.key, "xgroup-createconsumer");
}

void stream_xgroup_delconsumer(struct call *call)
{
    struct stream_change change;
    size_t pending = 0;
    if (!open_group(call, &change)) return;
    stream_begin(&change);
    struct stream_group *group = stream_group_open(&change.edit, call_arg(call, 3));
    if (stream_consumer_delete(&change.edit, group, call_arg(call, 4), &pending))
        stream_announce_unwatched(call, change.key, "xgroup-delconsumer");
    reply_i64(call->reply, (int64_t)pending);
}

void stream_xgroup_help(struct call *call)
{
    static const char *const LINES[] = {
        "CREATE <key> <group> <id|$> [MKSTREAM] [ENTRIESREAD <count>]",
        "    Makes a group whose consumers are given the entries behind <id>; with MKSTREAM",
        "    the stream too. <count> says how many entries there were up to <id>.",
        "CREATECONSUMER <key> <group> <consumer>",
        "    Makes a consumer of <group>.",
        "DELCONSUMER <key> <group> <consumer>",
        "    Removes a consumer with all entries that are pending with it.",
        "DESTROY <key> <group>",
        "    Removes a group.",
        "SETID <key> <group> <id|$> [ENTRIESREAD <count>]",
        "    Says behind which <id> the consumers of <group> go on reading.",
        NULL,
    };
    help_reply(call, LINES);
}
