#include "base/assert.h"
#include "base/mem.h"
#include "link/client_input.h"

enum { NOBODY = BATCH_MAX };

struct intake *intake_new(void)
{
    struct intake *intake = mem_new(struct intake);
    intake->running = NOBODY;
    intake->bytes = mem_alloc(INTAKE_BYTES);
    intake->batch = batch_new();
    return intake;
}

void intake_free(struct intake *intake)
{
    batch_free(intake->batch);
    mem_free(intake->bytes);
    mem_free(intake);
}

char *intake_room(struct clients *clients, size_t *size)
{
    struct intake *intake = clients->intake;
    bool has_room = intake->count < BATCH_MAX && INTAKE_BYTES - intake->used >= INTAKE_ROOM;
    if (!has_room) clients_run(clients);
    *size = INTAKE_BYTES - intake->used;
    return intake->bytes + intake->used;
}

void intake_add(struct client *client, struct str bytes)
{
    struct clients *clients = client->clients;
    struct intake *intake = clients->intake;
    client->part = &intake->parts[intake->count++];
    *client->part = (struct intake_part){
        .client = client, .bytes = bytes, .requests = {.verdict = REQUEST_READY}};
    intake->used += bytes.len;
    /* A turn inside somebody's request ends without asking what was read in it. */
    if (clients->kept) clients_run(clients);
}

void intake_forget(struct intake_part *part)
{
    part->client->part = NULL;
    part->client = NULL;
}

/* --- a group: parts whose requests fit into one batch and look into the same database --- */

static int db_of(const struct intake_part *part)
{
    return part->client ? part->client->session.db : -1;
}

static void parse(struct intake *intake, struct intake_part *part)
{
    struct client *client = part->client;
    if (client == NULL || client_is_stopped(client)) return;
    struct request_limits limits = client_request_limits(client);
    part->requests = batch_parse(intake->batch, &client->parser, part->bytes, &limits);
    part->next = part->requests.first;
}

/* Returns where the next group begins. */
static size_t parse_group(struct clients *clients, size_t from)
{
    struct intake *intake = clients->intake;
    const struct executor *executor = clients->executor;
    int db = db_of(&intake->parts[from]);
    size_t end = from;
    batch_clear(intake->batch);
    do {
        parse(intake, &intake->parts[end++]);
    } while (end < intake->count && !batch_is_full(intake->batch) &&
             db_of(&intake->parts[end]) == db);
    if (db >= 0) {
        batch_prepare(intake->batch, executor->registry, &executor->host->store->dbs[db]);
    }
    return end;
}

static void run_part(struct intake *intake, struct intake_part *part)
{
    const struct batch_part *requests = &part->requests;
    while (part->next < requests->end && part->client && !client_is_stopped(part->client)) {
        struct request_view *view = &intake->batch->views[part->next];
        if (!client_run_request(part->client, view, requests->is_inline)) return;
        part->next++;
    }
}

/* Requests that did not fit into the batch, or that wait for something, come now or later. */
static void end_part(struct intake *intake, struct intake_part *part)
{
    struct client *client = part->client;
    if (client == NULL) return;
    intake_forget(part);
    const struct batch_part *requests = &part->requests;
    size_t done = requests->bytes;
    bool is_cut = part->next < requests->end;
    if (is_cut) {
        request_finish(&client->parser);
        done = intake->batch->starts[part->next];
    } else if (requests->verdict == REQUEST_INVALID && !client_is_stopped(client)) {
        client_protocol_error(client, str_from(part->bytes, done));
    }
    if (is_cut || requests->verdict == REQUEST_READY) {
        done += client_run_bytes(client, str_from(part->bytes, done));
    }
    if (client_is_stopped(client)) request_finish(&client->parser);
    client_end_input(client, str_from(part->bytes, done));
}

void clients_run(struct clients *clients)
{
    struct intake *intake = clients->intake;
    if (intake->count == 0) return;
    if (clients->hooks.on_batch) clients->hooks.on_batch(clients->hooks.owner);
    size_t end;
    for (size_t from = 0; from < intake->count; from = end) {
        end = parse_group(clients, from);
        for (size_t i = from; i < end; i++) {
            intake->running = i;
            run_part(intake, &intake->parts[i]);
        }
        intake->running = NOBODY;
        for (size_t i = from; i < end; i++) end_part(intake, &intake->parts[i]);
    }
    intake->count = intake->used = 0;
}

/* --- turns inside a request --- */

void clients_nest_begin(struct clients *clients, struct clients_nest *nest)
{
    struct intake *outer = clients->intake;
    *nest = (struct clients_nest){clients->running, clients->running_request, outer};
    if (nest->running) conn_pause_reading(nest->running->conn);
    clients->kept = nest->running;
    clients->running = NULL;
    clients->running_request = NULL;
    clients->intake = intake_new();
    if (clients->hooks.on_batch) clients->hooks.on_batch(clients->hooks.owner);
    /* Who was read in the same turn as the one whose request this is does not wait for it. */
    for (size_t i = 0; i < outer->count; i++) {
        if (i != outer->running) end_part(outer, &outer->parts[i]);
    }
}

void clients_nest_end(struct clients *clients, const struct clients_nest *nest)
{
    ASSERT(clients->intake->count == 0);
    intake_free(clients->intake);
    clients->intake = nest->intake;
    clients->kept = NULL;
    clients->running = nest->running;
    clients->running_request = nest->running_request;
    if (nest->running && !session_is(&nest->running->session, SESSION_CLOSE_ASAP)) {
        conn_resume_reading(nest->running->conn);
    }
}
