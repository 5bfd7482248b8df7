/* What commands did goes into the journal, as long as somebody wants it there. */
#include "server/server.h"

static void on_effects(void *owner, const struct effects_unit *unit, struct str bytes)
{
    struct server *server = owner;
    journal_append_unit(&server->journal, unit->first_db, unit->last_db, bytes);
}

void server_init_journal(struct server *server)
{
    journal_init(&server->journal, 0);
    server->executor.on_effects = on_effects;
}

void server_apply_journal(struct server *server)
{
    int64_t window = server->config.repl.backlog_size, budget;
    /* Readers that are behind get memory beyond the backlog. */
    if (__builtin_add_overflow(window, server->config.repl.journal_memory, &budget))
        budget = INT64_MAX;
    journal_set_limits(&server->journal, window, budget);
}

void server_want_journal(struct server *server, enum journal_reader reader, bool wanted)
{
    uint32_t bit = 1U << reader;
    uint32_t before = server->journal_readers;
    server->journal_readers = wanted ? before | bit : before & ~bit;
    server->host.effects_wanted = server->journal_readers != 0 && !replication_is_replica(server);
    if (before == 0 && wanted) journal_forget_db(&server->journal);
}
