/* Makes changed settings effective: at start all of them, after CONFIG SET the kinds that changed.
 */
#include "server/server.h"

#include "io/file.h"
#include "io/process.h"

#include <stdlib.h>
#include <sys/param.h>

enum { SPARE_FILES = 32 }; /* descriptors kept for files, replicas and the administrator */

static bool apply_nothing(struct server *server, struct buf *reason)
{
    (void)server;
    (void)reason;
    return true;
}

static bool apply_listen(struct server *server, struct buf *reason)
{
    struct buf why = {0};
    bool is_same_port = atoi(buf_c(&server->sockets.tcp_place)) == server->config.net.port;
    server_apply_title(server);
    bool done = server_listen(server, &why);
    if (!done) {
        buf_printf(reason, "%s: %s",
                   is_same_port ? "Failed to bind to specified addresses"
                                : "Unable to listen on this port",
                   buf_c(&why));
    }
    buf_deinit(&why);
    return done;
}

static bool apply_tls(struct server *server, struct buf *reason)
{
    return server_load_tls(server, reason) && server_listen(server, reason);
}

static bool apply_dir(struct server *server, struct buf *reason)
{
    struct buf absolute = {0};
    int error = file_change_directory(server->config.process.dir);
    if (error == 0) error = file_current_directory(&absolute);
    if (error)
        buf_append_c(reason, strerror(-error));
    else
        config_set_text(&server->config.process.dir, buf_str(&absolute));
    buf_deinit(&absolute);
    return error == 0;
}

static bool apply_log(struct server *server, struct buf *reason)
{
    const struct config_log *log = &server->config.log;
    static const enum log_level levels[] = {
        [CONFIG_LOG_DEBUG] = LEVEL_DEBUG,     [CONFIG_LOG_VERBOSE] = LEVEL_VERBOSE,
        [CONFIG_LOG_NOTICE] = LEVEL_NOTICE,   [CONFIG_LOG_WARNING] = LEVEL_WARNING,
        [CONFIG_LOG_NOTHING] = LEVEL_NOTHING,
    };
    log_set_level(server->log, levels[log->level]);
    log_set_syslog(server->log, log->syslog_enabled, log->syslog_ident,
                   config_syslog_facility(&server->config));
    int error = log_set_file(server->log, log->file);
    if (error) buf_printf(reason, "Can't open the log file: %s", strerror(-error));
    return error == 0;
}

static bool apply_hz(struct server *server, struct buf *reason)
{
    (void)reason;
    if (timer_is_running(&server->cron)) {
        timer_set_repeat(&server->cron, 1000 / server->config.process.hz);
    }
    return true;
}

static bool apply_maxclients(struct server *server, struct buf *reason)
{
    uint64_t wanted = (uint64_t)server->config.clients.maxclients + SPARE_FILES;
    server->open_files_max = process_raise_open_files(wanted);
    if (server->open_files_max >= wanted) return true;
    buf_printf(
        reason,
        "The operating system is not able to handle the specified number of clients, try with %lld",
        (long long)server->open_files_max - SPARE_FILES);
    return false;
}

static void copy_client_limits(struct server *server)
{
    const struct config *from = &server->config;
    struct client_limits *to = &server->clients.limits;
    /* Lengths of keys and values are kept in 32 bits. */
    to->bulk_max = MIN(from->clients.proto_max_bulk_len, (int64_t)UINT32_MAX - 1);
    to->args_max = INT32_MAX;
    to->query_buffer_max = from->clients.query_buffer_limit;
    /* On a processor that clients share a sleep is no waste: it is their turn. */
    to->gather_us = process_cpu_count() > 1 ? from->clients.gather_us : 0;
    static const enum config_client_class classes[CLIENT_CLASSES] = {
        [CLIENT_NORMAL] = CONFIG_CLIENT_NORMAL,
        [CLIENT_REPLICA] = CONFIG_CLIENT_REPLICA,
        [CLIENT_PUBSUB] = CONFIG_CLIENT_PUBSUB,
    };
    for (int i = 0; i < CLIENT_CLASSES; i++) {
        const struct config_output_limit *limit = &from->clients.output_limits[classes[i]];
        to->output[i] = (struct output_limit){limit->hard_bytes, limit->soft_bytes, limit->soft_s};
    }
}

static void copy_settings(struct server *server)
{
    const struct config *config = &server->config;
    const struct config_encoding *encoding = &config->encoding;
    bool lfu = config->memory.policy == CONFIG_POLICY_ALLKEYS_LFU ||
               config->memory.policy == CONFIG_POLICY_VOLATILE_LFU;
    bool active_expire = server->started_mono_us == 0 || server->settings.active_expire;
    server->settings = (struct command_settings){
        .proto_max_bulk_len = config->clients.proto_max_bulk_len,
        .hash_max_listpack_entries = (int64_t)encoding->hash_max_listpack_entries,
        .hash_max_listpack_value = (int64_t)encoding->hash_max_listpack_value,
        .list_max_listpack_size = encoding->list_max_listpack_size,
        .list_compress_depth = encoding->list_compress_depth,
        .set_max_intset_entries = (int64_t)encoding->set_max_intset_entries,
        .set_max_listpack_entries = (int64_t)encoding->set_max_listpack_entries,
        .set_max_listpack_value = (int64_t)encoding->set_max_listpack_value,
        .zset_max_listpack_entries = (int64_t)encoding->zset_max_listpack_entries,
        .zset_max_listpack_value = (int64_t)encoding->zset_max_listpack_value,
        .stream_node_max_bytes = (int64_t)encoding->stream_node_max_bytes,
        .stream_node_max_entries = encoding->stream_node_max_entries,
        .hll_sparse_max_bytes = (int64_t)encoding->hll_sparse_max_bytes,
        .lfu_log_factor = config->memory.lfu_log_factor,
        .lfu_decay_time = config->memory.lfu_decay_time_min,
        .lfu = lfu,
        .lazy_user_del = config->memory.lazyfree_lazy_user_del,
        .lazy_expire = config->memory.lazyfree_lazy_expire,
        .lazy_server_del = config->memory.lazyfree_lazy_server_del,
        .lazy_user_flush = config->memory.lazyfree_lazy_user_flush,
        .active_expire = active_expire,
        .is_replica = replication_is_replica(server),
        .keeps_expired =
            server_pause_mode(server) != PAUSE_NOTHING || server->append_file.load != NULL,
    };
    server->host.events_wanted = (uint32_t)config->clients.notify_keyspace_events;
    copy_client_limits(server);
    persistence_update_gate(server);
    server_apply_observers(server);
    server_apply_users(server);
    server_apply_journal(server);
    replication_apply(server);
    append_file_apply_settings(server);
}

static bool apply_title(struct server *server, struct buf *reason)
{
    (void)reason;
    server_apply_title(server);
    return true;
}

static bool apply_password(struct server *server, struct buf *reason)
{
    (void)reason;
    acl_set_default_password(&server->acl, buf_str(&server->config.security.requirepass));
    return true;
}

static bool apply_append_only(struct server *server, struct buf *reason)
{
    return append_file_switch(server, reason);
}

typedef bool apply_fn(struct server *server, struct buf *reason);

/* What a kind of change needs beyond the copies every change brings up to date. */
static apply_fn *const appliers[CONFIG_CHANGES] = {
    [CONFIG_CHANGE_LISTEN] = apply_listen,
    [CONFIG_CHANGE_TLS] = apply_tls,
    [CONFIG_CHANGE_DIR] = apply_dir,
    [CONFIG_CHANGE_LOG] = apply_log,
    [CONFIG_CHANGE_HZ] = apply_hz,
    [CONFIG_CHANGE_MAXCLIENTS] = apply_maxclients,
    [CONFIG_CHANGE_PASSWORD] = apply_password,
    [CONFIG_CHANGE_TITLE] = apply_title,
    [CONFIG_CHANGE_OOM_SCORE] = server_apply_oom_score,
    [CONFIG_CHANGE_APPENDONLY] = apply_append_only,
};

bool server_apply(void *context, enum config_change change, struct buf *reason)
{
    struct server *server = context;
    apply_fn *apply = appliers[change] ? appliers[change] : apply_nothing;
    copy_settings(server);
    return apply(server, reason);
}

void server_apply_settings(struct server *server)
{
    copy_settings(server);
}

void server_apply_all(struct server *server)
{
    server->settings.active_expire = true;
    copy_settings(server);
}
