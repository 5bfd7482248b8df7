/* The harness of command tests with an ACL and publish/subscribe around it, as the server has them.
 *
 * To be included once per test program: it also says where the handlers find these parts. */
#ifndef SKEIN_TESTS_SERVER_WORLD_H
#define SKEIN_TESTS_SERVER_WORLD_H

#include "server/access.h"
#include "server/acl.h"
#include "server/families.h"
#include "server/pubsub.h"
#include "server/tracking.h"
#include "unit/command/harness.h"

enum { WORLD_PEERS = 2 };

/* Another client, with its own output. */
struct peer {
    struct session session;
    struct chain out;
    struct buf text;
    bool ended;
};

struct world {
    struct harness h; /* first: the handlers' owner is the harness */
    struct acl acl;
    struct delivery delivery;
    struct pubsub pubsub;
    struct tracking tracking;
    struct peer peers[WORLD_PEERS];
};

static struct world *world_of(const struct call *call)
{
    return call->host->owner;
}

struct acl *server_acl(struct call *call)
{
    return &world_of(call)->acl;
}

struct pubsub *server_pubsub(struct call *call)
{
    return &world_of(call)->pubsub;
}

struct tracking *server_tracking(struct call *call)
{
    return &world_of(call)->tracking;
}

static void answer_ok(struct call *call)
{
    reply_ok(call->reply);
}

static void change_key(struct call *call)
{
    call_changed(call, call_arg(call, 1));
    reply_ok(call->reply);
}

static void flush(struct call *call)
{
    tracking_flushed(server_tracking(call));
    reply_ok(call->reply);
}

static const struct command config_subcommands[] = {
    {.name = "get", .run = answer_ok, .arity = -3, .flags = CMD_ADMIN},
    {.name = "set", .run = answer_ok, .arity = -4, .flags = CMD_ADMIN},
    {.name = "help", .run = answer_ok, .arity = 2},
    {0},
};

static const struct command client_subcommands[] = {
    {.name = "id", .run = answer_ok, .arity = 2, .categories = CAT_CONNECTION},
    {.name = "list",
     .run = answer_ok,
     .arity = -2,
     .flags = CMD_ADMIN,
     .categories = CAT_CONNECTION},
    {.name = "tracking", .run = tracking_command, .arity = -3, .categories = CAT_CONNECTION},
    {.name = "caching", .run = tracking_caching_command, .arity = 3, .categories = CAT_CONNECTION},
    {.name = "getredir",
     .run = tracking_getredir_command,
     .arity = 2,
     .categories = CAT_CONNECTION},
    {.name = "trackinginfo",
     .run = tracking_info_command,
     .arity = 2,
     .categories = CAT_CONNECTION},
    {0},
};

static const struct command other_commands[] = {
    {.name = "get",
     .run = answer_ok,
     .arity = 2,
     .flags = CMD_READONLY | CMD_FAST,
     .categories = CAT_STRING,
     .keys = {KEY_ONE(KEY_RO | KEY_ACCESS, 1)}},
    {.name = "mget",
     .run = answer_ok,
     .arity = -2,
     .flags = CMD_READONLY | CMD_FAST,
     .categories = CAT_STRING,
     .keys = {KEY_REST(KEY_RO | KEY_ACCESS, 1)}},
    {.name = "set",
     .run = change_key,
     .arity = 3,
     .flags = CMD_WRITE,
     .categories = CAT_STRING,
     .keys = {KEY_ONE(KEY_OW | KEY_UPDATE, 1)}},
    {.name = "del",
     .run = change_key,
     .arity = -2,
     .flags = CMD_WRITE,
     .categories = CAT_KEYSPACE,
     .keys = {KEY_REST(KEY_RM | KEY_DELETE, 1)}},
    {.name = "getdel",
     .run = change_key,
     .arity = 2,
     .flags = CMD_WRITE | CMD_FAST,
     .categories = CAT_STRING,
     .keys = {KEY_ONE(KEY_RW | KEY_ACCESS | KEY_DELETE, 1)}},
    {.name = "flushall",
     .run = flush,
     .arity = -1,
     .flags = CMD_WRITE,
     .categories = CAT_KEYSPACE | CAT_DANGEROUS},
    {.name = "select",
     .run = answer_ok,
     .arity = 2,
     .flags = CMD_FAST,
     .categories = CAT_CONNECTION},
    {.name = "ping",
     .run = answer_ok,
     .arity = -1,
     .flags = CMD_FAST,
     .categories = CAT_CONNECTION},
    {.name = "auth",
     .run = answer_ok,
     .arity = -2,
     .flags = CMD_FAST | CMD_NO_AUTH,
     .categories = CAT_CONNECTION},
    {.name = "config", .arity = -2, .subcommands = config_subcommands},
    {.name = "client", .arity = -2, .subcommands = client_subcommands},
    {0},
};

static bool allows(void *owner, struct call *call, struct buf *error)
{
    struct world *world = owner;
    return acl_allows(&world->acl, call, error);
}

static void changed(void *owner, struct session *by, struct keyspace *ks, struct str key)
{
    struct world *world = owner;
    (void)by;
    (void)ks;
    tracking_changed(&world->tracking, key);
}

static void after_run(void *owner, struct call *call, const struct outcome *outcome)
{
    struct world *world = owner;
    (void)outcome;
    tracking_ran(&world->tracking, call);
}

static void each_session(void *context, void (*visit)(void *argument, struct session *session),
                         void *argument)
{
    struct world *world = context;
    visit(argument, &world->h.session);
    for (int i = 0; i < WORLD_PEERS; i++) visit(argument, &world->peers[i].session);
}

static void end_session(void *context, struct session *session)
{
    struct world *world = context;
    for (int i = 0; i < WORLD_PEERS; i++) {
        if (session == &world->peers[i].session) world->peers[i].ended = true;
    }
}

static void describe_session(void *context, const struct session *session, struct buf *out)
{
    (void)context;
    buf_printf(out, "id=%d", (int)session->id);
}

static struct session *find_session(void *context, uint64_t id)
{
    struct world *world = context;
    for (int i = 0; i < WORLD_PEERS; i++) {
        if (world->peers[i].session.id == id && !world->peers[i].ended)
            return &world->peers[i].session;
    }
    return NULL;
}

/* A world whose commands are those of the ACL, of publish/subscribe and a few rows that stand for
 * others. */
static inline void world_init(struct world *world)
{
    struct acl_hooks hooks = {world, each_session, end_session, describe_session};
    struct hash_seed seed = {5, 6};
    memset(world, 0, sizeof(*world));
    harness_init(&world->h, other_commands, acl_commands, pubsub_commands, NULL);
    world->h.executor.acl_allows = allows;
    world->h.executor.after_run = after_run;
    world->h.host.on_changed = changed;
    acl_init(&world->acl, &world->h.registry, &hooks);
    world->delivery = (struct delivery){.context = world, .find = find_session};
    pubsub_init(&world->pubsub, &world->delivery, seed);
    tracking_init(&world->tracking, &world->delivery, seed);
    acl_begin_session(&world->acl, &world->h.session);
    for (int i = 0; i < WORLD_PEERS; i++) {
        session_init(&world->peers[i].session, (uint64_t)i + 10, &world->peers[i].out);
        acl_begin_session(&world->acl, &world->peers[i].session);
    }
}

static void leave(struct world *world, struct session *session)
{
    tracking_leave(&world->tracking, session);
    pubsub_leave(&world->pubsub, session);
}

static inline void world_deinit(struct world *world)
{
    leave(world, &world->h.session);
    for (int i = 0; i < WORLD_PEERS; i++) {
        leave(world, &world->peers[i].session);
        session_deinit(&world->peers[i].session);
        chain_deinit(&world->peers[i].out);
        buf_deinit(&world->peers[i].text);
    }
    tracking_deinit(&world->tracking);
    pubsub_deinit(&world->pubsub);
    delivery_deinit(&world->delivery);
    acl_deinit(&world->acl);
    harness_deinit(&world->h);
}

static void run_one(struct world *world)
{
    struct harness *h = &world->h;
    struct request_view request = {.argv = h->words.list, .argc = (int)h->words.count};
    delivery_begin(&world->delivery, &h->session);
    execute(&h->executor, &h->session, &request, ORIGIN_CLIENT);
    delivery_end(&world->delivery);
    tracking_broadcast(&world->tracking);
}

/* One request of the harness's session, and everything that was written to it. */
static inline const char *world_run(struct world *world, const char *line)
{
    struct harness *h = &world->h;
    if (!words_split(&h->words, str_from_c(line))) return "unbalanced quotes";
    buf_clear(&h->reply);
    buf_clear(&h->effects);
    run_one(world);
    chain_copy(&h->out, buf_reserve(&h->reply, h->out.len + 1));
    h->reply.len = h->out.len;
    chain_consume(&h->out, h->out.len);
    return buf_c(&h->reply);
}

/* Takes what was written to another client. */
static inline const char *world_read(struct peer *peer)
{
    buf_clear(&peer->text);
    chain_copy(&peer->out, buf_reserve(&peer->text, peer->out.len + 1));
    peer->text.len = peer->out.len;
    chain_consume(&peer->out, peer->out.len);
    return buf_c(&peer->text);
}

#endif
