/* INFO about the process and who is connected to it. */
#include "io/process.h"

#include "server/info.h"
#include "server/server.h"

/* --- server --- */

struct process_facts {
    const char *supervised, *run_id, *system, *executable, *config_file;
    int64_t pid, port, now_us, uptime_s, uptime_days, hz;
    uint64_t lru_clock;
};

#define FIELD(name_, kind_, member_) INFO_FIELD(name_, kind_, process_facts, member_)
#define TEXT_OF_(value)              #value
#define TEXT_OF(value)               TEXT_OF_(value)

static const struct info_field process_fields[] = {
    INFO_ALWAYS("redis_version", SKEIN_REDIS_VERSION),
    INFO_ALWAYS("redis_git_sha1", "00000000"),
    INFO_ALWAYS("redis_git_dirty", "0"),
    INFO_ALWAYS("redis_build_id", "0"),
    INFO_ALWAYS("skein_version", SKEIN_VERSION),
    INFO_ALWAYS("redis_mode", "standalone"),
    FIELD("os", INFO_TEXT, system),
    INFO_ALWAYS("arch_bits", "64"),
    INFO_ALWAYS("monotonic_clock", "POSIX clock_gettime"),
    INFO_ALWAYS("multiplexing_api", "epoll"),
    INFO_ALWAYS("atomicvar_api", "c11-builtin"),
    INFO_ALWAYS("gcc_version",
                TEXT_OF(__GNUC__) "." TEXT_OF(__GNUC_MINOR__) "." TEXT_OF(__GNUC_PATCHLEVEL__)),
    FIELD("process_id", INFO_NUMBER, pid),
    FIELD("process_supervised", INFO_TEXT, supervised),
    FIELD("run_id", INFO_TEXT, run_id),
    FIELD("tcp_port", INFO_NUMBER, port),
    FIELD("server_time_usec", INFO_NUMBER, now_us),
    FIELD("uptime_in_seconds", INFO_NUMBER, uptime_s),
    FIELD("uptime_in_days", INFO_NUMBER, uptime_days),
    FIELD("hz", INFO_NUMBER, hz),
    FIELD("configured_hz", INFO_NUMBER, hz),
    FIELD("lru_clock", INFO_COUNT, lru_clock),
    FIELD("executable", INFO_TEXT, executable),
    FIELD("config_file", INFO_TEXT, config_file),
    INFO_ALWAYS("io_threads_active", "0"),
    {0},
};
#undef FIELD

static const char *supervised_name(enum supervise_mode mode)
{
    static const char *const NAMES[] = {
        [SUPERVISE_NO] = "no",
        [SUPERVISE_AUTO] = "unknown",
        [SUPERVISE_SYSTEMD] = "systemd",
        [SUPERVISE_UPSTART] = "upstart",
    };
    return NAMES[mode];
}

static void write_bind(const struct config_words *bind, struct buf *out)
{
    for (size_t i = 0; i < bind->count; i++) buf_printf(out, ",bind=%s", bind->words[i]);
}

/* listener0:name=tcp,bind=127.0.0.1,port=6379 */
static void write_listeners(const struct server *server, struct buf *out)
{
    const struct config *config = &server->config;
    int number = 0;
    if (server->sockets.tcp) {
        buf_printf(out, "listener%d:name=tcp", number++);
        write_bind(&config->net.bind, out);
        buf_printf(out, ",port=%d\r\n", config->net.port);
    }
    if (server->sockets.unix_socket) {
        buf_printf(out, "listener%d:name=unix,bind=%s\r\n", number++, config->net.unixsocket);
    }
    if (server->sockets.tls) {
        buf_printf(out, "listener%d:name=tls", number++);
        write_bind(&config->net.bind, out);
        buf_printf(out, ",port=%d\r\n", config->tls.port);
    }
}

void info_server(struct server *server, struct buf *out)
{
    const struct config *config = &server->config;
    struct buf system = {0}, executable = {0};
    process_system_name(&system);
    process_executable(&executable);
    int64_t uptime_s = (loop_now_us(server->loop) - server->started_mono_us) / 1000000;
    struct process_facts facts = {
        .system = buf_c(&system),
        .executable = buf_c(&executable),
        .supervised = supervised_name(server->supervisor),
        .run_id = server->run_id,
        .config_file = config->file,
        .pid = process_id(),
        .port = config->net.port ? config->net.port : config->tls.port,
        .now_us = server->host.now_us,
        .uptime_s = uptime_s,
        .uptime_days = uptime_s / 86400,
        .hz = config->process.hz,
        .lru_clock = (uint64_t)(server->host.now_ms / 1000) & ENTRY_ACCESS_MASK,
    };
    info_write(out, process_fields, &facts);
    if (server_shutdown_in_ms(server) >= 0) {
        buf_printf(out, "shutdown_in_milliseconds:%lld\r\n",
                   (long long)server_shutdown_in_ms(server));
    }
    write_listeners(server, out);
    buf_deinit(&system);
    buf_deinit(&executable);
}

/* --- cpu --- */

struct cpu_facts {
    struct process_cpu self, children, thread;
};

static const struct info_field cpu_fields[] = {
    INFO_FIELD("used_cpu_sys", INFO_SECONDS, cpu_facts, self.system_s),
    INFO_FIELD("used_cpu_user", INFO_SECONDS, cpu_facts, self.user_s),
    INFO_FIELD("used_cpu_sys_children", INFO_SECONDS, cpu_facts, children.system_s),
    INFO_FIELD("used_cpu_user_children", INFO_SECONDS, cpu_facts, children.user_s),
    INFO_FIELD("used_cpu_sys_main_thread", INFO_SECONDS, cpu_facts, thread.system_s),
    INFO_FIELD("used_cpu_user_main_thread", INFO_SECONDS, cpu_facts, thread.user_s),
    {0},
};

void info_cpu(struct server *server, struct buf *out)
{
    (void)server;
    struct cpu_facts facts = {
        process_cpu_used(PROCESS_CPU_SELF),
        process_cpu_used(PROCESS_CPU_CHILDREN),
        process_cpu_used(PROCESS_CPU_THREAD),
    };
    info_write(out, cpu_fields, &facts);
}

/* --- clients --- */

struct client_facts {
    uint64_t connected, max, biggest_input, biggest_output, blocked, tracking, with_deadline;
    uint64_t awaited_keys, awaited_until_gone;
};

static const struct info_field client_fields[] = {
    INFO_FIELD("connected_clients", INFO_COUNT, client_facts, connected),
    INFO_ALWAYS("cluster_connections", "0"),
    INFO_FIELD("maxclients", INFO_COUNT, client_facts, max),
    INFO_FIELD("client_recent_max_input_buffer", INFO_COUNT, client_facts, biggest_input),
    INFO_FIELD("client_recent_max_output_buffer", INFO_COUNT, client_facts, biggest_output),
    INFO_FIELD("blocked_clients", INFO_COUNT, client_facts, blocked),
    INFO_FIELD("tracking_clients", INFO_COUNT, client_facts, tracking),
    INFO_FIELD("clients_in_timeout_table", INFO_COUNT, client_facts, with_deadline),
    INFO_FIELD("total_blocking_keys", INFO_COUNT, client_facts, awaited_keys),
    INFO_FIELD("total_blocking_keys_on_nokey", INFO_COUNT, client_facts, awaited_until_gone),
    {0},
};

static void look_at(struct client_facts *facts, const struct client *client)
{
    const struct session *session = &client->session;
    facts->blocked += session_is(session, SESSION_BLOCKED);
    facts->tracking += session_is(session, SESSION_TRACKING);
    if (client->in.capacity > facts->biggest_input) facts->biggest_input = client->in.capacity;
    if (client->out.held_bytes > facts->biggest_output) {
        facts->biggest_output = client->out.held_bytes;
    }
}

void info_clients(struct server *server, struct buf *out)
{
    struct client_facts facts = {.connected = server->clients.count,
                                 .max = server->config.clients.maxclients,
                                 .with_deadline = server->blocking.deadlines.count,
                                 .awaited_keys = server->blocking.queues.by_name.len,
                                 .awaited_until_gone = server->blocking.queues.until_gone_count};
    LIST_FOREACH(at, after, &server->clients.all)
    {
        look_at(&facts, LIST_ENTRY(at, struct client, node));
    }
    info_write(out, client_fields, &facts);
}
