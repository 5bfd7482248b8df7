/* DEBUG FREEZE-WALK: freezes the data, lets a worker visit every entry, answers how many there are.
 *
 * The client that asked waits; all others are served. It may be gone when the worker is done. */
#include "base/mem.h"
#include "server/debug.h"
#include "server/server.h"

struct freeze_walk {
    struct job job;
    struct server *server;
    uint64_t client_id;
    struct frozen_store *frozen;
    int64_t entries;
};

static void walk(void *context)
{
    struct freeze_walk *walk = context;
    for (int i = 0; i < walk->frozen->db_count; i++) {
        struct table_cursor cursor = {0};
        while (table_next(&walk->frozen->tables[i], &cursor)) walk->entries++;
    }
}

static void answer(struct client *client, int64_t entries)
{
    client->session.flags &= ~(uint64_t)SESSION_BLOCKED;
    reply_i64(&client->session.reply, entries);
    client_released(client);
}

static void finish(void *context)
{
    struct freeze_walk *walk = context;
    struct client *client = clients_find(&walk->server->clients, walk->client_id);
    store_release(walk->frozen);
    if (client && !session_is(&client->session, SESSION_CLOSE_ASAP)) answer(client, walk->entries);
    mem_free(walk);
}

void debug_freeze_walk(struct call *call)
{
    struct server *server = server_of(call);
    if (call->session->link == NULL || session_is(call->session, SESSION_DENY_BLOCKING)) {
        reply_error(call->reply, "ERR DEBUG FREEZE-WALK waits, which is not allowed here");
        return;
    }
    struct freeze_walk *job = mem_new(struct freeze_walk);
    job->server = server;
    job->client_id = call->session->id;
    job->frozen = store_freeze(call->host->store);
    job->job = (struct job){.run = walk, .done = finish, .ctx = job};
    call->session->flags |= SESSION_BLOCKED;
    worker_submit(server->workers, LANE_WALK, &job->job);
}
