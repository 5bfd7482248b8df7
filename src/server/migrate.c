/* MIGRATE: keys go to another server, and are deleted here once it has them.
 *
 * The client waits, nobody else does. Its request runs twice:
 *
 *     first run: values are written down, the client blocks --> the target is told and answers
 *     --> migrate_serve --> second run: what the target took is deleted, the client is answered
 *
 * The second run is an ordinary request: gates, effects, events and the reply come as in any other.
 * In between the keys can be changed by others. Each is watched, and one that changed is kept: the
 * target has what it was before. When the client leaves, nothing is deleted. */
#include "base/mem.h"
#include "base/num.h"
#include "command/blocking.h"
#include "command/keys_special.h"
#include "command/lookup.h"
#include "link/migration.h"
#include "server/families.h"
#include "server/server.h"
#include "snapshot/rdb_value.h"

#include <limits.h>
#include <sys/param.h>

enum { TIMEOUT_MS = 1000, PORT_MAX = 65535 };

/* A key that was sent. */
struct sent_key {
    int at; /* in the request */
    int64_t expire_at_ms;
    bool was_taken;
    struct session watcher; /* only to watch the key */
};

struct migrate {
    struct migration talk;
    struct list over; /* in server->migrations_over */
    struct server *server;
    struct client *client;
    enum migration_end end;
    struct buf error; /* the first that the target answered */
    bool copies;
    size_t greeting_count;
    size_t key_count;
    struct sent_key keys[];
};

struct migrate_request {
    int64_t timeout_ms, db;
    bool copies, replaces;
    int credentials, credential_count; /* where they begin */
    int first, last;                   /* keys */
};

/* --- the request --- */

static bool parse_option(const struct call *call, int *at, struct migrate_request *request)
{
    int left = call->argc - 1 - *at;
    int values = call_is(call, *at, "auth") ? 1 : call_is(call, *at, "auth2") ? 2 : 0;
    if (values > left) return false;
    if (values) {
        request->credentials = *at + 1;
        request->credential_count = values;
        *at += values;
        return true;
    }
    if (call_is(call, *at, "copy"))
        request->copies = true;
    else if (call_is(call, *at, "replace"))
        request->replaces = true;
    else
        return false;
    return true;
}

static bool parse_options(struct call *call, struct migrate_request *request)
{
    for (int i = 6; i < call->argc; i++) {
        if (call_is(call, i, "keys")) {
            request->first = i + 1;
            request->last = call->argc - 1;
            if (call_arg(call, 3).len == 0) return true;
            reply_error(call->reply, "ERR When using MIGRATE KEYS option, the key argument must "
                                     "be set to the empty string");
            return false;
        }
        if (!parse_option(call, &i, request)) {
            call_syntax_error(call);
            return false;
        }
    }
    return true;
}

static bool parse_request(struct call *call, struct migrate_request *request)
{
    *request = (struct migrate_request){.first = 3, .last = 3};
    if (!parse_options(call, request)) return false;
    if (!call_i64(call, 5, &request->timeout_ms) || !call_i64(call, 4, &request->db)) return false;
    if (request->timeout_ms <= 0) request->timeout_ms = TIMEOUT_MS;
    request->timeout_ms = MIN(request->timeout_ms, INT_MAX);
    return true;
}

/* --- what is sent --- */

static void append_greeting(struct migrate *migrate, const struct call *call,
                            const struct migrate_request *request, struct buf *out)
{
    char digits[NUM_I64_MAX];
    struct str select[] = {STR("SELECT"), str_of(digits, num_format_i64(digits, request->db))};
    struct str auth[3] = {STR("AUTH")};
    for (int i = 0; i < request->credential_count; i++) {
        auth[i + 1] = call_arg(call, request->credentials + i);
    }
    if (request->credential_count) effects_encode(out, auth, 1 + (size_t)request->credential_count);
    effects_encode(out, select, 2);
    migrate->greeting_count = request->credential_count ? 2 : 1;
}

static void append_restore(const struct call *call, const struct entry *entry, struct str key,
                           bool replaces, struct buf *out)
{
    char digits[NUM_I64_MAX];
    struct buf payload = {0};
    struct value value = entry_value(entry);
    int64_t at_ms = entry_expire_at(entry);
    int64_t ttl = at_ms == NO_EXPIRY ? 0 : MAX(at_ms - call->host->now_ms, 1);
    rdb_dump(&payload, &value);
    struct str argv[] = {STR("RESTORE"), key, str_of(digits, num_format_i64(digits, ttl)),
                         buf_str(&payload), STR("REPLACE")};
    effects_encode(out, argv, replaces ? 5 : 4);
    buf_deinit(&payload);
}

static void append_keys(struct migrate *migrate, struct call *call,
                        const struct migrate_request *request, struct buf *out)
{
    for (int i = request->first; i <= request->last; i++) {
        struct str name = call_arg(call, i);
        const struct entry *entry = lookup(call, name, LOOKUP_PEEK);
        if (entry == NULL) continue;
        struct sent_key *key = &migrate->keys[migrate->key_count++];
        *key = (struct sent_key){.at = i, .expire_at_ms = entry_expire_at(entry)};
        append_restore(call, entry, name, request->replaces, out);
        session_init(&key->watcher, 0, NULL);
        if (!migrate->copies) watch_add(call->host->watches, &key->watcher, call->ks, name);
    }
}

/* --- the conversation --- */

static bool on_reply(void *owner, size_t number, const struct reply_node *reply)
{
    struct migrate *migrate = owner;
    bool is_error = reply->type == REPLY_ERROR;
    bool is_greeting = number < migrate->greeting_count;
    if (is_error && migrate->error.len == 0) {
        buf_append_c(&migrate->error, "ERR Target instance replied with error: ");
        buf_append_str(&migrate->error, reply_text(reply));
    }
    if (!is_greeting) migrate->keys[number - migrate->greeting_count].was_taken = !is_error;
    return !is_error || !is_greeting;
}

static void on_end(void *owner, enum migration_end end)
{
    struct migrate *migrate = owner;
    migrate->end = end;
    list_append(&migrate->server->migrations_over, &migrate->over);
}

static void start_talk(struct migrate *migrate, struct call *call,
                       const struct migrate_request *request)
{
    struct migration_order order = {.timeout_ms = request->timeout_ms};
    struct migration_hooks hooks = {migrate, on_reply, on_end};
    struct buf host = {0};
    int64_t port;
    append_greeting(migrate, call, request, &order.requests);
    order.greeting_bytes = order.requests.len;
    order.greeting_count = migrate->greeting_count;
    append_keys(migrate, call, request, &order.requests);
    order.count = migrate->greeting_count + migrate->key_count;
    buf_append_str(&host, call_arg(call, 1));
    bool is_port = num_parse_i64(call_arg(call, 2), &port) && port > 0 && port <= PORT_MAX;
    order.to = (struct connect_options){.host = buf_c(&host), .port = is_port ? (int)port : 0};
    const char *source = migrate->server->config.net.bind_source_addr;
    if (source && source[0]) order.to.source = source;
    migration_start(&migrate->talk, migrate->server->loop, &order, &hooks);
    buf_deinit(&host);
}

/* --- the second run --- */

/* Gone by its own time is no change: it goes there, too. */
static bool was_changed(struct call *call, const struct sent_key *key)
{
    if (!session_is(&key->watcher, SESSION_DIRTY_CAS)) return false;
    bool is_past = key->expire_at_ms != NO_EXPIRY && key->expire_at_ms <= call->host->now_ms;
    return !is_past || lookup(call, call_arg(call, key->at), LOOKUP_PEEK);
}

/* All are looked at before the first is deleted: one may be named twice. */
static bool forget_changed(struct migrate *migrate, struct call *call)
{
    bool any = false;
    for (size_t i = 0; i < migrate->key_count; i++) {
        struct sent_key *key = &migrate->keys[i];
        if (!key->was_taken || !was_changed(call, key)) continue;
        key->was_taken = false;
        any = true;
    }
    return any;
}

static void delete_taken(const struct migrate *migrate, struct call *call)
{
    struct str *argv = mem_alloc((migrate->key_count + 1) * sizeof(*argv));
    size_t argc = 0;
    argv[argc++] = STR("DEL");
    for (size_t i = 0; i < migrate->key_count; i++) {
        struct str name = call_arg(call, migrate->keys[i].at);
        if (!migrate->keys[i].was_taken || !lookup(call, name, LOOKUP_WRITE)) continue;
        lookup_delete(call, name);
        call_changed(call, name);
        call_event(call, EVENT_GENERIC, "del", name);
        argv[argc++] = name;
    }
    if (argc > 1)
        effects_add(call->effects, argv, argc);
    else
        effects_none(call->effects);
    mem_free(argv);
}

static void answer(const struct migrate *migrate, struct call *call, bool any_changed)
{
    static const char *const errors[] = {
        [MIGRATION_ANSWERED] = NULL,
        [MIGRATION_NOT_CONNECTED] = "IOERR error or timeout connecting to the client",
        [MIGRATION_NOT_WRITTEN] = "IOERR error or timeout writing to target instance",
        [MIGRATION_NOT_READ] = "IOERR error or timeout reading to target instance",
    };
    const char *error = errors[migrate->end];
    if (migrate->error.len)
        reply_error_str(call->reply, buf_str(&migrate->error));
    else if (error)
        reply_error(call->reply, error);
    else if (any_changed)
        reply_error(call->reply, "ERR Keys that were changed while the target instance was taking "
                                 "them are kept, the others have been moved");
    else
        reply_ok(call->reply);
}

static void migrate_free(struct migrate *migrate)
{
    if (migrate == NULL) return;
    migration_deinit(&migrate->talk);
    for (size_t i = 0; i < migrate->key_count; i++) {
        watch_clear(&migrate->keys[i].watcher);
        session_deinit(&migrate->keys[i].watcher);
    }
    list_remove(&migrate->over);
    buf_deinit(&migrate->error);
    mem_free(migrate);
}

static void finish(struct call *call, struct client *client)
{
    struct migrate *migrate = client->migration;
    client->migration = NULL;
    bool any_changed = false;
    if (!migrate->copies) {
        any_changed = forget_changed(migrate, call);
        delete_taken(migrate, call);
    }
    answer(migrate, call, any_changed);
    migrate_free(migrate);
}

void migrate_leave(struct client *client)
{
    migrate_free(client->migration);
    client->migration = NULL;
}

/* Running one may close the client of another, which takes that one off whatever list it is in. */
void migrate_serve(struct server *server)
{
    struct list over;
    if (list_is_empty(&server->migrations_over)) return;
    list_init(&over);
    list_join(&over, &server->migrations_over);
    server_read_clocks(server);
    while (!list_is_empty(&over)) {
        struct migrate *migrate = LIST_ENTRY(over.next, struct migrate, over);
        list_remove(&migrate->over);
        list_append(&server->migrations_over, &migrate->over);
        blocking_run(&server->blocking, &migrate->client->session);
    }
}

/* --- the first run --- */

static void deny(struct host *host, struct session *session)
{
    (void)host;
    reply_error(&session->reply,
                "ERR MIGRATE waits for another server and cannot run in transactions or scripts");
}

static size_t count_keys(struct call *call, const struct migrate_request *request)
{
    size_t count = 0;
    for (int i = request->first; i <= request->last; i++) {
        count += lookup(call, call_arg(call, i), LOOKUP_READ) != NULL;
    }
    return count;
}

static void begin(struct call *call)
{
    struct migrate_request request;
    if (!parse_request(call, &request)) return;
    size_t count = count_keys(call, &request);
    if (count == 0) {
        reply_status(call->reply, "NOKEY");
        return;
    }
    struct blocking_wait wait = {.on = BLOCKED_ON_WORK, .timed_out = deny, .denied = deny};
    blocking_wait(call, &wait);
    if (!session_is(call->session, SESSION_BLOCKED)) return;
    struct migrate *migrate = mem_alloc(sizeof(*migrate) + count * sizeof(migrate->keys[0]));
    *migrate = (struct migrate){
        .server = server_of(call), .client = client_of(call->session), .copies = request.copies};
    list_init(&migrate->over);
    migrate->client->migration = migrate;
    start_talk(migrate, call, &request);
}

static void migrate(struct call *call)
{
    struct client *client = call->session->link;
    if (client && client->migration)
        finish(call, client);
    else
        begin(call);
}

const struct command migrate_commands[] = {
    {
        .name = "migrate",
        .run = migrate,
        .arity = -6,
        .flags = CMD_WRITE,
        .categories = CAT_KEYSPACE | CAT_DANGEROUS,
        .keys = {KEY_ONE(KEY_RW | KEY_ACCESS | KEY_DELETE, 3),
                 {.flags = KEY_RW | KEY_ACCESS | KEY_DELETE | KEY_INCOMPLETE,
                  .begin = KEYS_AT_KEYWORD,
                  .keyword = "KEYS",
                  .index = -2,
                  .last = -1,
                  .step = 1}},
        .find_keys = keys_of_migrate,
        .summary = "Moves keys to another server, or copies them.",
        .since = "2.6.0",
        .group = "generic",
        .complexity = "DUMP and DEL here and RESTORE there for each key, and the way of its bytes",
        .syntax = "host port <key | \"\"> destination-db timeout [COPY]@3.0.0 [REPLACE]@3.0.0 "
                  "[AUTH password@4.0.7 | AUTH2 <username password>@6.0.0] "
                  "[KEYS key [KEYS key ...]]@3.0.6",
        .history = {{"3.0.0", "Takes the options `COPY` and `REPLACE`."},
                    {"3.0.6", "Takes the option `KEYS`."},
                    {"4.0.7", "Takes the option `AUTH`."},
                    {"6.0.0", "Takes the option `AUTH2`."}},
        .tips = {"nondeterministic_output"},
    },
    {0},
};
