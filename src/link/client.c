#include "link/client.h"

#include "base/assert.h"
#include "base/mem.h"
#include "command/blocking.h"
#include "command/keys.h"
#include "link/client_input.h"
#include "link/replica_feed.h"

#include <errno.h>
#include <sys/param.h>

enum {
    MANY_REPLIES = 64 * 1024, /* bytes from which on the limits are looked at */
    WRITE_PIECES = 64,
    SHRINK_AFTER_US = 2 * 1000 * 1000,
};

/* --- memory --- */

enum { SUBSCRIPTION_BYTES = 96 }; /* a name of a session's own, with its place in a map */

size_t client_memory(const struct client *client)
{
    const struct session *session = &client->session;
    size_t names = session->channels.len + session->patterns.len + session->shard_channels.len +
                   session->tracking_prefixes.len;
    return sizeof(*client) + client->in.capacity + client->out.held_bytes + session->queued_bytes +
           names * SUBSCRIPTION_BYTES + client->parser.args_capacity * sizeof(struct request_arg) +
           (client->big.blob ? client->big.blob->capacity : 0) + blocking_memory(session);
}

void client_account(struct client *client)
{
    size_t now = client_memory(client);
    client->clients->memory += now - client->accounted;
    client->accounted = now;
}

/* --- closing --- */

void client_close_soon(struct client *client, enum close_reason reason)
{
    if (session_is(&client->session, SESSION_CLOSE_ASAP)) return;
    struct clients *clients = client->clients;
    client->session.flags |= SESSION_CLOSE_ASAP;
    if (!client->is_lent) conn_pause_reading(client->conn);
    list_remove(&client->flush_node);
    list_remove(&client->wait_node);
    list_remove(&client->hold_node);
    list_append(&clients->to_close, &client->close_node);
    if (reason == CLOSED_QUERY_LIMIT) clients->query_limit_closes++;
    if (reason == CLOSED_OUTPUT_LIMIT) clients->output_limit_closes++;
    if (clients->hooks.on_close) clients->hooks.on_close(clients->hooks.owner, client, reason);
}

static void free_client(struct client *client)
{
    struct clients *clients = client->clients;
    if (client->part) intake_forget(client->part);
    list_remove(&client->node);
    list_remove(&client->flush_node);
    list_remove(&client->close_node);
    list_remove(&client->wait_node);
    list_remove(&client->hold_node);
    reply_holds_deinit(&client->holds);
    clients->memory -= client->accounted;
    map_remove(&clients->by_id, str_of((const char *)&client->session.id, sizeof(uint64_t)));
    clients->count--;
    conn_close(client->conn);
    session_deinit(&client->session);
    chain_deinit(&client->out);
    buf_deinit(&client->in);
    request_parser_deinit(&client->parser);
    blob_unref(client->big.blob);
    mem_free(client);
}

/* --- writing --- */

enum client_class client_class(const struct client *client)
{
    if (session_is(&client->session, SESSION_REPLICA)) return CLIENT_REPLICA;
    return session_is(&client->session, SESSION_PUBSUB) ? CLIENT_PUBSUB : CLIENT_NORMAL;
}

/* Closes a client that does not read what it asked for. */
static void check_output_limit(struct client *client)
{
    uint64_t held = client->out.len ? client->out.held_bytes : 0;
    const struct output_limit *limit = &client->clients->limits.output[client_class(client)];
    bool over_hard = limit->hard_bytes && held > limit->hard_bytes;
    bool over_soft = limit->soft_bytes && held > limit->soft_bytes;
    int64_t now_us = loop_now_us(client->clients->loop);
    if (!over_soft)
        client->soft_limit_since_us = 0;
    else if (client->soft_limit_since_us == 0)
        client->soft_limit_since_us = now_us;
    bool soft_is_over = over_soft && now_us - client->soft_limit_since_us > limit->soft_s * 1000000;
    if (over_hard || soft_is_over) client_close_soon(client, CLOSED_OUTPUT_LIMIT);
}

void client_wants_flush(struct client *client)
{
    if (session_is(&client->session, SESSION_CLOSE_ASAP)) return;
    if (list_is_empty(&client->flush_node)) {
        list_append(&client->clients->to_flush, &client->flush_node);
    }
    client_account(client);
    if (client->out.held_bytes > MANY_REPLIES) check_output_limit(client);
}

void client_want_write(struct client *client, bool wanted)
{
    if (client->wants_write == wanted) return;
    client->wants_write = wanted;
    conn_want_write(client->conn, wanted);
}

/* Replies that may leave now. */
static size_t sendable(const struct client *client)
{
    uint64_t place = reply_holds_place(&client->holds);
    return MIN(client->out.len, place > client->bytes_out ? place - client->bytes_out : 0);
}

void client_hold_replies(struct client *client, uint64_t at)
{
    struct commit *commit = &client->clients->commit;
    if (!commit->is_held || session_is(&client->session, SESSION_CLOSE_ASAP)) return;
    if (client_reply_place(client) == at) return;
    struct reply_hold hold = {at, commit->journal->end, commit->turn};
    reply_holds_add(&client->holds, hold);
    if (list_is_empty(&client->hold_node)) {
        list_append(&client->clients->held, &client->hold_node);
    }
}

static void stay_or_close_after_flush(struct client *client)
{
    if (client->out.len && sendable(client) == 0) {
        client_want_write(client, false);
        check_output_limit(client);
        return;
    }
    if (client->out.len == 0) {
        client_want_write(client, false);
        if (session_is(&client->session, SESSION_CLOSE_AFTER_REPLY)) {
            client_close_soon(client, CLOSED_BY_US);
        } else if (client->feed) {
            feed_flow(client->feed);
        }
        return;
    }
    client_want_write(client, true);
    if (!client->session.authenticated && client->out.len > STRANGER_OUTPUT_MAX) {
        client_close_soon(client, CLOSED_OUTPUT_LIMIT);
    } else {
        check_output_limit(client);
    }
}

/* Describes the first replies, `max` bytes of them at most. */
static int reply_pieces(const struct client *client, struct iovec *pieces, size_t max)
{
    int count = chain_pieces(&client->out, pieces, WRITE_PIECES);
    for (int i = 0; i < count; i++) {
        if (pieces[i].iov_len > max) pieces[i].iov_len = max;
        max -= pieces[i].iov_len;
        if (max == 0) return i + 1;
    }
    return count;
}

static void flush_client(struct client *client)
{
    struct iovec pieces[WRITE_PIECES];
    if (client->is_lent) return;
    reply_holds_release(&client->holds, client->clients->commit.released);
    size_t max;
    while ((max = sendable(client)) > 0) {
        int count = reply_pieces(client, pieces, max);
        ssize_t written = conn_writev(client->conn, pieces, count);
        if (written == -EAGAIN) break;
        if (written < 0) {
            client_close_soon(client, CLOSED_ERROR);
            return;
        }
        client->bytes_out += (uint64_t)written;
        client->clients->bytes_out += (uint64_t)written;
        client->clients->writes++;
        chain_consume(&client->out, (size_t)written);
    }
    client_account(client);
    stay_or_close_after_flush(client);
}

static void on_writable(void *context)
{
    struct client *client = context;
    if (!session_is(&client->session, SESSION_CLOSE_ASAP)) flush_client(client);
}

/* --- all clients --- */

void clients_init(struct clients *clients, struct loop *loop, struct executor *executor,
                  const struct journal *journal)
{
    *clients = (struct clients){.loop = loop,
                                .executor = executor,
                                .next_id = 1,
                                .commit = {.journal = journal, .released = INT64_MAX}};
    list_init(&clients->held);
    list_init(&clients->all);
    list_init(&clients->to_flush);
    list_init(&clients->to_close);
    list_init(&clients->waiting);
    list_init(&clients->released);
    clients->intake = intake_new();
}

void clients_deinit(struct clients *clients)
{
    LIST_FOREACH(at, after, &clients->all)
    {
        client_close_soon(LIST_ENTRY(at, struct client, node), CLOSED_BY_US);
    }
    clients_flush(clients);
    map_deinit(&clients->by_id, NULL);
    intake_free(clients->intake);
}

struct client *clients_add(struct clients *clients, struct conn *conn)
{
    static const struct conn_events events = {client_on_readable, on_writable};
    struct client *client = mem_new(struct client);
    client->clients = clients;
    client->conn = conn;
    list_init(&client->flush_node);
    list_init(&client->close_node);
    list_init(&client->wait_node);
    list_init(&client->hold_node);
    list_append(&clients->all, &client->node);
    session_init(&client->session, clients->next_id++, &client->out);
    client->session.link = client;
    request_parser_init(&client->parser);
    client->created_us = client->active_us = loop_now_us(clients->loop);
    map_put(&clients->by_id, str_of((const char *)&client->session.id, sizeof(uint64_t)), client);
    clients->count++;
    conn_start(conn, &events, client);
    return client;
}

struct client *clients_find(const struct clients *clients, uint64_t id)
{
    return map_get(&clients->by_id, str_of((const char *)&id, sizeof(id)));
}

/* A client that is idle between two requests needs no buffers. */
static void shrink(struct client *client)
{
    if (loop_now_us(client->clients->loop) - client->active_us < SHRINK_AFTER_US) return;
    if (client->in.len == 0) buf_deinit(&client->in);
    if (client->out.len == 0) chain_deinit(&client->out);
    client_account(client);
}

void clients_tend(struct clients *clients)
{
    LIST_FOREACH(at, after, &clients->all)
    {
        struct client *client = LIST_ENTRY(at, struct client, node);
        if (session_is(&client->session, SESSION_CLOSE_ASAP)) continue;
        if (client->out.len) check_output_limit(client);
        shrink(client);
    }
}

static bool may_be_evicted(const struct client *client)
{
    uint64_t exempt = SESSION_NO_EVICT | SESSION_REPLICA | SESSION_MASTER | SESSION_CLOSE_ASAP;
    return !session_is(&client->session, exempt);
}

static struct client *biggest(struct clients *clients)
{
    struct client *found = NULL;
    LIST_FOREACH(at, after, &clients->all)
    {
        struct client *client = LIST_ENTRY(at, struct client, node);
        if (!may_be_evicted(client)) continue;
        if (found == NULL || client->accounted > found->accounted) found = client;
    }
    return found;
}

size_t clients_evict(struct clients *clients, size_t limit)
{
    size_t count = 0, memory = clients->memory;
    struct client *victim;
    while (memory > limit && (victim = biggest(clients))) {
        memory -= victim->accounted;
        client_close_soon(victim, CLOSED_EVICTED);
        count++;
    }
    return count;
}

void clients_release(struct clients *clients, int64_t offset)
{
    clients->commit.released = offset;
    LIST_FOREACH(at, after, &clients->held)
    {
        struct client *client = LIST_ENTRY(at, struct client, hold_node);
        reply_holds_release(&client->holds, offset);
        if (!reply_holds_any(&client->holds)) list_remove(&client->hold_node);
        client_wants_flush(client);
    }
}

void clients_hold(struct clients *clients, bool is_held)
{
    clients->commit.is_held = is_held;
    if (!is_held) clients_release(clients, INT64_MAX);
}

static void free_closed(struct clients *clients)
{
    LIST_FOREACH(at, after, &clients->to_close)
    {
        struct client *client = LIST_ENTRY(at, struct client, close_node);
        if (client != clients->kept && !client->is_lent) free_client(client);
    }
}

/* Who waits for the commit waits for a message of a worker, which a pause would hold up. */
int64_t clients_pause_us(struct clients *clients)
{
    int64_t now_us = loop_now_us(clients->loop);
    int64_t pause_us = crowd_pause_us(&clients->crowd, now_us, clients->limits.gather_us);
    return list_is_empty(&clients->held) ? pause_us : 0;
}

void clients_flush(struct clients *clients)
{
    clients->commit.turn++;
    /* Who has read that others were killed finds their connections closed. */
    free_closed(clients);
    while (!list_is_empty(&clients->to_flush)) {
        struct client *client = LIST_ENTRY(clients->to_flush.next, struct client, flush_node);
        list_remove(&client->flush_node);
        flush_client(client);
    }
    free_closed(clients);
}
