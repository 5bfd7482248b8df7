/* SUBSCRIBE and its relatives, PUBLISH, PUBSUB. */
#include "base/glob.h"
#include "command/call.h"
#include "command/help.h"
#include "server/access.h"
#include "server/families.h"
#include "server/pubsub.h"

/* What differs between the three kinds of subscription for their users. */
struct kind_words {
    const char *command; /* SUBSCRIBE in error texts */
    const char *joined, *left;
};

static const struct kind_words kind_words[PUBSUB_KINDS] = {
    [PUBSUB_CHANNEL] = {"SUBSCRIBE", "subscribe", "unsubscribe"},
    [PUBSUB_PATTERN] = {"PSUBSCRIBE", "psubscribe", "punsubscribe"},
    [PUBSUB_SHARD] = {"SSUBSCRIBE", "ssubscribe", "sunsubscribe"},
};

/* Shard channels are counted for themselves. */
static size_t counted(const struct session *session, enum pubsub_kind kind)
{
    if (kind == PUBSUB_SHARD) return session->shard_channels.len;
    return session->channels.len + session->patterns.len;
}

/* Confirmations are messages too: CLIENT REPLY OFF does not silence them. `name` is NULL when
 * nothing was left. */
static void confirm(struct call *call, enum pubsub_kind kind, const char *what,
                    const struct str *name)
{
    struct reply *reply = call->reply;
    bool discards = reply->discards;
    reply->discards = false;
    reply_push(reply, 3);
    reply_bulk_c(reply, what);
    if (name)
        reply_bulk(reply, *name);
    else
        reply_null(reply);
    reply_i64(reply, (int64_t)counted(call->session, kind));
    reply->discards = discards;
}

static void subscribe(struct call *call, enum pubsub_kind kind)
{
    struct session *session = call->session;
    const struct kind_words *words = &kind_words[kind];
    if (session_is(session, SESSION_DENY_BLOCKING) && !session_is(session, SESSION_MULTI)) {
        reply_error_fmt(call->reply, "ERR %s isn't allowed for a DENY BLOCKING client",
                        words->command);
        return;
    }
    for (int i = 1; i < call->argc; i++) {
        pubsub_subscribe(server_pubsub(call), session, kind, call->argv[i]);
        confirm(call, kind, words->joined, &call->argv[i]);
    }
}

static void unsubscribe_all(struct call *call, enum pubsub_kind kind)
{
    struct map *own = pubsub_of(call->session, kind);
    if (own->len == 0) confirm(call, kind, kind_words[kind].left, NULL);
    struct map_cursor cursor = {0};
    struct str name;
    struct buf copy = {0};
    while (map_next(own, &cursor, &name, NULL)) {
        buf_clear(&copy);
        buf_append_str(&copy, name);
        name = buf_str(&copy);
        pubsub_unsubscribe(server_pubsub(call), call->session, kind, name);
        confirm(call, kind, kind_words[kind].left, &name);
    }
    buf_deinit(&copy);
}

static void unsubscribe(struct call *call, enum pubsub_kind kind)
{
    if (call->argc == 1) unsubscribe_all(call, kind);
    for (int i = 1; i < call->argc; i++) {
        pubsub_unsubscribe(server_pubsub(call), call->session, kind, call->argv[i]);
        confirm(call, kind, kind_words[kind].left, &call->argv[i]);
    }
}

static void run_subscribe(struct call *call)
{
    subscribe(call, PUBSUB_CHANNEL);
}

static void run_unsubscribe(struct call *call)
{
    unsubscribe(call, PUBSUB_CHANNEL);
}

static void run_psubscribe(struct call *call)
{
    subscribe(call, PUBSUB_PATTERN);
}

static void run_punsubscribe(struct call *call)
{
    unsubscribe(call, PUBSUB_PATTERN);
}

static void run_ssubscribe(struct call *call)
{
    subscribe(call, PUBSUB_SHARD);
}

static void run_sunsubscribe(struct call *call)
{
    unsubscribe(call, PUBSUB_SHARD);
}

/* A publication changes no key, yet replicas must hear it. A publisher that listens to itself gets
 * the message before its own reply, except inside EXEC, whose reply is one array. */
static void publish(struct call *call, bool shard)
{
    struct pubsub_message message = {
        .channel = call_arg(call, 1),
        .payload = call_arg(call, 2),
        .shard = shard,
        .at_once = !session_is(call->session, SESSION_MULTI),
    };
    size_t receivers = pubsub_publish(server_pubsub(call), &message);
    effects_add(call->effects, call->argv, (size_t)call->argc);
    reply_i64(call->reply, (int64_t)receivers);
}

static void run_publish(struct call *call)
{
    publish(call, false);
}

static void run_spublish(struct call *call)
{
    publish(call, true);
}

static void list_topics(struct call *call, enum pubsub_kind kind)
{
    if (call->argc > 3) {
        reply_error_fmt(call->reply,
                        "ERR unknown subcommand or wrong number of arguments for '%.*s'. Try "
                        "PUBSUB HELP.",
                        STR_ARG(call_arg(call, 1)));
        return;
    }
    struct reply_later later;
    reply_later_begin(call->reply, &later);
    size_t count = 0;
    struct map_cursor cursor = {0};
    struct str name;
    while (map_next(&server_pubsub(call)->topics[kind], &cursor, &name, NULL)) {
        if (call->argc == 3 && !glob_match(call_arg(call, 2), name)) continue;
        reply_bulk(call->reply, name);
        count++;
    }
    reply_later_array(call->reply, &later, count);
}

static void count_listeners(struct call *call, enum pubsub_kind kind)
{
    reply_array(call->reply, (size_t)(call->argc - 2) * 2);
    for (int i = 2; i < call->argc; i++) {
        reply_bulk(call->reply, call->argv[i]);
        reply_i64(call->reply,
                  (int64_t)pubsub_listener_count(server_pubsub(call), kind, call->argv[i]));
    }
}

static void run_channels(struct call *call)
{
    list_topics(call, PUBSUB_CHANNEL);
}

static void run_shardchannels(struct call *call)
{
    list_topics(call, PUBSUB_SHARD);
}

static void run_numsub(struct call *call)
{
    count_listeners(call, PUBSUB_CHANNEL);
}

static void run_shardnumsub(struct call *call)
{
    count_listeners(call, PUBSUB_SHARD);
}

static void run_numpat(struct call *call)
{
    reply_i64(call->reply, (int64_t)pubsub_topic_count(server_pubsub(call), PUBSUB_PATTERN));
}

static void run_help(struct call *call)
{
    static const char *const lines[] = {
        "CHANNELS [<pattern>]",
        "    Names of the channels that have subscribers, all or those that match.",
        "NUMPAT",
        "    How many different patterns clients are subscribed to.",
        "NUMSUB [<channel> ...]",
        "    How many clients are subscribed to each channel, patterns not counted.",
        "SHARDCHANNELS [<pattern>]",
        "    Names of the shard channels that have subscribers.",
        "SHARDNUMSUB [<shardchannel> ...]",
        "    How many clients are subscribed to each shard channel.",
        NULL,
    };
    help_reply(call, lines);
}

enum {
    LISTENS = CMD_PUBSUB | CMD_NOSCRIPT | CMD_LOADING | CMD_STALE,
    SPEAKS = CMD_PUBSUB | CMD_LOADING | CMD_STALE | CMD_FAST | CMD_MAY_REPLICATE,
    LOOKS = CMD_PUBSUB | CMD_LOADING | CMD_STALE,
};

static const struct command pubsub_subcommands[] = {
    {.name = "channels",
     .run = run_channels,
     .arity = -2,
     .flags = LOOKS,
     .categories = CAT_PUBSUB | CAT_SLOW,
     .summary = "Names the channels that have subscribers.",
     .since = "2.8.0",
     .group = "pubsub",
     .complexity = "O(N) in the number of channels, for short names and patterns",
     .syntax = "[pattern]"},
    {.name = "numpat",
     .run = run_numpat,
     .arity = 2,
     .flags = LOOKS,
     .categories = CAT_PUBSUB | CAT_SLOW,
     .summary = "Counts the patterns that have subscribers.",
     .since = "2.8.0",
     .group = "pubsub",
     .complexity = "O(1)",
     .syntax = ""},
    {.name = "numsub",
     .run = run_numsub,
     .arity = -2,
     .flags = LOOKS,
     .categories = CAT_PUBSUB | CAT_SLOW,
     .summary = "Counts the subscribers of channels.",
     .since = "2.8.0",
     .group = "pubsub",
     .complexity = "O(N) in the number of channels asked for",
     .syntax = "[channel [channel ...]]"},
    {.name = "shardchannels",
     .run = run_shardchannels,
     .arity = -2,
     .flags = LOOKS,
     .categories = CAT_PUBSUB | CAT_SLOW,
     .summary = "Names the shard channels that have subscribers.",
     .since = "7.0.0",
     .group = "pubsub",
     .complexity = "O(N) in the number of shard channels, for short names and patterns",
     .syntax = "[pattern]"},
    {.name = "shardnumsub",
     .run = run_shardnumsub,
     .arity = -2,
     .flags = LOOKS,
     .categories = CAT_PUBSUB | CAT_SLOW,
     .summary = "Counts the subscribers of shard channels.",
     .since = "7.0.0",
     .group = "pubsub",
     .complexity = "O(N) in the number of shard channels asked for",
     .syntax = "[shardchannel [shardchannel ...]]"},
    {.name = "help",
     .run = run_help,
     .arity = 2,
     .flags = CMD_LOADING | CMD_STALE,
     .categories = CAT_SLOW,
     .summary = "Lists the sub-commands.",
     .since = "6.2.0",
     .group = "pubsub",
     .complexity = "O(1)",
     .syntax = ""},
    {0},
};

const struct command pubsub_commands[] = {
    {.name = "subscribe",
     .run = run_subscribe,
     .arity = -2,
     .flags = LISTENS,
     .categories = CAT_PUBSUB | CAT_SLOW,
     .summary = "Listens to channels.",
     .since = "2.0.0",
     .group = "pubsub",
     .complexity = "O(N) in the number of channels given",
     .syntax = "channel [channel ...]"},
    {.name = "unsubscribe",
     .run = run_unsubscribe,
     .arity = -1,
     .flags = LISTENS,
     .categories = CAT_PUBSUB | CAT_SLOW,
     .summary = "Stops listening to channels, or to all of them.",
     .since = "2.0.0",
     .group = "pubsub",
     .complexity = "O(N) in the number of channels left",
     .syntax = "[channel [channel ...]]"},
    {.name = "psubscribe",
     .run = run_psubscribe,
     .arity = -2,
     .flags = LISTENS,
     .categories = CAT_PUBSUB | CAT_SLOW,
     .summary = "Listens to all channels whose names match patterns.",
     .since = "2.0.0",
     .group = "pubsub",
     .complexity = "O(N) in the number of patterns given",
     .syntax = "pattern [pattern ...]"},
    {.name = "punsubscribe",
     .run = run_punsubscribe,
     .arity = -1,
     .flags = LISTENS,
     .categories = CAT_PUBSUB | CAT_SLOW,
     .summary = "Stops listening to patterns, or to all of them.",
     .since = "2.0.0",
     .group = "pubsub",
     .complexity = "O(N) in the number of patterns left",
     .syntax = "[pattern [pattern ...]]"},
    {.name = "ssubscribe",
     .run = run_ssubscribe,
     .arity = -2,
     .flags = LISTENS,
     .categories = CAT_PUBSUB | CAT_SLOW,
     .keys = {KEY_REST(KEY_NOT_KEY, 1)},
     .summary = "Listens to shard channels.",
     .since = "7.0.0",
     .group = "pubsub",
     .complexity = "O(N) in the number of shard channels given",
     .syntax = "shardchannel [shardchannel ...]"},
    {.name = "sunsubscribe",
     .run = run_sunsubscribe,
     .arity = -1,
     .flags = LISTENS,
     .categories = CAT_PUBSUB | CAT_SLOW,
     .keys = {KEY_REST(KEY_NOT_KEY, 1)},
     .summary = "Stops listening to shard channels, or to all of them.",
     .since = "7.0.0",
     .group = "pubsub",
     .complexity = "O(N) in the number of shard channels left",
     .syntax = "[shardchannel [shardchannel ...]]"},
    {.name = "publish",
     .run = run_publish,
     .arity = 3,
     .flags = SPEAKS,
     .categories = CAT_PUBSUB | CAT_FAST,
     .summary = "Sends a message to everybody who listens to a channel.",
     .since = "2.0.0",
     .group = "pubsub",
     .complexity = "O(N+M) with N subscribers of the channel and M patterns of all clients",
     .syntax = "channel message"},
    {.name = "spublish",
     .run = run_spublish,
     .arity = 3,
     .flags = SPEAKS,
     .categories = CAT_PUBSUB | CAT_FAST,
     .keys = {KEY_ONE(KEY_NOT_KEY, 1)},
     .summary = "Sends a message to everybody who listens to a shard channel.",
     .since = "7.0.0",
     .group = "pubsub",
     .complexity = "O(N) in the number of subscribers of the shard channel",
     .syntax = "shardchannel message"},
    {.name = "pubsub",
     .arity = -2,
     .categories = CAT_SLOW,
     .subcommands = pubsub_subcommands,
     .summary = "A container for commands that look at subscriptions.",
     .since = "2.8.0",
     .group = "pubsub",
     .complexity = "depends on the sub-command",
     .syntax = ""},
    {0},
};
