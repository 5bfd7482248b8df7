#include "command/watch.h"

#include "base/mem.h"
#include "command/call.h"
#include "command/lookup.h"

/* One key somebody watches. */
struct watched_by {
    struct watch_registry *registry;
    struct list watchers; /* struct watched_key by of_key */
    int db;
    size_t name_len;
    char name[]; /* in the registry's map: the database number, then the key */
};

/* One key watched by one session. */
struct watched_key {
    struct list of_session, of_key;
    struct watched_by *by;
    struct session *session;
    bool expired; /* was already past its time when WATCH saw it */
};

void watch_init(struct watch_registry *registry, const struct host *host, struct hash_seed seed)
{
    *registry = (struct watch_registry){.keys = {.seed = seed}, .host = host};
}

void watch_deinit(struct watch_registry *registry)
{
    map_deinit(&registry->keys, mem_free);
}

static struct str name_of(const struct watched_by *by)
{
    return (struct str){by->name, by->name_len};
}

static struct str key_of(const struct watched_by *by)
{
    return str_from(name_of(by), sizeof(by->db));
}

static bool exists_expired(const struct host *host, const struct keyspace *ks, struct str key)
{
    const struct entry *entry = keyspace_find(ks, key);
    return entry && entry_is_expired(host, entry);
}

static void append_name(struct buf *name, int db, struct str key)
{
    buf_append(name, &db, sizeof(db));
    buf_append_str(name, key);
}

static struct watched_by *get(const struct watch_registry *registry, int db, struct str key)
{
    if (registry->keys.len == 0) return NULL;
    struct buf name = {0};
    append_name(&name, db, key);
    struct watched_by *by = map_get(&registry->keys, buf_str(&name));
    buf_deinit(&name);
    return by;
}

static struct watched_by *get_or_add(struct watch_registry *registry, int db, struct str key)
{
    struct watched_by *by = get(registry, db, key);
    if (by) return by;
    by = mem_alloc(sizeof(*by) + sizeof(db) + key.len);
    by->registry = registry;
    by->db = db;
    by->name_len = sizeof(db) + key.len;
    list_init(&by->watchers);
    memcpy(by->name, &db, sizeof(db));
    if (key.len) memcpy(by->name + sizeof(db), key.ptr, key.len);
    map_put(&registry->keys, name_of(by), by);
    return by;
}

void watch_add(struct watch_registry *registry, struct session *session, const struct keyspace *ks,
               struct str key)
{
    struct watched_by *by = get_or_add(registry, ks->id, key);
    LIST_FOREACH(at, after, &by->watchers)
    {
        if (LIST_ENTRY(at, struct watched_key, of_key)->session == session) return;
    }
    struct watched_key *watched = mem_new(struct watched_key);
    watched->by = by;
    watched->session = session;
    watched->expired = exists_expired(registry->host, ks, key);
    list_append(&session->watched, &watched->of_session);
    list_append(&by->watchers, &watched->of_key);
}

static void forget(struct watched_key *watched)
{
    struct watched_by *by = watched->by;
    list_remove(&watched->of_session);
    list_remove(&watched->of_key);
    if (list_is_empty(&by->watchers)) {
        map_remove(&by->registry->keys, name_of(by));
        mem_free(by);
    }
    mem_free(watched);
}

void watch_clear(struct session *session)
{
    if (!session->watched.next) return;
    LIST_FOREACH(at, after, &session->watched)
    {
        forget(LIST_ENTRY(at, struct watched_key, of_session));
    }
}

bool watch_has_expired(const struct session *session)
{
    LIST_FOREACH(at, after, &session->watched)
    {
        const struct watched_key *watched = LIST_ENTRY(at, struct watched_key, of_session);
        if (watched->expired) continue;
        const struct host *host = watched->by->registry->host;
        if (exists_expired(host, &host->store->dbs[watched->by->db], key_of(watched->by))) {
            return true;
        }
    }
    return false;
}

/* Marking forgets all keys of the session and with the last watcher `by` itself, so the watchers
 * are taken off first. */
void watch_changed(struct watch_registry *registry, const struct keyspace *ks, struct str key)
{
    struct watched_by *by = get(registry, ks->id, key);
    if (!by) return;
    bool exists = keyspace_find(ks, key) != NULL;
    struct list *at = by->watchers.next;
    bool last = false;
    while (!last) {
        struct watched_key *watched = LIST_ENTRY(at, struct watched_key, of_key);
        at = at->next;
        last = at == &by->watchers;
        if (watched->expired && !exists) {
            watched->expired = false;
            continue;
        }
        watched->session->flags |= SESSION_DIRTY_CAS;
        watch_clear(watched->session);
    }
}

/* Only a key that was there, or is there afterwards, has changed. */
static void replaced(const struct watched_by *by, bool was_there, const struct entry *fresh)
{
    const struct host *host = by->registry->host;
    bool fresh_expired = fresh && entry_is_expired(host, fresh);
    LIST_FOREACH(at, after, &by->watchers)
    {
        struct watched_key *watched = LIST_ENTRY(at, struct watched_key, of_key);
        if (watched->expired && (!fresh || fresh_expired)) {
            watched->expired = fresh_expired;
        } else if (!was_there && fresh_expired) {
            watched->expired = true;
        } else {
            watched->session->flags |= SESSION_DIRTY_CAS;
        }
    }
}

void watch_replaced(struct watch_registry *registry, const struct keyspace *ks,
                    const struct keyspace *by)
{
    struct map_cursor cursor = {0};
    struct str name;
    void *value;
    while (map_next(&registry->keys, &cursor, &name, &value)) {
        const struct watched_by *watched = value;
        if (watched->db != ks->id) continue;
        bool was_there = keyspace_find(ks, key_of(watched)) != NULL;
        const struct entry *fresh = by ? keyspace_find(by, key_of(watched)) : NULL;
        if (was_there || fresh) replaced(watched, was_there, fresh);
    }
}
