#include "server/monitor.h"

#include "base/mem.h"
#include "io/clock.h"
#include "server/secrets.h"

enum { FIRST_CAPACITY = 4 };

void monitors_deinit(struct monitors *monitors)
{
    mem_free(monitors->list);
    *monitors = (struct monitors){0};
}

bool monitors_join(struct monitors *monitors, struct session *session)
{
    if (session_is(session, SESSION_MONITOR)) return false;
    if (monitors->count == monitors->capacity) {
        monitors->capacity = monitors->capacity ? 2 * monitors->capacity : FIRST_CAPACITY;
        monitors->list = mem_realloc(monitors->list, monitors->capacity * sizeof(*monitors->list));
    }
    monitors->list[monitors->count++] = session;
    session->flags |= SESSION_MONITOR;
    return true;
}

void monitors_leave(struct monitors *monitors, struct session *session)
{
    if (!session_is(session, SESSION_MONITOR)) return;
    session->flags &= ~(uint64_t)SESSION_MONITOR;
    for (size_t i = 0; i < monitors->count; i++) {
        if (monitors->list[i] == session) monitors->list[i] = monitors->list[--monitors->count];
    }
}

bool monitors_see(const struct command *command)
{
    return (command->flags & (CMD_SKIP_MONITOR | CMD_ADMIN)) == 0;
}

/* +1700000000.000123 [0 127.0.0.1:5000] "set" "k" "v" */
static void write_line(struct buf *line, const struct call *call, const char *peer)
{
    int64_t now_us = clock_wall_us();
    secret_rule *rule = secret_rule_of(call);
    buf_printf(line, "+%lld.%06d [%d %s]", (long long)(now_us / 1000000), (int)(now_us % 1000000),
               call->session->db, peer);
    for (int i = 0; i < call->argc; i++) {
        buf_append_char(line, ' ');
        buf_append_quoted(line, secret_arg(rule, call, i));
    }
    buf_append_c(line, "\r\n");
}

void monitors_show(struct monitors *monitors, const struct call *call, const char *peer,
                   void (*wants_flush)(struct session *session))
{
    struct buf line = {0};
    write_line(&line, call, peer);
    /* Backwards: flushing may end a monitor, whose place the last one takes. */
    for (size_t i = monitors->count; i-- > 0;) {
        struct session *to = monitors->list[i];
        chain_append(to->reply.out, line.ptr, line.len);
        wants_flush(to);
    }
    buf_deinit(&line);
}
