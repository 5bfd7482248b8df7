#include "server/tracking_prefix.h"

#include "base/mem.h"

#include <stdlib.h>

/* A key that changed, and the session that changed it (0: none). */
struct changed_key {
    struct str key; /* own bytes */
    uint64_t by;
};

struct broadcast {
    struct session **sessions;
    size_t session_count;
    struct changed_key *changed;
    size_t changed_count, changed_capacity;
    struct map known; /* the keys of `changed` */
};

static void forget_changes(struct broadcast *broadcast)
{
    for (size_t i = 0; i < broadcast->changed_count; i++) {
        mem_free((char *)(uintptr_t)broadcast->changed[i].key.ptr);
    }
    broadcast->changed_count = 0;
    map_deinit(&broadcast->known, NULL);
}

void tracking_prefix_join(struct tracking *tracking, struct session *session, struct str prefix)
{
    if (map_get(&session->tracking_prefixes, prefix)) return;
    struct broadcast *broadcast = map_get(&tracking->prefixes, prefix);
    if (broadcast == NULL) {
        broadcast = mem_new(struct broadcast);
        broadcast->known.seed = tracking->prefixes.seed;
        map_put(&tracking->prefixes, prefix, broadcast);
    }
    broadcast->sessions =
        mem_realloc(broadcast->sessions, (broadcast->session_count + 1) * sizeof(struct session *));
    broadcast->sessions[broadcast->session_count++] = session;
    if (session->tracking_prefixes.chain_count == 0)
        session->tracking_prefixes.seed = tracking->prefixes.seed;
    map_put(&session->tracking_prefixes, prefix, broadcast);
}

static void leave(struct tracking *tracking, struct broadcast *broadcast,
                  const struct session *session, struct str prefix)
{
    size_t at = 0;
    while (broadcast->sessions[at] != session) at++;
    broadcast->sessions[at] = broadcast->sessions[--broadcast->session_count];
    if (broadcast->session_count) return;
    map_remove(&tracking->prefixes, prefix);
    forget_changes(broadcast);
    mem_free(broadcast->changed);
    mem_free(broadcast->sessions);
    mem_free(broadcast);
}

void tracking_prefix_leave_all(struct tracking *tracking, struct session *session)
{
    struct map_cursor cursor = {0};
    struct str prefix;
    void *broadcast;
    while (map_next(&session->tracking_prefixes, &cursor, &prefix, &broadcast)) {
        leave(tracking, broadcast, session, prefix);
    }
    map_deinit(&session->tracking_prefixes, NULL);
}

static void add_change(struct broadcast *broadcast, struct str key, uint64_t by)
{
    if (map_get(&broadcast->known, key)) return;
    if (broadcast->changed_count == broadcast->changed_capacity) {
        broadcast->changed_capacity = broadcast->changed_capacity * 2 + 8;
        broadcast->changed = mem_realloc(broadcast->changed,
                                         broadcast->changed_capacity * sizeof(*broadcast->changed));
    }
    map_put(&broadcast->known, key, broadcast);
    broadcast->changed[broadcast->changed_count++] = (struct changed_key){
        .key = str_of(mem_strndup(key.len ? key.ptr : "", key.len), key.len),
        .by = by,
    };
}

void tracking_prefix_changed(struct tracking *tracking, struct str key)
{
    const struct session *running = tracking->delivery->running;
    struct map_cursor cursor = {0};
    struct str prefix;
    void *broadcast;
    while (map_next(&tracking->prefixes, &cursor, &prefix, &broadcast)) {
        if (str_starts_with(key, prefix)) add_change(broadcast, key, running ? running->id : 0);
    }
}

/* The changed keys as an array, without those that session `except` changed itself (0: all).
 * Returns how many. */
static size_t write_keys(const struct broadcast *broadcast, uint64_t except, struct buf *out)
{
    size_t count = 0;
    for (size_t i = 0; i < broadcast->changed_count; i++) {
        count += except == 0 || broadcast->changed[i].by != except;
    }
    buf_clear(out);
    message_array(out, count);
    for (size_t i = 0; i < broadcast->changed_count; i++) {
        const struct changed_key *changed = &broadcast->changed[i];
        if (except == 0 || changed->by != except) message_bulk(out, changed->key);
    }
    return count;
}

static int compare_keys(const void *a, const void *b)
{
    const struct changed_key *one = a, *other = b;
    return str_cmp(one->key, other->key);
}

static void send_changes(struct tracking *tracking, struct broadcast *broadcast)
{
    struct buf all = {0}, others = {0};
    qsort(broadcast->changed, broadcast->changed_count, sizeof(*broadcast->changed), compare_keys);
    write_keys(broadcast, 0, &all);
    for (size_t i = 0; i < broadcast->session_count; i++) {
        struct session *session = broadcast->sessions[i];
        if (!session_is(session, SESSION_TRACKING_NOLOOP)) {
            tracking_send(tracking, session, buf_str(&all));
        } else if (write_keys(broadcast, session->id, &others)) {
            tracking_send(tracking, session, buf_str(&others));
        }
    }
    forget_changes(broadcast);
    buf_deinit(&all);
    buf_deinit(&others);
}

void tracking_broadcast(struct tracking *tracking)
{
    struct map_cursor cursor = {0};
    void *value;
    while (map_next(&tracking->prefixes, &cursor, NULL, &value)) {
        struct broadcast *broadcast = value;
        if (broadcast->changed_count) send_changes(tracking, broadcast);
    }
}
