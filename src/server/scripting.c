/* What the server does for scripts: their log lines, and others' requests while one is slow. */
#include "io/clock.h"
#include "server/server.h"

static int64_t slow_after_us(void *owner)
{
    const struct server *server = owner;
    return server->config.clients.busy_reply_threshold_ms * 1000;
}

/* A turn of the loop inside a request: whatever belongs to that request is put aside. The clock of
 * commands stands still for a script, so it goes back to where it was. */
static bool serve(void *owner)
{
    struct server *server = owner;
    struct clients_nest nest;
    struct session *running = server->delivery.running;
    int64_t now_ms = server->host.now_ms, now_us = server->host.now_us;
    server->delivery.running = NULL;
    clients_nest_begin(&server->clients, &nest);
    loop_turn(server->loop, false);
    server->delivery.running = running;
    clients_nest_end(&server->clients, &nest);
    server->host.now_ms = now_ms;
    server->host.now_us = now_us;
    /* The end that was asked for in the inner turn is that of the outer one, too. */
    if (server->end.asked) loop_stop(server->loop);
    return server->end.asked;
}

static void write_log(void *owner, int level, struct str text)
{
    static const enum log_level levels[] = {LEVEL_DEBUG, LEVEL_VERBOSE, LEVEL_NOTICE,
                                            LEVEL_WARNING};
    struct server *server = owner;
    log_write(server->log, levels[level], "%.*s", STR_ARG(text));
}

static void show_request(void *owner, const struct call *call)
{
    server_show_request(owner, call);
}

void server_init_scripts(struct server *server)
{
    struct script_engine *engine = script_engine_new(&server->host);
    engine->hooks = (struct script_hooks){
        .owner = server,
        .slow_after_us = slow_after_us,
        .serve = serve,
        .log = write_log,
        .on_request = show_request,
    };
    server_count_errors(server, &engine->session.reply);
    server->host.scripts = engine;
}
