/* What the system is told about our process: its title and how willingly it may be killed for want
 * of memory. */
#include "io/process.h"
#include "server/server.h"
#include "server/title.h"

void server_apply_title(struct server *server)
{
    struct buf text = {0};
    if (server->title == NULL || !server->config.process.set_proc_title) return;
    title_write(&server->config, server->program, &text);
    process_title_set(server->title, buf_str(&text));
    buf_deinit(&text);
}

/* The configuration has one value for a master, one for a replica; the third is for children, of
 * which we have none. */
static int wanted_oom_score(const struct server *server)
{
    const struct config_process *process = &server->config.process;
    int value = process->oom_score_adj_values[server->settings.is_replica ? 1 : 0];
    switch (process->oom_score_adj) {
    case CONFIG_OOM_NO:
        break;
    case CONFIG_OOM_RELATIVE:
        return server->oom_score_at_start + value;
    case CONFIG_OOM_ABSOLUTE:
        return value;
    }
    return server->oom_score_at_start;
}

/* Turned off we leave the value alone: it may be somebody else's. What it was when we began to
 * change it comes back when we end doing so. */
static bool note_base(struct server *server)
{
    bool is_on = server->config.process.oom_score_adj != CONFIG_OOM_NO;
    bool was_on = server->oom_score_is_ours;
    if (is_on && !was_on) process_read_oom_score(&server->oom_score_at_start);
    server->oom_score_is_ours = is_on;
    return is_on || was_on;
}

bool server_apply_oom_score(struct server *server, struct buf *reason)
{
    if (!note_base(server)) return true;
    int now = 0, wanted = wanted_oom_score(server);
    if (wanted > 1000) wanted = 1000;
    if (wanted < -1000) wanted = -1000;
    if (process_read_oom_score(&now) == 0 && now == wanted) return true;
    int error = process_set_oom_score(wanted);
    if (error == 0) return true;
    buf_printf(reason, "Failed to apply new oom_score_adj configuration: %s", strerror(-error));
    return false;
}
