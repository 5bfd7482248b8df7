#include "server/replication.h"

#include "base/mem.h"
#include "io/entropy.h"
#include "server/server.h"

#include <stdlib.h>

enum { MS_PER_S = 1000, US_PER_S = 1000 * 1000 };

bool replication_is_replica(const struct server *server)
{
    return master_link_is_on(&server->replication.link);
}

const struct lineage *replication_lineage(struct server *server)
{
    struct replication *replication = &server->replication;
    replication->lineage.offset = server->journal.end;
    return &replication->lineage;
}

static struct repl_id new_id(void)
{
    unsigned char random[20];
    entropy_fill(random, sizeof(random));
    return repl_id_make(random);
}

void replication_change_id(struct server *server)
{
    replication_lineage(server);
    int64_t offset = server->journal.end;
    lineage_adopt(&server->replication.lineage, new_id(), offset);
    append_file_note_lineage(server);
}

/* --- hooks of both sides --- */

static void write_log(void *owner, bool is_warning, const char *text)
{
    struct server *server = owner;
    log_write(server->log, is_warning ? LEVEL_WARNING : LEVEL_NOTICE, "%s", text);
}

/* --- the master's side --- */

static struct frozen_store *freeze_nothing(struct server *server)
{
    struct replication *replication = &server->replication;
    if (replication->nothing == NULL) replication->nothing = persistence_new_store(server);
    return store_freeze(replication->nothing);
}

static void freeze(void *owner, struct full_sync_order *order)
{
    struct server *server = owner;
    struct replication *replication = &server->replication;
    snapshot_head_deinit(&replication->head);
    replication->head = persistence_head(server);
    order->options = replication->head.options;
    order->key_delay_us = server->config.snapshot.key_save_delay_us;
    /* A replica cannot put a SELECT into the stream: its followers are told the database. */
    if (!replication_is_replica(server)) journal_forget_db(&server->journal);
    if (order->filter & REPLCONF_WITHOUT_FUNCTIONS) order->options.library_count = 0;
    order->frozen = order->filter & REPLCONF_WITHOUT_DATA ? freeze_nothing(server)
                                                          : store_freeze(server->store);
}

static bool running_save(void *owner, struct sync_save *save)
{
    struct server *server = owner;
    *save = server->persistence.place;
    return server->persistence.save != NULL;
}

/* Of a file that is in doubt nothing is served. */
static void list_increments(void *owner, struct increment_files *files)
{
    struct server *server = owner;
    const struct aof *aof = &server->append_file.aof;
    if (!server->append_file.is_made || aof->phase != AOF_ON || aof->sync_error) return;
    struct buf path = {0};
    for (size_t i = 0; i < aof->manifest.count; i++) {
        const struct manifest_file *file = &aof->manifest.files[i];
        if (!str_ends_with(str_from_c(file->name), STR(".incr.aof"))) continue;
        buf_clear(&path);
        aof_path(aof, file->name, &path);
        increment_files_add(files, buf_c(&path));
    }
    files->end = aof->writer.cursor.offset;
    buf_deinit(&path);
}

/* What was written while nobody listened has no place in the stream: another history begins. */
void replication_want_journal(struct server *server)
{
    bool is_gap = server->journal_readers == 0;
    if (is_gap && !replication_is_replica(server)) {
        journal_reset(&server->journal, server->journal.end);
        replication_change_id(server);
    }
    server_want_journal(server, JOURNAL_FOR_REPLICAS, true);
}

/* Who is a replica may go on where it was. Who is a master takes a new id, and whoever followed it
 * under the old one may go on too: from here on nothing is written that the journal has not. */
void replication_take_up(struct server *server, const struct replication_place *place,
                         const char *from)
{
    struct replication *replication = &server->replication;
    struct repl_id fresh = replication->lineage.id;
    struct lineage_found found = {.offset = place->offset,
                                  .ancestors = place->ancestors,
                                  .ancestor_count = place->ancestor_count};
    const char *master = server->config.repl.master.host;
    bool is_replica = master && master[0];
    if (place->offset < 0 || !repl_id_parse(str_from_c(place->id), &found.id)) return;
    if (server->journal.end != place->offset) journal_reset(&server->journal, place->offset);
    lineage_restart(&replication->lineage, &found, is_replica, fresh);
    if (is_replica && place->db >= 0 && place->db < server->store->db_count) {
        replication->link.session.db = place->db;
        journal_note_db(&server->journal, place->db);
    }
    replication->link.has_history = is_replica;
    replication->feeds.idle_since_ms = loop_now_us(server->loop) / MS_PER_S;
    server_want_journal(server, JOURNAL_FOR_REPLICAS, true);
    log_write(server->log, LEVEL_NOTICE, "The %s ends at offset %lld of history %s", from,
              (long long)place->offset, place->id);
}

/* After repl-backlog-ttl without replicas nobody keeps anything for them. */
static void forget_backlog(struct server *server)
{
    struct feeds *feeds = &server->replication.feeds;
    int64_t ttl_ms = server->config.repl.backlog_ttl_s * MS_PER_S;
    int64_t now_ms = loop_now_us(server->loop) / MS_PER_S;
    bool is_kept = feeds->listed || replication_is_replica(server) || ttl_ms == 0;
    if (is_kept || now_ms - feeds->idle_since_ms < ttl_ms) return;
    server_want_journal(server, JOURNAL_FOR_REPLICAS, false);
}

/* --- the replica's side --- */

static int announced_port(struct server *server)
{
    const struct config *config = &server->config;
    if (config->repl.announce_port) return config->repl.announce_port;
    return config->tls.replication && config->tls.port ? config->tls.port : config->net.port;
}

/* Whose certificate the master must show, and how strictly that is asked. */
static void describe_tls(const struct server *server, struct connect_options *options)
{
    static const enum connect_name_check checks[] = {
        [CONFIG_TLS_NAME_NO] = CONNECT_NAME_UNCHECKED,
        [CONFIG_TLS_NAME_AUTO] = CONNECT_NAME_IF_ANY,
        [CONFIG_TLS_NAME_YES] = CONNECT_NAME_CHECKED,
    };
    const struct config_tls *config = &server->config.tls;
    bool has_name = config->replication_name && config->replication_name[0];
    options->tls = server->sockets.tls_master;
    options->sni = has_name ? config->replication_name : options->host;
    options->name_check = checks[config->replication_verify_name];
}

static void describe_attempt(void *owner, struct handshake_settings *settings,
                             struct connect_options *options)
{
    struct server *server = owner;
    const struct config_repl *config = &server->config.repl;
    settings->user = str_from_c(config->masteruser);
    settings->password = buf_str(&config->masterauth);
    settings->ip = str_from_c(config->announce_ip);
    settings->port = announced_port(server);
    settings->failover = server->replication.failover.state == FAILOVER_HANDING_OVER;
    /* Who takes over follows us until it is asked: that is no loop. */
    if (!settings->failover) settings->node = server->replication.node;
    const char *source = server->config.net.bind_source_addr;
    if (source && source[0]) options->source = source;
    if (server->config.tls.replication) describe_tls(server, options);
}

static struct store *prepare_load(void *owner, struct rdb_read_options *options)
{
    struct server *server = owner;
    *options = persistence_read_options(server, &server->replication.limits);
    server->replication.link.key_delay_us = server->config.snapshot.key_load_delay_us;
    return persistence_new_store(server);
}

static uint64_t count_keys(void *owner)
{
    struct server *server = owner;
    uint64_t keys = 0;
    for (int i = 0; i < server->store->db_count; i++) keys += server->store->dbs[i].table.len;
    return keys;
}

static bool adopt(void *owner, struct store *store, const struct receive_result *result)
{
    struct server *server = owner;
    struct load_result load = {.done = true,
                               .read = result->read,
                               .libraries = result->libraries,
                               .library_count = result->library_count};
    if (!persistence_load_libraries(server, &load, false)) return false;
    persistence_adopt(server, store);
    server->replication.local_changes = 0;
    return true;
}

static void on_history_changed(void *owner, bool replaced)
{
    struct server *server = owner;
    feeds_cut_all(&server->replication.feeds);
    if (replaced)
        append_file_restart(server);
    else
        append_file_note_lineage(server);
}

/* The stream of a master is a client of its own. */
static void on_state_changed(void *owner)
{
    struct server *server = owner;
    struct master_link *link = &server->replication.link;
    if (link->state == LINK_UP) link->session.id = server->clients.next_id++;
    replication_apply(server);
}

static int64_t fsynced_offset(void *owner)
{
    const struct server *server = owner;
    return aof_synced_offset(&server->append_file.aof);
}

/* Once a second: a stream can fail with every request. */
static void tell_of_failure(struct server *server, struct str error, struct str command)
{
    struct replication *replication = &server->replication;
    int64_t now_us = loop_now_us(server->loop);
    if (replication->told_failure_us && now_us - replication->told_failure_us < US_PER_S) return;
    replication->told_failure_us = now_us;
    log_write(server->log, LEVEL_WARNING,
              "== CRITICAL == This replica is sending an error to its master: '%.*s' after "
              "processing the command '%.*s'",
              STR_ARG(str_first(error, 256)), STR_ARG(str_first(command, 64)));
}

static void on_failed(void *owner, struct str error, struct str command)
{
    struct server *server = owner;
    const struct config_repl *config = &server->config.repl;
    server->replication.link.errors++;
    tell_of_failure(server, error, command);
    if (config->propagation_error_behavior == CONFIG_PROPAGATION_IGNORE || !config->read_only)
        return;
    log_write(server->log, LEVEL_WARNING,
              "This replica panicked sending an error to its master after processing the command "
              "'%.*s'",
              STR_ARG(str_first(command, 64)));
    abort();
}

static void pass_on(void *owner, struct str bytes)
{
    struct server *server = owner;
    feeds_send_ahead(&server->replication.feeds, bytes);
}

static void on_passed_on(void *owner)
{
    struct server *server = owner;
    feeds_settle_ahead(&server->replication.feeds);
}

static void on_handed_over(void *owner, bool accepted)
{
    failover_answered(owner, accepted);
}

/* --- orders --- */

void replication_follow(struct server *server, struct str host, int port, const char *by)
{
    struct replication *replication = &server->replication;
    struct master_link *link = &replication->link;
    bool was_master = !replication_is_replica(server);
    if (was_master) {
        /* What we wrote is history that a master may share, if all of it is in the stream. */
        link->has_history = server->journal_readers != 0;
        link->quiet = feeds_quiet(&replication->feeds);
        /* Else the name of our history must not be the one under which there was less. */
        replication_want_journal(server);
        server_refuse_blocked(server);
    }
    replication_lineage(server);
    feeds_cut_all(&replication->feeds);
    config_set_master(&server->config, host, port);
    master_link_follow(link, host, port, by != NULL);
    replication_apply(server);
    log_write(server->log, LEVEL_NOTICE, "REPLICAOF %.*s:%d enabled (%s)", STR_ARG(host), port,
              by ? by : "from the configuration");
}

void replication_promote(struct server *server, const char *by)
{
    struct replication *replication = &server->replication;
    if (!replication_is_replica(server)) return;
    master_link_leave(&replication->link);
    config_set_master(&server->config, STR(""), 0);
    replication_lineage(server);
    if (replication->local_changes) {
        /* Nobody has our data: who shares our offset does not share it. */
        lineage_adopt(&replication->lineage, new_id(), server->journal.end);
        replication->local_changes = 0;
    } else {
        lineage_promote(&replication->lineage, new_id());
    }
    append_file_note_lineage(server);
    journal_forget_db(&server->journal);
    feeds_cut_all(&replication->feeds);
    server_want_journal(server, JOURNAL_FOR_REPLICAS, true);
    replication->feeds.idle_since_ms = loop_now_us(server->loop) / MS_PER_S;
    replication_apply(server);
    log_write(server->log, LEVEL_NOTICE, "MASTER MODE enabled (%s)", by);
}

void replication_open(struct server *server)
{
    const struct config_master *master = &server->config.repl.master;
    if (master->host == NULL || master->host[0] == '\0') return;
    struct buf host = {0};
    buf_append_c(&host, master->host);
    replication_follow(server, buf_str(&host), master->port, NULL);
    buf_deinit(&host);
}

/* --- what follows from the role --- */

static void set_gate(struct server *server, uint32_t gate, bool closed)
{
    if (closed)
        server->executor.state |= gate;
    else
        server->executor.state &= ~gate;
}

static void update_few_replicas(struct server *server)
{
    const struct config_repl *config = &server->config.repl;
    int64_t min = config->min_replicas_to_write, lag_s = config->min_replicas_max_lag_s;
    bool too_few = false;
    if (min > 0 && lag_s > 0 && !replication_is_replica(server)) {
        size_t good = feeds_count_good(&server->replication.feeds, lag_s);
        too_few = progress_too_few(good, min, lag_s);
    }
    set_gate(server, GATE_FEW_REPLICAS, too_few);
}

static void copy_settings(struct server *server)
{
    const struct config_repl *config = &server->config.repl;
    struct feeds *feeds = &server->replication.feeds;
    feeds->timeout_ms = (int64_t)config->timeout_s * MS_PER_S;
    feeds->ping_period_ms = (int64_t)config->ping_replica_period_s * MS_PER_S;
    feeds->plan = (struct sync_settings){
        .to_socket = config->diskless_sync,
        .delay_ms = (int64_t)config->diskless_sync_delay_s * MS_PER_S,
        .max_replicas = (size_t)config->diskless_sync_max_replicas,
        .running_max = 1,
    };
    server->replication.link.timeout_ms = feeds->timeout_ms;
    server->replication.link.guards_empty_master = config->guard_empty_master;
    server->replication.link.needs_disk = !config->ignore_disk_write_errors;
    feeds->collects_packets = config->disable_tcp_nodelay;
    server->replication.link.max_snapshot =
        config->max_rdb_size ? (uint64_t)config->max_rdb_size : INT64_MAX;
    feeds->sync_bytes_per_s = config->sync_max_rate;
    feeds->memory_bytes = config->journal_memory;
}

void replication_apply(struct server *server)
{
    const struct config_repl *config = &server->config.repl;
    const struct master_link *link = &server->replication.link;
    bool is_replica = replication_is_replica(server);
    if (link->loop == NULL) return;
    copy_settings(server);
    server->settings.is_replica = is_replica;
    server->host.effects_wanted = server->journal_readers != 0 && !is_replica;
    set_gate(server, GATE_READ_ONLY, is_replica && config->read_only);
    set_gate(server, GATE_STALE, is_replica && link->state != LINK_UP && !config->serve_stale_data);
    update_few_replicas(server);
    log_set_role(server->log, is_replica ? 'S' : 'M');
    struct buf reason = {0};
    if (!server_apply_oom_score(server, &reason)) {
        log_write(server->log, LEVEL_WARNING, "%s", buf_c(&reason));
    }
    buf_deinit(&reason);
}

/* True when our disk has more or less than WAITAOF was told last. */
static bool note_disk(struct server *server)
{
    struct gate *gate = &server->replication.feeds.gate;
    int64_t fsynced = aof_synced_offset(&server->append_file.aof);
    if (fsynced == gate->fsynced) return false;
    gate_set_local(gate, fsynced);
    master_link_on_fsync(&server->replication.link);
    return true;
}

void replication_serve_waits(struct server *server)
{
    struct feeds *feeds = &server->replication.feeds;
    bool changed = note_disk(server);
    if (!changed && !feeds->acks_changed) return;
    if (feeds->acks_changed) feeds_collect_acks(feeds);
    update_few_replicas(server);
    wait_serve(server);
    failover_check_acks(server);
    server_check_shutdown(server);
}

void replication_before_sleep(struct server *server)
{
    feeds_before_sleep(&server->replication.feeds);
}

void replication_cron(struct server *server)
{
    /* Whoever waits for replicas adds nothing to what they must have. */
    bool speaks = !replication_is_replica(server) &&
                  server->replication.failover.state == FAILOVER_NONE &&
                  server_shutdown_in_ms(server) < 0;
    feeds_cron(&server->replication.feeds, speaks);
    failover_cron(server);
    forget_backlog(server);
    update_few_replicas(server);
    server_check_shutdown(server);
}

void replication_report(struct server *server)
{
    feeds_tell_progress(&server->replication.feeds);
    master_link_report(&server->replication.link);
}

/* --- life --- */

void replication_init(struct server *server)
{
    struct replication *replication = &server->replication;
    struct feeds *feeds = &replication->feeds;
    struct master_link *link = &replication->link;
    repl_id_parse(str_from_c(server->run_id), &replication->node);
    lineage_begin(&replication->lineage, new_id());
    feeds_init(feeds, &server->clients);
    feeds->workers = server->workers;
    feeds->lane = LANE_FEED;
    feeds->disk_lane = LANE_SPOOL;
    feeds->journal = &server->journal;
    feeds->spool.pool = server->workers;
    feeds->spool.lane = LANE_SPOOL;
    feeds->spool.journal = &server->journal;
    feeds->spool.directory = &server->config.process.dir;
    feeds->lineage = &replication->lineage;
    feeds->hooks = (struct feeds_hooks){server, freeze, write_log, running_save, list_increments};
    master_link_init(link, server->loop);
    link->workers = server->workers;
    link->lane = LANE_FOLLOW;
    link->executor = &server->executor;
    link->journal = &server->journal;
    link->lineage = &replication->lineage;
    link->hooks = (struct master_link_hooks){
        .owner = server,
        .settings = describe_attempt,
        .prepare = prepare_load,
        .count_keys = count_keys,
        .adopt = adopt,
        .history_changed = on_history_changed,
        .state_changed = on_state_changed,
        .handed_over = on_handed_over,
        .fsynced = fsynced_offset,
        .pass_on = pass_on,
        .passed_on = on_passed_on,
        .failed = on_failed,
        .log = write_log,
    };
}

void replication_stop(struct server *server)
{
    struct replication *replication = &server->replication;
    master_link_leave(&replication->link);
    feeds_stop(&replication->feeds);
    worker_drain(server->workers, LANE_FEED);
    worker_drain(server->workers, LANE_FOLLOW);
    worker_drain(server->workers, LANE_SPOOL);
}

void replication_deinit(struct server *server)
{
    struct replication *replication = &server->replication;
    master_link_deinit(&replication->link);
    feeds_deinit(&replication->feeds);
    snapshot_head_deinit(&replication->head);
    if (replication->nothing) store_free(replication->nothing);
    buf_deinit(&replication->bind);
}
