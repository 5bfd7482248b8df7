#include "link/client.h"

#include "base/assert.h"
#include "base/mem.h"
#include "command/blocking.h"
#include "command/keys.h"
#include "link/batch.h"
#include "link/replica_feed.h"

#include <errno.h>
#include <sys/param.h>

enum {
    SHARED_BUFFER = 64 * 1024,
    OWN_READ = 16 * 1024,
    BIG_BULK = 64 * 1024, /* announced bytes from which on a last argument gets its own blob */
    WRITE_PIECES = 64,
    SPARE_INPUT = 32 * 1024,
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

/* Keeps the sum of all clients true; called wherever the memory of one may have changed. */
static void account(struct client *client)
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
    account(client);
    if (client->out.held_bytes > SHARED_BUFFER) check_output_limit(client);
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
    account(client);
    stay_or_close_after_flush(client);
}

static void on_writable(void *context)
{
    struct client *client = context;
    if (!session_is(&client->session, SESSION_CLOSE_ASAP)) flush_client(client);
}

/* --- running requests --- */

static bool is_stopped(const struct client *client)
{
    return client->waits ||
           session_is(&client->session,
                      SESSION_CLOSE_ASAP | SESSION_CLOSE_AFTER_REPLY | SESSION_BLOCKED);
}

/* The request must be given again later; what follows it waits too. */
static void begin_to_wait(struct client *client)
{
    client->waits = true;
    list_append(&client->clients->waiting, &client->wait_node);
}

/* Runs one request; false when it must wait and be given again. */
static bool run_request(struct client *client, struct request_view *request)
{
    struct clients *clients = client->clients;
    struct client_hooks *hooks = &clients->hooks;
    if (request->argc == 0) return true;
    if ((request->ref == NULL || clients->batch->is_inline) &&
        hooks->is_attack(hooks->owner, request)) {
        client_close_soon(client, CLOSED_ATTACK);
        return true;
    }
    clients->running = client;
    clients->running_request = request;
    hooks->before_request(hooks->owner, client);
    uint64_t place = client_reply_place(client);
    int64_t journal_end = clients->commit.journal->end;
    enum execute_verdict verdict =
        execute(clients->executor, &client->session, request, ORIGIN_CLIENT);
    if (verdict == EXECUTE_DONE) {
        client->requests++;
        if (!session_is(&client->session, SESSION_BLOCKED)) session_end_request(&client->session);
    }
    hooks->after_request(hooks->owner, client);
    if (clients->commit.journal->end != journal_end) client_hold_replies(client, place);
    clients->running = NULL;
    if (verdict == EXECUTE_WAIT) begin_to_wait(client);
    return verdict == EXECUTE_DONE;
}

enum execute_verdict client_run_again(struct client *client, struct request_view *request)
{
    struct clients *clients = client->clients;
    const struct client *running = clients->running;
    const struct request_view *running_request = clients->running_request;
    clients->running = client;
    clients->running_request = request;
    clients->hooks.before_request(clients->hooks.owner, client);
    uint64_t place = client_reply_place(client);
    int64_t journal_end = clients->commit.journal->end;
    enum execute_verdict verdict =
        execute(clients->executor, &client->session, request, ORIGIN_CLIENT);
    clients->hooks.after_request(clients->hooks.owner, client);
    if (clients->commit.journal->end != journal_end) client_hold_replies(client, place);
    clients->running = running;
    clients->running_request = running_request;
    return verdict;
}

/* Runs the requests of the batch until one stops the client; returns how many are done. */
static size_t run_batch(struct client *client, struct request_batch *batch)
{
    struct clients *clients = client->clients;
    const struct executor *executor = clients->executor;
    batch_prepare(batch, executor->registry, &executor->host->store->dbs[client->session.db]);
    for (size_t i = 0; i < batch->count; i++) {
        if (is_stopped(client) || !run_request(client, &batch->views[i])) return i;
    }
    return batch->count;
}

static struct request_limits limits_of(const struct client *client)
{
    const struct client_limits *limits = &client->clients->limits;
    return (struct request_limits){limits->args_max, limits->bulk_max,
                                   client->session.authenticated};
}

static void protocol_error(struct client *client, struct str bytes)
{
    struct client_hooks *hooks = &client->clients->hooks;
    struct str error = buf_str(&client->parser.error);
    reply_error_str(&client->session.reply, error);
    client->session.flags |= SESSION_CLOSE_AFTER_REPLY;
    if (hooks->on_protocol_error) hooks->on_protocol_error(hooks->owner, client, error, bytes);
}

/* Runs all complete requests in `bytes` and returns how many bytes they took. */
static size_t run_requests(struct client *client, struct str bytes)
{
    struct request_batch *batch = client->clients->batch;
    size_t done = 0;
    enum request_verdict verdict = REQUEST_READY;
    while (verdict == REQUEST_READY && !is_stopped(client)) {
        struct request_limits limits = limits_of(client);
        verdict = batch_parse(batch, &client->parser, str_from(bytes, done), &limits);
        size_t ran = run_batch(client, batch);
        if (ran < batch->count) {
            /* What follows is parsed again when the client goes on. */
            request_finish(&client->parser);
            return done + batch->starts[ran];
        }
        done += batch->bytes;
        if (verdict == REQUEST_INVALID && !is_stopped(client))
            protocol_error(client, str_from(bytes, done));
    }
    if (is_stopped(client)) request_finish(&client->parser);
    return done;
}

/* --- big arguments --- */

/* The last argument has been announced as big: what came of it moves into a blob, the rest is read
 * there. */
static void begin_big_bulk(struct client *client)
{
    struct request_parser *parser = &client->parser;
    bool is_last = parser->expected > 0 && parser->argc + 1 == parser->expected;
    if (!is_last || parser->bulk_len < BIG_BULK || client->in.len < parser->at) return;
    struct big_bulk *big = &client->big;
    big->len = (size_t)parser->bulk_len;
    big->filled = client->in.len - parser->at;
    big->blob = blob_new(MAX((size_t)BIG_BULK, big->filled * 2), 0);
    memcpy(big->blob->bytes, client->in.ptr + parser->at, big->filled);
    client->in.len = parser->at;
}

/* Room grows with the bytes received, never with the length announced. */
static size_t big_bulk_room(struct big_bulk *big)
{
    size_t whole = big->len + 2;
    if (big->filled == big->blob->capacity) {
        size_t capacity = MIN(big->blob->capacity * 2, whole);
        big->blob = mem_realloc(big->blob, sizeof(struct blob) + capacity);
        big->blob->capacity = capacity;
    }
    return MIN(big->blob->capacity, whole) - big->filled;
}

static bool is_complete(const struct big_bulk *big)
{
    return big->blob && big->filled == big->len + 2;
}

/* The big argument is complete: the request is the arguments before it and the blob. */
static void run_big_request(struct client *client)
{
    struct request_parser *parser = &client->parser;
    struct clients *clients = client->clients;
    struct big_bulk big = client->big;
    client->big = (struct big_bulk){0};
    big.blob->len = big.len;
    big.blob->epoch = clients->executor->host->store->epochs.now;
    size_t argc = (size_t)parser->expected;
    struct str *argv = batch_args(clients->batch, argc);
    request_args(parser, buf_str(&client->in), argv);
    argv[argc - 1] = blob_str(big.blob);
    struct request_view request = {.argv = argv, .argc = (int)argc, .adoptable = big.blob};
    clients->batch->is_inline = false;
    if (!run_request(client, &request)) {
        client->big = big;
        return;
    }
    blob_unref(request.adoptable);
    request_finish(parser);
    buf_deinit(&client->in);
}

/* --- reading --- */

static void check_query_limit(struct client *client)
{
    uint64_t limit = client->clients->limits.query_buffer_max;
    if (!client->session.authenticated) limit = STRANGER_QUERY_MAX;
    if (client->in.len + client->big.filled > limit) client_close_soon(client, CLOSED_QUERY_LIMIT);
}

/* Counts what a read brought; false when there is nothing to do with it. */
static bool took(struct client *client, ssize_t len)
{
    if (len == -EAGAIN) return false;
    if (len <= 0) {
        client_close_soon(client, len == 0 ? CLOSED_BY_PEER : CLOSED_ERROR);
        return false;
    }
    client->bytes_in += (uint64_t)len;
    client->clients->bytes_in += (uint64_t)len;
    client->clients->reads++;
    client->active_us = loop_now_us(client->clients->loop);
    return true;
}

static void read_big(struct client *client)
{
    struct big_bulk *big = &client->big;
    size_t room = big_bulk_room(big);
    ssize_t len = conn_read(client->conn, big->blob->bytes + big->filled, room);
    if (!took(client, len)) return;
    big->filled += (size_t)len;
    if (is_complete(big))
        run_big_request(client);
    else
        check_query_limit(client);
}

static void keep_rest(struct client *client)
{
    /* Nothing more will run. */
    if (session_is(&client->session, SESSION_CLOSE_AFTER_REPLY)) buf_clear(&client->in);
    if (client->in.len == 0) {
        if (client->in.capacity > SPARE_INPUT) buf_deinit(&client->in);
        return;
    }
    begin_big_bulk(client);
    check_query_limit(client);
}

static void read_own(struct client *client)
{
    char *room = buf_reserve(&client->in, OWN_READ);
    ssize_t len = conn_read(client->conn, room, client->in.capacity - client->in.len);
    if (!took(client, len)) return;
    client->in.len += (size_t)len;
    if (!is_stopped(client)) buf_consume(&client->in, run_requests(client, buf_str(&client->in)));
    keep_rest(client);
}

enum { TLS_HANDSHAKE = 0x16 };

/* No request begins with this byte, but the first record of a TLS client does. */
static bool is_tls_hello(const struct client *client, struct str bytes)
{
    return client->bytes_in == bytes.len && bytes.ptr[0] == TLS_HANDSHAKE;
}

static void read_shared(struct client *client)
{
    char *shared = client->clients->shared;
    ssize_t len = conn_read(client->conn, shared, SHARED_BUFFER);
    if (!took(client, len)) return;
    struct str bytes = str_of(shared, (size_t)len);
    if (is_tls_hello(client, bytes)) {
        client_close_soon(client, CLOSED_TLS_HELLO);
        return;
    }
    size_t done = is_stopped(client) ? 0 : run_requests(client, bytes);
    buf_append_str(&client->in, str_from(bytes, done));
    keep_rest(client);
}

/* The end of a turn of reading or resuming. */
static void after_requests(struct client *client)
{
    if (session_is(&client->session, SESSION_CLOSE_ASAP)) return;
    if (client->waits) conn_pause_reading(client->conn);
    if (client->out.len || session_is(&client->session, SESSION_CLOSE_AFTER_REPLY)) {
        client_wants_flush(client);
    } else {
        account(client);
    }
}

static void on_readable(void *context)
{
    struct client *client = context;
    struct client_hooks *hooks = &client->clients->hooks;
    if (session_is(&client->session, SESSION_CLOSE_ASAP)) return;
    if (hooks->on_batch) hooks->on_batch(hooks->owner);
    if (client->big.blob)
        read_big(client);
    else if (client->in.len)
        read_own(client);
    else
        read_shared(client);
    after_requests(client);
}

void client_resume(struct client *client)
{
    if (session_is(&client->session, SESSION_CLOSE_ASAP)) return;
    client->waits = false;
    list_remove(&client->wait_node);
    conn_resume_reading(client->conn);
    if (is_complete(&client->big)) run_big_request(client);
    if (!is_stopped(client) && client->in.len && client->big.blob == NULL) {
        buf_consume(&client->in, run_requests(client, buf_str(&client->in)));
        keep_rest(client);
    }
    after_requests(client);
}

void client_released(struct client *client)
{
    if (session_is(&client->session, SESSION_CLOSE_ASAP)) return;
    session_end_request(&client->session);
    list_append(&client->clients->released, &client->wait_node);
    client_wants_flush(client);
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
    clients->shared = mem_alloc(SHARED_BUFFER);
    clients->batch = batch_new();
}

void clients_deinit(struct clients *clients)
{
    LIST_FOREACH(at, after, &clients->all)
    {
        client_close_soon(LIST_ENTRY(at, struct client, node), CLOSED_BY_US);
    }
    clients_flush(clients);
    map_deinit(&clients->by_id, NULL);
    batch_free(clients->batch);
    mem_free(clients->shared);
}

struct client *clients_add(struct clients *clients, struct conn *conn)
{
    static const struct conn_events events = {on_readable, on_writable};
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

void clients_resume(struct clients *clients)
{
    struct list waiting;
    list_init(&waiting);
    list_join(&waiting, &clients->waiting);
    while (!list_is_empty(&waiting)) {
        client_resume(LIST_ENTRY(waiting.next, struct client, wait_node));
    }
}

void clients_go_on(struct clients *clients)
{
    struct list released;
    list_init(&released);
    list_join(&released, &clients->released);
    while (!list_is_empty(&released)) {
        client_resume(LIST_ENTRY(released.next, struct client, wait_node));
    }
}

void clients_nest_begin(struct clients *clients, struct clients_nest *nest)
{
    *nest = (struct clients_nest){clients->running, clients->running_request, clients->shared,
                                  clients->batch};
    if (nest->running) conn_pause_reading(nest->running->conn);
    clients->kept = nest->running;
    clients->running = NULL;
    clients->running_request = NULL;
    clients->shared = mem_alloc(SHARED_BUFFER);
    clients->batch = batch_new();
}

void clients_nest_end(struct clients *clients, const struct clients_nest *nest)
{
    batch_free(clients->batch);
    mem_free(clients->shared);
    clients->batch = nest->batch;
    clients->shared = nest->shared;
    clients->kept = NULL;
    clients->running = nest->running;
    clients->running_request = nest->running_request;
    if (nest->running && !session_is(&nest->running->session, SESSION_CLOSE_ASAP)) {
        conn_resume_reading(nest->running->conn);
    }
}

/* A client that is idle between two requests needs no buffers. */
static void shrink(struct client *client)
{
    if (loop_now_us(client->clients->loop) - client->active_us < SHRINK_AFTER_US) return;
    if (client->in.len == 0) buf_deinit(&client->in);
    if (client->out.len == 0) chain_deinit(&client->out);
    account(client);
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

void clients_flush(struct clients *clients)
{
    clients->commit.turn++;
    while (!list_is_empty(&clients->to_flush)) {
        struct client *client = LIST_ENTRY(clients->to_flush.next, struct client, flush_node);
        list_remove(&client->flush_node);
        flush_client(client);
    }
    LIST_FOREACH(at, after, &clients->to_close)
    {
        struct client *client = LIST_ENTRY(at, struct client, close_node);
        if (client != clients->kept && !client->is_lent) free_client(client);
    }
}
