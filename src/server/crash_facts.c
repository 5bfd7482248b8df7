/* What the server adds to the report of a crash.
 *
 * It runs in a signal handler over data that may be half changed: it follows as few pointers as it
 * can, formats into its own memory and neither allocates nor calls anything that does. */
#include "base/num.h"
#include "io/clock.h"
#include "io/crash.h"
#include "server/server.h"

static void put_fact(int fd, const char *name, uint64_t number)
{
    char digits[NUM_I64_MAX + 1];
    digits[num_format_u64(digits, number)] = '\0';
    crash_text(fd, name);
    crash_text(fd, ":");
    crash_text(fd, digits);
    crash_text(fd, "\n");
}

/* Arguments are left out: they may be secret, or what caused the crash. */
static void put_running(const struct server *server, int fd)
{
    const struct call *call = server->executor.running;
    if (call == NULL) return;
    crash_text(fd, "running:");
    if (call->container) {
        crash_text(fd, call->container->name);
        crash_text(fd, "|");
    }
    crash_text(fd, call->command->name);
    crash_text(fd, "\n");
    put_fact(fd, "running_arguments", (uint64_t)call->argc);
    put_fact(fd, "running_client", call->session->id);
}

static void put_keyspace(const struct server *server, int fd)
{
    for (int i = 0; i < server->store->db_count; i++) {
        const struct keyspace *ks = &server->store->dbs[i];
        if (ks->table.len == 0) continue;
        put_fact(fd, "database", (uint64_t)i);
        put_fact(fd, "keys", ks->table.len);
        put_fact(fd, "expires", ks->volatile_len);
    }
}

void server_crash_facts(void *context, int fd)
{
    const struct server *server = context;
    int64_t up_us = clock_mono_us() - server->started_mono_us;
    crash_text(fd, "\n--- server ---\nredis_version:" SKEIN_REDIS_VERSION
                   "\nskein_version:" SKEIN_VERSION "\nrun_id:");
    crash_text(fd, server->run_id);
    crash_text(fd, "\n");
    put_fact(fd, "uptime_in_seconds", (uint64_t)up_us / 1000000);
    put_fact(fd, "connected_clients", server->clients.count);
    put_fact(fd, "used_memory", server->memory_used);
    put_fact(fd, "used_memory_peak", server->stats.peak_memory);
    put_fact(fd, "total_connections_received", server->stats.connections);
    put_fact(fd, "total_commands_processed", server->stats.requests);
    put_fact(fd, "rdb_changes_since_last_save", server->changes_since_save);
    put_running(server, fd);
    put_keyspace(server, fd);
}
