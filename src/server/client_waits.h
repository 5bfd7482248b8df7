/* Requests that must wait before they run: while clients are paused, and attempts to authenticate
 * from an address that failed too often.
 *
 * The link keeps the bytes of such a request and gives it again when one of the times is over, to
 * all clients in the order in which they began to wait. */
#ifndef SKEIN_SERVER_CLIENT_WAITS_H
#define SKEIN_SERVER_CLIENT_WAITS_H

#include "io/timer.h"
#include "server/login_guard.h"
#include "server/pause.h"

struct server;
struct session;

struct client_waits {
    struct pause pause;
    struct login_guard guard;
    struct timer wake;
};

void client_waits_init(struct client_waits *waits);
void client_waits_deinit(struct client_waits *waits);

/* For a shutdown or a failover `timeout_ms` is how long at most; see pause.h. */
void server_pause(struct server *server, enum pause_reason reason, enum pause_mode mode,
                  int64_t timeout_ms);
void server_unpause(struct server *server, enum pause_reason reason);
enum pause_mode server_pause_mode(const struct server *server);
/* A client that was not authenticated gave a password. */
void server_count_login(struct server *server, const struct session *session, bool right);
/* executor.must_wait */
bool server_must_wait(void *server, const struct session *session, uint32_t command_flags);

#endif
