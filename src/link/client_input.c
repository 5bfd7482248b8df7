#include "link/client_input.h"

#include "base/mem.h"
#include "command/keys.h"

#include <errno.h>
#include <sys/param.h>

enum {
    OWN_READ = 16 * 1024,
    BIG_BULK = 64 * 1024, /* announced bytes from which on a last argument gets its own blob */
    SPARE_INPUT = 32 * 1024,
};

/* --- running requests --- */

bool client_is_stopped(const struct client *client)
{
    return client->waits || client->clients->executor->has_ended ||
           session_is(&client->session,
                      SESSION_CLOSE_ASAP | SESSION_CLOSE_AFTER_REPLY | SESSION_BLOCKED);
}

/* The request must be given again later; what follows it waits too. */
static void begin_to_wait(struct client *client)
{
    client->waits = true;
    list_append(&client->clients->waiting, &client->wait_node);
}

bool client_run_request(struct client *client, struct request_view *request, bool is_inline)
{
    struct clients *clients = client->clients;
    struct client_hooks *hooks = &clients->hooks;
    if (request->argc == 0) return true;
    if ((request->ref == NULL || is_inline) && hooks->is_attack(hooks->owner, request)) {
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

struct request_limits client_request_limits(const struct client *client)
{
    const struct client_limits *limits = &client->clients->limits;
    return (struct request_limits){limits->args_max, limits->bulk_max,
                                   client->session.authenticated};
}

void client_protocol_error(struct client *client, struct str bytes)
{
    struct client_hooks *hooks = &client->clients->hooks;
    struct str error = buf_str(&client->parser.error);
    reply_error_str(&client->session.reply, error);
    client->session.flags |= SESSION_CLOSE_AFTER_REPLY;
    if (hooks->on_protocol_error) hooks->on_protocol_error(hooks->owner, client, error, bytes);
}

/* Runs the requests of the batch, all of which are the client's, until one stops it; returns how
 * many are done. */
static size_t run_batch(struct client *client, struct request_batch *batch, bool is_inline)
{
    const struct executor *executor = client->clients->executor;
    batch_prepare(batch, executor->registry, &executor->host->store->dbs[client->session.db]);
    for (size_t i = 0; i < batch->count; i++) {
        if (client_is_stopped(client)) return i;
        if (!client_run_request(client, &batch->views[i], is_inline)) return i;
    }
    return batch->count;
}

size_t client_run_bytes(struct client *client, struct str bytes)
{
    struct request_batch *batch = client->clients->intake->batch;
    struct batch_part part = {.verdict = REQUEST_READY};
    size_t done = 0;
    while (part.verdict == REQUEST_READY && !client_is_stopped(client)) {
        struct request_limits limits = client_request_limits(client);
        batch_clear(batch);
        part = batch_parse(batch, &client->parser, str_from(bytes, done), &limits);
        size_t ran = run_batch(client, batch, part.is_inline);
        if (ran < part.end) {
            /* What follows is parsed again when the client goes on. */
            request_finish(&client->parser);
            return done + batch->starts[ran];
        }
        done += part.bytes;
        if (part.verdict == REQUEST_INVALID && !client_is_stopped(client))
            client_protocol_error(client, str_from(bytes, done));
    }
    if (client_is_stopped(client)) request_finish(&client->parser);
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
    struct str *argv = batch_args(clients->intake->batch, argc);
    request_args(parser, buf_str(&client->in), argv);
    argv[argc - 1] = blob_str(big.blob);
    struct request_view request = {.argv = argv, .argc = (int)argc, .adoptable = big.blob};
    if (!client_run_request(client, &request, false)) {
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
    crowd_read(&client->clients->crowd, client->active_us);
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

static void keep_rest(struct client *client, struct str rest)
{
    if (rest.ptr != client->in.ptr) buf_append_str(&client->in, rest);
    /* Nothing more will run. */
    if (session_is(&client->session, SESSION_CLOSE_AFTER_REPLY)) buf_clear(&client->in);
    if (client->in.len == 0) {
        if (client->in.capacity > SPARE_INPUT) buf_deinit(&client->in);
        return;
    }
    begin_big_bulk(client);
    check_query_limit(client);
}

static void after_requests(struct client *client)
{
    if (session_is(&client->session, SESSION_CLOSE_ASAP)) return;
    if (client->waits) conn_pause_reading(client->conn);
    if (client->out.len || session_is(&client->session, SESSION_CLOSE_AFTER_REPLY)) {
        client_wants_flush(client);
    } else {
        client_account(client);
    }
}

void client_end_input(struct client *client, struct str rest)
{
    keep_rest(client, rest);
    after_requests(client);
}

/* Runs what its own buffer holds. */
static void run_own(struct client *client)
{
    if (!client_is_stopped(client)) {
        buf_consume(&client->in, client_run_bytes(client, buf_str(&client->in)));
    }
    keep_rest(client, buf_str(&client->in));
}

static void read_own(struct client *client)
{
    char *room = buf_reserve(&client->in, OWN_READ);
    ssize_t len = conn_read(client->conn, room, client->in.capacity - client->in.len);
    if (!took(client, len)) return;
    client->in.len += (size_t)len;
    run_own(client);
}

enum { TLS_HANDSHAKE = 0x16 };

/* No request begins with this byte, but the first record of a TLS client does. */
static bool is_tls_hello(const struct client *client, struct str bytes)
{
    return client->bytes_in == bytes.len && bytes.ptr[0] == TLS_HANDSHAKE;
}

/* Its bytes run with those of others. */
static void read_into_intake(struct client *client)
{
    size_t size;
    char *room = intake_room(client->clients, &size);
    ssize_t len = conn_read(client->conn, room, size);
    if (!took(client, len)) return;
    struct str bytes = str_of(room, (size_t)len);
    if (is_tls_hello(client, bytes))
        client_close_soon(client, CLOSED_TLS_HELLO);
    else if (client_is_stopped(client))
        client_end_input(client, bytes);
    else
        intake_add(client, bytes);
}

void client_on_readable(void *context)
{
    struct client *client = context;
    struct client_hooks *hooks = &client->clients->hooks;
    if (client->part) clients_run(client->clients);
    if (session_is(&client->session, SESSION_CLOSE_ASAP)) return;
    if (client->big.blob == NULL && client->in.len == 0) {
        read_into_intake(client);
        return;
    }
    if (hooks->on_batch) hooks->on_batch(hooks->owner);
    if (client->big.blob)
        read_big(client);
    else
        read_own(client);
    after_requests(client);
}

/* --- going on --- */

void client_resume(struct client *client)
{
    if (session_is(&client->session, SESSION_CLOSE_ASAP)) return;
    client->waits = false;
    list_remove(&client->wait_node);
    conn_resume_reading(client->conn);
    if (is_complete(&client->big)) run_big_request(client);
    if (!client_is_stopped(client) && client->in.len && client->big.blob == NULL) run_own(client);
    after_requests(client);
}

void client_released(struct client *client)
{
    if (session_is(&client->session, SESSION_CLOSE_ASAP)) return;
    session_end_request(&client->session);
    list_append(&client->clients->released, &client->wait_node);
    client_wants_flush(client);
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
