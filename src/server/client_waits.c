#include "server/client_waits.h"

#include "io/entropy.h"
#include "server/server.h"

#include <sys/param.h>

enum { SLEEP_MAX_MS = 60 * 1000 };

void client_waits_init(struct client_waits *waits)
{
    *waits = (struct client_waits){0};
    login_guard_init(&waits->guard, entropy_hash_seed());
}

void client_waits_deinit(struct client_waits *waits)
{
    timer_stop(&waits->wake);
    login_guard_deinit(&waits->guard);
}

static int64_t now_ms(const struct server *server)
{
    return loop_now_us(server->loop) / 1000;
}

static void on_wake(void *context)
{
    struct server *server = context;
    server_read_clocks(server);
    server->settings.keeps_expired = server_pause_mode(server) != PAUSE_NOTHING;
    clients_resume(&server->clients);
}

/* Those that must wait on ask for the next waking themselves. */
static void wake_in(struct server *server, int64_t delay_ms)
{
    struct timer *wake = &server->waits.wake;
    int64_t due_us = loop_now_us(server->loop) + MIN(delay_ms, SLEEP_MAX_MS) * 1000;
    if (timer_is_running(wake) && wake->due_us <= due_us) return;
    timer_start(server->loop, wake, MIN(delay_ms, SLEEP_MAX_MS), 0, on_wake, server);
}

enum pause_mode server_pause_mode(const struct server *server)
{
    return pause_mode_at(&server->waits.pause, now_ms(server));
}

void server_pause(struct server *server, enum pause_reason reason, enum pause_mode mode,
                  int64_t timeout_ms)
{
    pause_begin(&server->waits.pause, reason, mode, now_ms(server), timeout_ms);
    server->settings.keeps_expired = server_pause_mode(server) != PAUSE_NOTHING;
    wake_in(server, pause_until_ms(&server->waits.pause) - now_ms(server));
}

void server_unpause(struct server *server, enum pause_reason reason)
{
    pause_end(&server->waits.pause, reason);
    wake_in(server, 0);
}

static struct str address_of(const struct session *session, char out[CONN_ADDRESS_MAX])
{
    const struct client *client = session->link;
    return str_from_c(client ? conn_peer_host(client->conn, out) : "");
}

void server_count_login(struct server *server, const struct session *session, bool right)
{
    char address[CONN_ADDRESS_MAX];
    struct login_guard *guard = &server->waits.guard;
    if (right)
        login_guard_succeeded(guard, address_of(session, address));
    else
        login_guard_failed(guard, address_of(session, address), now_ms(server));
}

static int64_t guard_delay(struct server *server, const struct session *session, uint32_t flags)
{
    char address[CONN_ADDRESS_MAX];
    if (session->authenticated || !(flags & CMD_NO_AUTH)) return 0;
    return login_guard_delay_ms(&server->waits.guard, address_of(session, address), now_ms(server));
}

bool server_must_wait(void *context, const struct session *session, uint32_t command_flags)
{
    struct server *server = context;
    const struct pause *pause = &server->waits.pause;
    int64_t delay_ms = 0;
    if (session_is(session, SESSION_REPLICA | SESSION_MASTER)) return false;
    if (pause_until_ms(pause) && pause_holds(pause, now_ms(server), command_flags))
        delay_ms = pause_until_ms(pause) - now_ms(server);
    if (!session->authenticated) {
        delay_ms = MAX(delay_ms, guard_delay(server, session, command_flags));
    }
    if (delay_ms > 0) wake_in(server, delay_ms);
    return delay_ms > 0;
}
