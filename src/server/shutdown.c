/* The end of the server, asked for by SHUTDOWN or by a signal. */
#include "io/signals.h"
#include "server/families.h"
#include "server/server.h"

#include <signal.h>

/* Flags are enum config_shutdown. Without SAVE or NOSAVE the data is saved if there are rules for
 * saving. What is only half loaded is never saved. */
static bool wants_save(const struct server *server, unsigned flags)
{
    if (flags & CONFIG_SHUTDOWN_NOSAVE || server->executor.state & GATE_LOADING) return false;
    return flags & CONFIG_SHUTDOWN_SAVE || server->config.snapshot.save.count > 0;
}

bool server_shutdown(struct server *server, unsigned flags)
{
    if (wants_save(server, flags)) {
        log_write(server->log, LEVEL_NOTICE, "Saving the final RDB snapshot before exiting.");
        if (!persistence_save_now(server)) {
            bool forced = (flags & CONFIG_SHUTDOWN_FORCE) != 0;
            log_write(server->log, LEVEL_WARNING, "Error trying to save the DB, %s",
                      forced ? "which FORCE ignores" : "can't exit.");
            if (!forced) return false;
        }
    }
    if (!append_file_close(server) && (flags & CONFIG_SHUTDOWN_FORCE) == 0) return false;
    log_write(server->log, LEVEL_NOTICE, "The server ends now");
    server_stop(server, 0);
    return true;
}

void server_on_signal(void *context, int number)
{
    struct server *server = context;
    const struct config_process *config = &server->config.process;
    bool is_interrupt = number == SIGINT;
    log_write(server->log, LEVEL_WARNING, "Received %s, shutting down...",
              is_interrupt ? "SIGINT" : "SIGTERM");
    if (server->end.asked) return;
    unsigned flags = is_interrupt ? config->shutdown_on_sigint : config->shutdown_on_sigterm;
    if (!server_shutdown(server, flags) && server->signals) signals_rearm(server->signals);
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

static void shut_down(struct call *call)
{
    unsigned flags = 0;
    if (!read_flags(call, &flags)) {
        call_syntax_error(call);
    } else if (flags & FLAG_ABORT) {
        /* A shutdown waits for nothing, so none can be under way. */
        reply_error(call->reply, "ERR No shutdown in progress.");
    } else if (server_shutdown(server_of(call), flags)) {
        call->session->flags |= SESSION_CLOSE_AFTER_REPLY;
    } else {
        reply_error(call->reply, "ERR Errors trying to SHUTDOWN. Check logs.");
    }
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
