/* The world of sessions that wait: a timer for the earliest deadline, connections that go on
 * afterwards, and when ready keys are looked at. */
#include "command/blocking.h"

#include "io/clock.h"
#include "server/server.h"

#include <sys/param.h>

enum { SLEEP_MAX_MS = 60 * 60 * 1000, US_PER_MS = 1000 };

static void on_due(void *context);

static void arm(struct server *server, int64_t deadline_us)
{
    int64_t left_us = deadline_us - clock_mono_us();
    if (deadline_us == INT64_MAX) {
        timer_stop(&server->blocking_due);
        return;
    }
    int64_t left_ms = left_us > 0 ? (left_us - 1) / US_PER_MS + 1 : 0;
    timer_start(server->loop, &server->blocking_due, MIN(left_ms, SLEEP_MAX_MS), 0, on_due, server);
}

static void on_due(void *context)
{
    struct server *server = context;
    blocking_expire(&server->blocking, clock_mono_us());
    arm(server, blocking_next_deadline(&server->blocking));
}

static void on_deadline_changed(void *context, int64_t deadline_us)
{
    arm(context, deadline_us);
}

/* What it answered when it was run again counted then; an error that ends a wait counts here. */
static void on_released(void *context, struct session *session, enum unblock_reason reason)
{
    struct server *server = context;
    if (reason == UNBLOCKED_REFUSED) session->flags |= SESSION_CLOSE_AFTER_REPLY;
    if (reason == UNBLOCKED_ERROR || reason == UNBLOCKED_REFUSED) {
        struct request_view request = blocking_request(session);
        const struct command_ref *ref =
            registry_find(&server->registry, request.argv, request.argc);
        if (ref) server->stats.commands[ref->id].failed++;
    }
    if (session->link) wait_leave(server, client_of(session));
    if (session->link) migrate_leave(client_of(session));
    if (session->link) client_released(client_of(session));
}

static enum execute_verdict run_again(void *context, struct session *session,
                                      struct request_view *request)
{
    (void)context;
    return client_run_again(client_of(session), request);
}

void server_init_blocking(struct server *server, struct hash_seed seed)
{
    struct blocking *blocking = &server->blocking;
    blocking_init(blocking, &server->host, seed);
    list_init(&server->migrations_over);
    blocking->owner = server;
    blocking->released = on_released;
    blocking->run_again = run_again;
    blocking->deadline_changed = on_deadline_changed;
    server->host.blocking = blocking;
}

void server_serve_blocked(struct server *server)
{
    if (server->executor.depth) return;
    do {
        migrate_serve(server);
        blocking_serve(&server->blocking);
        clients_go_on(&server->clients);
    } while (!list_is_empty(&server->clients.released));
}

/* As a master would, and no longer can: what they wait for is for the new master to give. */
void server_refuse_blocked(struct server *server)
{
    blocking_refuse_all(&server->blocking,
                        "UNBLOCKED force unblock from blocking operation, instance state changed "
                        "(master -> replica?)");
}
