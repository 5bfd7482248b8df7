#include "server/pubsub.h"

#include "base/glob.h"
#include "base/mem.h"

struct subscription {
    struct topic *topic;
    struct session *session;
    size_t at; /* place in the topic's list */
};

struct topic {
    struct subscription **list;
    size_t count, capacity;
    size_t name_len;
    char name[];
};

void pubsub_init(struct pubsub *pubsub, struct delivery *delivery, struct hash_seed seed)
{
    *pubsub = (struct pubsub){.seed = seed, .delivery = delivery};
    for (int kind = 0; kind < PUBSUB_KINDS; kind++) pubsub->topics[kind].seed = seed;
}

void pubsub_deinit(struct pubsub *pubsub)
{
    for (int kind = 0; kind < PUBSUB_KINDS; kind++) map_deinit(&pubsub->topics[kind], NULL);
}

struct map *pubsub_of(struct session *session, enum pubsub_kind kind)
{
    switch (kind) {
    case PUBSUB_PATTERN:
        return &session->patterns;
    case PUBSUB_SHARD:
        return &session->shard_channels;
    case PUBSUB_CHANNEL:
    case PUBSUB_KINDS:
        break;
    }
    return &session->channels;
}

static struct topic *make_topic(struct map *topics, struct str name)
{
    struct topic *topic = mem_calloc(sizeof(*topic) + name.len);
    topic->name_len = name.len;
    if (name.len) memcpy(topic->name, name.ptr, name.len);
    map_put(topics, name, topic);
    return topic;
}

static void mark(struct session *session)
{
    bool listens = session->channels.len + session->patterns.len + session->shard_channels.len > 0;
    if (listens)
        session->flags |= SESSION_PUBSUB;
    else
        session->flags &= ~(uint64_t)SESSION_PUBSUB;
}

bool pubsub_subscribe(struct pubsub *pubsub, struct session *session, enum pubsub_kind kind,
                      struct str name)
{
    struct map *own = pubsub_of(session, kind);
    if (map_get(own, name)) return false;
    struct topic *topic = map_get(&pubsub->topics[kind], name);
    if (topic == NULL) topic = make_topic(&pubsub->topics[kind], name);
    if (topic->count == topic->capacity) {
        topic->capacity = topic->capacity ? topic->capacity * 2 : 2;
        topic->list = mem_realloc(topic->list, topic->capacity * sizeof(struct subscription *));
    }
    struct subscription *subscription = mem_alloc(sizeof(*subscription));
    *subscription = (struct subscription){topic, session, topic->count};
    topic->list[topic->count++] = subscription;
    if (own->chain_count == 0) own->seed = pubsub->seed;
    map_put(own, name, subscription);
    mark(session);
    return true;
}

static void drop(struct pubsub *pubsub, enum pubsub_kind kind, struct subscription *subscription)
{
    struct topic *topic = subscription->topic;
    struct subscription *last = topic->list[--topic->count];
    topic->list[subscription->at] = last;
    last->at = subscription->at;
    mem_free(subscription);
    if (topic->count) return;
    map_remove(&pubsub->topics[kind], str_of(topic->name, topic->name_len));
    mem_free(topic->list);
    mem_free(topic);
}

bool pubsub_unsubscribe(struct pubsub *pubsub, struct session *session, enum pubsub_kind kind,
                        struct str name)
{
    struct subscription *subscription = map_remove(pubsub_of(session, kind), name);
    if (subscription == NULL) return false;
    drop(pubsub, kind, subscription);
    mark(session);
    return true;
}

void pubsub_leave(struct pubsub *pubsub, struct session *session)
{
    for (enum pubsub_kind kind = 0; kind < PUBSUB_KINDS; kind++) {
        struct map *own = pubsub_of(session, kind);
        struct map_cursor cursor = {0};
        void *subscription;
        while (map_next(own, &cursor, NULL, &subscription)) drop(pubsub, kind, subscription);
        map_deinit(own, NULL);
    }
    mark(session);
}

static size_t send_to_topic(struct pubsub *pubsub, const struct topic *topic, struct str encoded,
                            bool at_once)
{
    for (size_t i = 0; i < topic->count; i++) {
        struct session *to = topic->list[i]->session;
        if (at_once)
            delivery_send_at_once(pubsub->delivery, to, encoded);
        else
            delivery_send(pubsub->delivery, to, encoded);
    }
    return topic->count;
}

static size_t publish_to_channel(struct pubsub *pubsub, const struct pubsub_message *message)
{
    enum pubsub_kind kind = message->shard ? PUBSUB_SHARD : PUBSUB_CHANNEL;
    const struct topic *topic = map_get(&pubsub->topics[kind], message->channel);
    if (topic == NULL) return 0;
    struct buf encoded = {0};
    message_array(&encoded, 3);
    message_bulk(&encoded, message->shard ? STR("smessage") : STR("message"));
    message_bulk(&encoded, message->channel);
    message_bulk(&encoded, message->payload);
    size_t receivers = send_to_topic(pubsub, topic, buf_str(&encoded), message->at_once);
    buf_deinit(&encoded);
    return receivers;
}

static size_t publish_to_patterns(struct pubsub *pubsub, const struct pubsub_message *message)
{
    size_t receivers = 0;
    struct buf encoded = {0};
    struct map_cursor cursor = {0};
    struct str pattern;
    void *topic;
    while (map_next(&pubsub->topics[PUBSUB_PATTERN], &cursor, &pattern, &topic)) {
        if (!glob_match(pattern, message->channel)) continue;
        buf_clear(&encoded);
        message_array(&encoded, 4);
        message_bulk(&encoded, STR("pmessage"));
        message_bulk(&encoded, pattern);
        message_bulk(&encoded, message->channel);
        message_bulk(&encoded, message->payload);
        receivers += send_to_topic(pubsub, topic, buf_str(&encoded), message->at_once);
    }
    buf_deinit(&encoded);
    return receivers;
}

size_t pubsub_publish(struct pubsub *pubsub, const struct pubsub_message *message)
{
    size_t receivers = publish_to_channel(pubsub, message);
    if (!message->shard) receivers += publish_to_patterns(pubsub, message);
    return receivers;
}

size_t pubsub_topic_count(const struct pubsub *pubsub, enum pubsub_kind kind)
{
    return pubsub->topics[kind].len;
}

size_t pubsub_listener_count(const struct pubsub *pubsub, enum pubsub_kind kind, struct str name)
{
    const struct topic *topic = map_get(&pubsub->topics[kind], name);
    return topic ? topic->count : 0;
}

bool pubsub_refuses(const struct session *session, const struct command *command,
                    const struct command *container)
{
    static const char *const allowed[] = {
        "ping",       "subscribe",    "unsubscribe", "psubscribe", "punsubscribe",
        "ssubscribe", "sunsubscribe", "quit",        "reset",      NULL,
    };
    static const uint64_t in_exec = SESSION_MULTI | SESSION_DENY_BLOCKING;
    if (!session_is(session, SESSION_PUBSUB) || session->reply.version > 2) return false;
    if ((session->flags & in_exec) == in_exec) return false;
    if (container) return true;
    for (const char *const *name = allowed; *name; name++) {
        if (strcmp(command->name, *name) == 0) return false;
    }
    return true;
}
