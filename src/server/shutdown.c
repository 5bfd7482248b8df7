/* The end of the server, asked for by SHUTDOWN or by a signal.
 *
 *     running --(a replica lags, shutdown-timeout)--> waiting --(all have everything, or its time
 *        ^                                               |       is over)--> saving --> over
 *        +----(SHUTDOWN ABORT)---------------------------+                  |
 *        +----(something is not on disk, without FORCE)---------------------+
 *
 * While it waits, writes are paused and everything else goes on. */
#include "command/blocking.h"
#include "command/errors.h"
#include "io/signals.h"
#include "server/families.h"
#include "server/server.h"

#include <signal.h>

enum { MS_PER_S = 1000 };

static int64_t now_ms(const struct server *server)
{
    return loop_now_us(server->loop) / 1000;
}

/* Flags are enum config_shutdown. Without SAVE or NOSAVE the data is saved if there are rules for
 * saving. What is only half loaded is never saved. */
static bool wants_save(const struct server *server, unsigned flags)
{
    if (flags & CONFIG_SHUTDOWN_NOSAVE || server->executor.state & GATE_LOADING) return false;
    return flags & CONFIG_SHUTDOWN_SAVE || server->config.snapshot.save.count > 0;
}

/* --- replicas --- */

/* Who never acknowledges has nothing to catch up with. */
static bool counts(const struct feed *feed)
{
    return feed->is_listed && !feed->progress.is_silent &&
           !session_is(&feed->client->session, SESSION_CLOSE_ASAP);
}

static bool is_behind(const struct server *server, const struct feed *feed)
{
    return feed->progress.state != REPLICA_ONLINE || feed->progress.acked != server->journal.end;
}

static bool replicas_have_all(const struct server *server)
{
    LIST_FOREACH(at, after, &server->replication.feeds.all)
    {
        const struct feed *feed = LIST_ENTRY(at, struct feed, node);
        if (counts(feed) && is_behind(server, feed)) return false;
    }
    return true;
}

static void tell_of_laggard(struct server *server, const struct feed *feed)
{
    char address[CONN_ADDRESS_MAX];
    const struct progress *progress = &feed->progress;
    bool is_online = progress->state == REPLICA_ONLINE;
    log_write(server->log, LEVEL_WARNING,
              "Lagging replica %s:%d reported offset %lld behind master, lag=%lld, state=%s.",
              feed_address(feed, address), feed->port,
              (long long)(server->journal.end - progress->acked),
              is_online ? (long long)progress_lag_s(progress, now_ms(server)) : 0,
              replica_state_name(progress->state));
}

static void tell_of_replicas(struct server *server)
{
    int count = 0, behind = 0;
    LIST_FOREACH(at, after, &server->replication.feeds.all)
    {
        const struct feed *feed = LIST_ENTRY(at, struct feed, node);
        if (!counts(feed)) continue;
        count++;
        if (!is_behind(server, feed)) continue;
        behind++;
        tell_of_laggard(server, feed);
    }
    if (count == 0) return;
    log_write(server->log, LEVEL_NOTICE, "%d of %d replicas are in sync when shutting down.",
              count - behind, count);
}

/* --- the end --- */

/* False, with the reason logged, when something is not on disk that should be. */
static bool bring_to_disk(struct server *server, unsigned flags)
{
    bool forced = (flags & CONFIG_SHUTDOWN_FORCE) != 0;
    if (wants_save(server, flags)) {
        log_write(server->log, LEVEL_NOTICE, "Saving the final RDB snapshot before exiting.");
        if (!persistence_save_now(server)) {
            log_write(server->log, LEVEL_WARNING, "Error trying to save the DB, %s",
                      forced ? "which FORCE ignores" : "can't exit.");
            if (!forced) return false;
        }
    }
    return append_file_close(server) || forced;
}

static bool finish(struct server *server, unsigned flags)
{
    tell_of_replicas(server);
    if (!bring_to_disk(server, flags)) {
        log_write(server->log, LEVEL_WARNING,
                  "Errors trying to shut down the server. Check the logs for more information.");
        return false;
    }
    log_write(server->log, LEVEL_WARNING, "Skein is now ready to exit, bye bye...");
    server_stop(server, 0);
    return true;
}

/* --- waiting --- */

static bool is_waiting(const struct server *server)
{
    return server->end.deadline_ms != 0;
}

static void refuse_askers(struct server *server)
{
    LIST_FOREACH(at, after, &server->clients.all)
    {
        struct client *client = LIST_ENTRY(at, struct client, node);
        if (!client->awaits_end) continue;
        client->awaits_end = false;
        reply_error(&client->session.reply, "ERR Errors trying to SHUTDOWN. Check logs.");
        blocking_end(&server->blocking, &client->session, UNBLOCKED_SERVED);
    }
}

static void call_off(struct server *server)
{
    server->end.deadline_ms = 0;
    server_unpause(server, PAUSE_FOR_SHUTDOWN);
    refuse_askers(server);
    if (server->signals) signals_rearm(server->signals);
}

static bool must_wait_for_replicas(const struct server *server, unsigned flags)
{
    bool may_wait = !(flags & CONFIG_SHUTDOWN_NOW) && server->config.process.shutdown_timeout_s;
    return may_wait && !replicas_have_all(server);
}

/* Nothing is added to the stream, neither a PING nor a request to acknowledge: it would stand
 * behind what the files have, and a master that comes back from them could not be continued. */
static void begin_to_wait(struct server *server, unsigned flags)
{
    int64_t limit_ms = (int64_t)server->config.process.shutdown_timeout_s * MS_PER_S;
    log_write(server->log, LEVEL_NOTICE, "Waiting for replicas before shutting down.");
    server->end.flags = flags;
    server->end.deadline_ms = now_ms(server) + limit_ms;
    server_pause(server, PAUSE_FOR_SHUTDOWN, PAUSE_WRITES, INT32_MAX);
}

void server_check_shutdown(struct server *server)
{
    if (!is_waiting(server) || server->end.asked) return;
    bool is_time = now_ms(server) >= server->end.deadline_ms;
    if (!is_time && !replicas_have_all(server)) return;
    if (!finish(server, server->end.flags)) call_off(server);
}

int64_t server_shutdown_in_ms(const struct server *server)
{
    return is_waiting(server) ? server->end.deadline_ms - now_ms(server) : -1;
}

/* --- who asks --- */

enum shutdown_verdict { SHUTDOWN_ENDS, SHUTDOWN_WAITS, SHUTDOWN_FAILED };

static enum shutdown_verdict ask_for_end(struct server *server, unsigned flags)
{
    if (is_waiting(server)) return SHUTDOWN_WAITS;
    if (!must_wait_for_replicas(server, flags))
        return finish(server, flags) ? SHUTDOWN_ENDS : SHUTDOWN_FAILED;
    begin_to_wait(server, flags);
    return SHUTDOWN_WAITS;
}

void server_on_signal(void *context, int number)
{
    struct server *server = context;
    const struct config_process *config = &server->config.process;
    bool is_interrupt = number == SIGINT;
    log_write(server->log, LEVEL_WARNING, "Received %s scheduling shutdown...",
              is_interrupt ? "SIGINT" : "SIGTERM");
    if (server->end.asked || is_waiting(server)) return;
    log_write(server->log, LEVEL_WARNING, "User requested shutdown...");
    unsigned flags = is_interrupt ? config->shutdown_on_sigint : config->shutdown_on_sigterm;
    if (ask_for_end(server, flags) == SHUTDOWN_FAILED && server->signals)
        signals_rearm(server->signals);
}

/* --- SHUTDOWN --- */

enum { FLAG_ABORT = 1 << 8 };

static const struct {
    const char *word;
    unsigned flag;
} words[] = {
    {"save", CONFIG_SHUTDOWN_SAVE}, {"nosave", CONFIG_SHUTDOWN_NOSAVE},
    {"now", CONFIG_SHUTDOWN_NOW},   {"force", CONFIG_SHUTDOWN_FORCE},
    {"abort", FLAG_ABORT},
};

static unsigned flag_of(const struct call *call, int at)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (call_is(call, at, words[i].word)) return words[i].flag;
    }
    return 0;
}

static bool read_flags(const struct call *call, unsigned *flags)
{
    const unsigned both = CONFIG_SHUTDOWN_SAVE | CONFIG_SHUTDOWN_NOSAVE;
    for (int i = 1; i < call->argc; i++) {
        unsigned flag = flag_of(call, i);
        if (flag == 0) return false;
        *flags |= flag;
    }
    if ((*flags & both) == both) return false;
    return (*flags & FLAG_ABORT) == 0 || *flags == FLAG_ABORT;
}

static void abort_shutdown(struct call *call)
{
    struct server *server = server_of(call);
    if (!is_waiting(server)) {
        reply_error(call->reply, "ERR No shutdown in progress.");
        return;
    }
    log_write(server->log, LEVEL_NOTICE, "Shutdown manually aborted.");
    call_off(server);
    reply_ok(call->reply);
}

static void no_answer(struct host *host, struct session *session)
{
    (void)host, (void)session;
}

/* The answer is the end of the connection, or an error when the shutdown is called off. */
static void wait_for_end(struct call *call)
{
    struct blocking_wait wait = {
        .on = BLOCKED_ON_WORK, .timed_out = no_answer, .denied = no_answer};
    blocking_wait(call, &wait);
    if (session_is(call->session, SESSION_BLOCKED)) client_of(call->session)->awaits_end = true;
}

/* The error for what may not be done while a script runs for too long; NULL: none does. */
static const char *busy_error(const struct server *server)
{
    if (server->executor.state & GATE_BUSY) return ERR_BUSY_SCRIPT;
    return server->executor.state & GATE_BUSY_FUNCTION ? ERR_BUSY_FUNCTION : NULL;
}

static void end_by(struct call *call, unsigned flags)
{
    struct server *server = server_of(call);
    log_write(server->log, LEVEL_WARNING, "User requested shutdown...");
    switch (ask_for_end(server, flags)) {
    case SHUTDOWN_ENDS:
        call->session->flags |= SESSION_CLOSE_AFTER_REPLY;
        break;
    case SHUTDOWN_WAITS:
        wait_for_end(call);
        break;
    case SHUTDOWN_FAILED:
        reply_error(call->reply, "ERR Errors trying to SHUTDOWN. Check logs.");
        break;
    }
}

static void shut_down(struct call *call)
{
    unsigned flags = 0;
    const char *busy = busy_error(server_of(call));
    if (!read_flags(call, &flags))
        call_syntax_error(call);
    else if (flags & FLAG_ABORT)
        abort_shutdown(call);
    else if (busy && !(flags & CONFIG_SHUTDOWN_NOSAVE))
        reply_error(call->reply, busy);
    else
        end_by(call, flags);
}

const struct command shutdown_commands[] = {
    {
        .name = "shutdown",
        .run = shut_down,
        .arity = -1,
        .flags = CMD_ADMIN | CMD_NOSCRIPT | CMD_LOADING | CMD_STALE | CMD_NO_MULTI | CMD_ALLOW_BUSY,
        .summary = "Ends the server.",
        .since = "1.0.0",
        .group = "server",
        .complexity = "O(1), or O(N) in the number of keys when they are saved",
        .syntax = "[NOSAVE | SAVE] [NOW]@7.0.0 [FORCE]@7.0.0 [ABORT]@7.0.0",
        .history = {{"7.0.0", "NOW, FORCE and ABORT were added."}},
    },
    {0},
};
