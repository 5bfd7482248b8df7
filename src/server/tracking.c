#include "server/tracking.h"

#include "base/mem.h"
#include "command/keys.h"
#include "server/tracking_prefix.h"

enum {
    MODES = SESSION_TRACKING_BCAST | SESSION_TRACKING_OPTIN | SESSION_TRACKING_OPTOUT |
            SESSION_TRACKING_NOLOOP,
};

/* A key and who has read it. */
struct tracked_key {
    struct list link;
    uint64_t *ids; /* sorted */
    size_t count, capacity;
    size_t key_len;
    char key[];
};

void tracking_init(struct tracking *tracking, struct delivery *delivery, struct hash_seed seed)
{
    *tracking = (struct tracking){.delivery = delivery, .max_keys = TRACKING_DEFAULT_MAX_KEYS};
    tracking->keys.seed = tracking->clients.seed = tracking->prefixes.seed = seed;
    list_init(&tracking->by_age);
}

static struct str key_of(const struct tracked_key *tracked)
{
    return str_of(tracked->key, tracked->key_len);
}

static struct str id_key(const uint64_t *id)
{
    return str_of((const char *)id, sizeof(*id));
}

static void free_tracked(struct tracked_key *tracked)
{
    mem_free(tracked->ids);
    mem_free(tracked);
}

/* Takes a key out of the table; the caller frees it. */
static void forget(struct tracking *tracking, struct tracked_key *tracked)
{
    map_remove(&tracking->keys, key_of(tracked));
    list_remove(&tracked->link);
    tracking->item_count -= tracked->count;
}

static void forget_all(struct tracking *tracking)
{
    LIST_FOREACH(at, after, &tracking->by_age)
    {
        struct tracked_key *tracked = LIST_ENTRY(at, struct tracked_key, link);
        forget(tracking, tracked);
        free_tracked(tracked);
    }
}

void tracking_deinit(struct tracking *tracking)
{
    forget_all(tracking);
    map_deinit(&tracking->keys, NULL);
    map_deinit(&tracking->clients, NULL);
    map_deinit(&tracking->prefixes, NULL);
}

void tracking_begin(struct tracking *tracking, struct session *session,
                    const struct tracking_options *options)
{
    session->flags &= ~(uint64_t)(MODES | SESSION_TRACKING_BROKEN_REDIR);
    session->flags |= SESSION_TRACKING | (options->flags & MODES);
    session->tracking_redirect = options->redirect;
    map_put(&tracking->clients, id_key(&session->id), session);
    if (!(options->flags & SESSION_TRACKING_BCAST)) return;
    if (options->prefix_count == 0) tracking_prefix_join(tracking, session, STR(""));
    for (size_t i = 0; i < options->prefix_count; i++) {
        tracking_prefix_join(tracking, session, options->prefixes[i]);
    }
}

/* Ids of sessions that are gone stay in the table until their keys change. */
void tracking_leave(struct tracking *tracking, struct session *session)
{
    if (!session_is(session, SESSION_TRACKING)) return;
    tracking_prefix_leave_all(tracking, session);
    map_remove(&tracking->clients, id_key(&session->id));
    session->flags &= ~(uint64_t)(MODES | SESSION_TRACKING | SESSION_TRACKING_CACHING |
                                  SESSION_TRACKING_BROKEN_REDIR);
    session->tracking_redirect = 0;
}

/* --- sending --- */

static void tell_broken_redirect(struct tracking *tracking, struct session *session)
{
    session->flags |= SESSION_TRACKING_BROKEN_REDIR;
    if (session->reply.version < 3) return;
    struct buf message = {0};
    message_array(&message, 2);
    message_bulk(&message, STR("tracking-redir-broken"));
    buf_append_char(&message, ':');
    buf_append_u64(&message, session->tracking_redirect);
    buf_append_c(&message, "\r\n");
    delivery_send(tracking->delivery, session, buf_str(&message));
    buf_deinit(&message);
}

void tracking_send(struct tracking *tracking, struct session *session, struct str keys)
{
    struct delivery *delivery = tracking->delivery;
    struct session *to = session;
    if (session->tracking_redirect) {
        to = delivery->find(delivery->context, session->tracking_redirect);
        if (to == NULL) {
            tell_broken_redirect(tracking, session);
            return;
        }
    }
    struct buf message = {0};
    if (to->reply.version > 2) {
        message_array(&message, 2);
        message_bulk(&message, STR("invalidate"));
    } else if (to != session && session_is(to, SESSION_PUBSUB)) {
        message_array(&message, 3);
        message_bulk(&message, STR("message"));
        message_bulk(&message, STR("__redis__:invalidate"));
    } else {
        return;
    }
    if (keys.len)
        buf_append_str(&message, keys);
    else
        buf_append_c(&message, to->reply.version > 2 ? "_\r\n" : "$-1\r\n");
    delivery_send(delivery, to, buf_str(&message));
    buf_deinit(&message);
}

/* Tells everybody who has read the key and still tracks in the default mode. */
static void send_to_readers(struct tracking *tracking, const struct tracked_key *tracked,
                            const struct session *except)
{
    struct buf keys = {0};
    message_array(&keys, 1);
    message_bulk(&keys, key_of(tracked));
    for (size_t i = 0; i < tracked->count; i++) {
        struct session *reader = map_get(&tracking->clients, id_key(&tracked->ids[i]));
        if (reader == NULL || session_is(reader, SESSION_TRACKING_BCAST)) continue;
        if (reader == except && session_is(reader, SESSION_TRACKING_NOLOOP)) continue;
        tracking_send(tracking, reader, buf_str(&keys));
    }
    buf_deinit(&keys);
}

void tracking_changed(struct tracking *tracking, struct str key)
{
    if (tracking->prefixes.len) tracking_prefix_changed(tracking, key);
    struct tracked_key *tracked = map_get(&tracking->keys, key);
    if (tracked == NULL) return;
    forget(tracking, tracked);
    send_to_readers(tracking, tracked, tracking->delivery->running);
    free_tracked(tracked);
}

void tracking_flushed(struct tracking *tracking)
{
    struct map_cursor cursor = {0};
    void *client;
    while (map_next(&tracking->clients, &cursor, NULL, &client)) {
        tracking_send(tracking, client, STR(""));
    }
    forget_all(tracking);
}

void tracking_limit(struct tracking *tracking, size_t max_keys)
{
    tracking->max_keys = max_keys;
    while (max_keys && tracking->keys.len > max_keys) {
        struct tracked_key *oldest = LIST_ENTRY(tracking->by_age.next, struct tracked_key, link);
        forget(tracking, oldest);
        send_to_readers(tracking, oldest, NULL);
        free_tracked(oldest);
    }
}

/* --- remembering --- */

static struct tracked_key *make_tracked(struct tracking *tracking, struct str key)
{
    struct tracked_key *tracked = mem_calloc(sizeof(*tracked) + key.len);
    tracked->key_len = key.len;
    if (key.len) memcpy(tracked->key, key.ptr, key.len);
    map_put(&tracking->keys, key, tracked);
    list_append(&tracking->by_age, &tracked->link);
    return tracked;
}

/* Where the id is, or belongs. */
static size_t place(const struct tracked_key *tracked, uint64_t id)
{
    size_t low = 0, high = tracked->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (tracked->ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void remember(struct tracking *tracking, uint64_t id, struct str key)
{
    struct tracked_key *tracked = map_get(&tracking->keys, key);
    if (tracked == NULL) tracked = make_tracked(tracking, key);
    size_t at = place(tracked, id);
    if (at < tracked->count && tracked->ids[at] == id) return;
    if (tracked->count == tracked->capacity) {
        tracked->capacity = tracked->capacity ? tracked->capacity * 2 : 2;
        tracked->ids = mem_realloc(tracked->ids, tracked->capacity * sizeof(uint64_t));
    }
    memmove(&tracked->ids[at + 1], &tracked->ids[at], (tracked->count - at) * sizeof(uint64_t));
    tracked->ids[at] = id;
    tracked->count++;
    tracking->item_count++;
}

/* Commands of a script are read by the client that runs the script. */
static struct session *reader_of(const struct tracking *tracking, const struct call *call)
{
    bool in_script = session_is(call->session, SESSION_SCRIPT) && tracking->delivery->running;
    return in_script ? tracking->delivery->running : call->session;
}

static bool remembers(const struct session *reader, const struct command *command)
{
    if (!session_is(reader, SESSION_TRACKING) || session_is(reader, SESSION_TRACKING_BCAST))
        return false;
    if (!(command->flags & CMD_READONLY)) return false;
    if ((command->flags & CMD_PUBSUB) || (command->categories & CAT_SCRIPTING)) return false;
    bool caching = session_is(reader, SESSION_TRACKING_CACHING);
    if (session_is(reader, SESSION_TRACKING_OPTIN)) return caching;
    return !session_is(reader, SESSION_TRACKING_OPTOUT) || !caching;
}

static void remember_keys(struct tracking *tracking, const struct session *reader,
                          const struct call *call)
{
    struct key_refs refs = {0};
    if (command_find_keys(call->command, call->argv, call->argc, &refs)) {
        for (int i = 0; i < refs.count; i++) {
            if (refs.list[i].flags & KEY_NOT_KEY) continue;
            remember(tracking, reader->id, call->argv[refs.list[i].at]);
        }
    }
    key_refs_deinit(&refs);
    tracking_limit(tracking, tracking->max_keys);
}

void tracking_ran(struct tracking *tracking, const struct call *call)
{
    if (tracking->clients.len == 0) return;
    struct session *reader = reader_of(tracking, call);
    if (remembers(reader, call->command)) remember_keys(tracking, reader, call);
    bool is_client_command = call->container && strcmp(call->container->name, "client") == 0;
    if (!is_client_command && !session_is(call->session, SESSION_MULTI | SESSION_SCRIPT)) {
        call->session->flags &= ~(uint64_t)SESSION_TRACKING_CACHING;
    }
}
