/* From a configuration to a server that accepts: log, daemon, limits, sockets, readiness; and the
 * way back. */
#include "server/server.h"

#include "base/mem.h"
#include "io/crash.h"
#include "io/process.h"
#include "io/supervise.h"

static bool fail(struct server *server, struct buf *why)
{
    log_write(server->log, LEVEL_WARNING, "%s", buf_c(why));
    buf_deinit(why);
    return false;
}

static const char *pidfile_of(const struct config *config)
{
    if (config->process.pidfile[0]) return config->process.pidfile;
    return config->process.daemonize ? "/var/run/skein.pid" : NULL;
}

static void log_options_without_effect(struct server *server)
{
    size_t index = 0;
    const struct config_option *option;
    while ((option = config_next_without_effect(&server->config, &index))) {
        log_write(server->log, LEVEL_WARNING, "The option '%s' is accepted but has no effect: %s",
                  option->name, option->not_yet);
    }
}

static void log_start(struct server *server)
{
    log_write(server->log, LEVEL_NOTICE, "Skein %s starts, compatible with Redis %s", SKEIN_VERSION,
              SKEIN_REDIS_VERSION);
    if (server->config.file[0]) {
        log_write(server->log, LEVEL_NOTICE, "Configuration loaded from %s", server->config.file);
    } else {
        log_write(server->log, LEVEL_NOTICE, "No configuration file given, using the defaults");
    }
    log_options_without_effect(server);
}

/* Fewer descriptors than asked for are reason to serve fewer clients, not to refuse to start. */
static void fit_maxclients(struct server *server)
{
    struct buf reason = {0};
    if (!server_apply(server, CONFIG_CHANGE_MAXCLIENTS, &reason)) {
        uint64_t limit = server->open_files_max;
        server->config.clients.maxclients = limit > 33 ? (unsigned)(limit - 32) : 1;
        log_write(server->log, LEVEL_WARNING,
                  "The limit of %llu open files allows %u clients; maxclients was lowered to that",
                  (unsigned long long)limit, server->config.clients.maxclients);
    }
    buf_deinit(&reason);
}

static bool apply_or_fail(struct server *server, enum config_change change)
{
    struct buf reason = {0};
    if (server_apply(server, change, &reason)) {
        buf_deinit(&reason);
        return true;
    }
    return fail(server, &reason);
}

static bool enter_directory(struct server *server)
{
    struct buf reason = {0}, why = {0};
    if (server_apply(server, CONFIG_CHANGE_DIR, &reason)) return true;
    buf_printf(&why, "Can't chdir to '%s': %s", server->config.process.dir, buf_c(&reason));
    buf_deinit(&reason);
    return fail(server, &why);
}

/* What the system will not let us say about ourselves is no reason not to serve. */
static void introduce_process(struct server *server)
{
    struct buf reason = {0};
    server_apply_title(server);
    if (!server_apply_oom_score(server, &reason)) {
        log_write(server->log, LEVEL_WARNING, "%s", buf_c(&reason));
    }
    buf_deinit(&reason);
}

static void write_pidfile(struct server *server)
{
    const char *path = pidfile_of(&server->config);
    if (path == NULL) return;
    int error = process_write_pidfile(path);
    if (error) {
        log_write(server->log, LEVEL_WARNING, "Cannot write the pid file %s: %s", path,
                  strerror(-error));
    }
}

/* Scripts wait for these words of Redis before they look for the server. */
static void log_listening(struct server *server)
{
    const struct config *config = &server->config;
    log_write(server->log, LEVEL_NOTICE, "Running mode=standalone, port=%d. PID: %ld",
              config->net.port ? config->net.port : config->tls.port, process_id());
    log_write(server->log, LEVEL_NOTICE, "Server initialized");
}

static void log_sockets(struct server *server)
{
    const struct server_sockets *sockets = &server->sockets;
    if (sockets->tcp) {
        log_write(server->log, LEVEL_NOTICE, "Ready to accept connections on port %d",
                  listener_port(sockets->tcp));
    }
    if (sockets->tls) {
        log_write(server->log, LEVEL_NOTICE, "Ready to accept TLS connections on port %d",
                  listener_port(sockets->tls));
    }
    if (sockets->unix_socket) {
        log_write(server->log, LEVEL_NOTICE, "Ready to accept connections at %s",
                  server->config.net.unixsocket);
    }
}

static void tell_supervisor(struct server *server)
{
    static const enum supervise_mode modes[] = {
        [CONFIG_SUPERVISED_NO] = SUPERVISE_NO,
        [CONFIG_SUPERVISED_AUTO] = SUPERVISE_AUTO,
        [CONFIG_SUPERVISED_SYSTEMD] = SUPERVISE_SYSTEMD,
        [CONFIG_SUPERVISED_UPSTART] = SUPERVISE_UPSTART,
    };
    enum supervise_mode mode = supervise_detect(modes[server->config.process.supervised]);
    server->supervisor = mode;
    if (mode == SUPERVISE_SYSTEMD) {
        supervise_notify("STATUS=Ready to accept connections\nREADY=1\n");
    } else if (mode == SUPERVISE_UPSTART) {
        supervise_stop_for_upstart();
    }
}

static void install_crash_report(struct server *server)
{
    if (!server->config.process.crash_log_enabled) return;
    crash_install(&(struct crash_options){.program = "skein " SKEIN_VERSION,
                                          .log = server->log,
                                          .extra = server_crash_facts,
                                          .ctx = server});
}

/* The data is there, or it is not and nothing may pretend it is. */
static void on_data(struct server *server, bool done)
{
    if (!done) {
        if (!server->config.aof.enabled) {
            log_write(server->log, LEVEL_WARNING,
                      "Fatal error loading the DB: the server does not start without the data it "
                      "was given. skein-check-rdb tells more about damaged files");
        }
        server_stop(server, 1);
        return;
    }
    replication_open(server);
    log_sockets(server);
    tell_supervisor(server);
}

static bool listens_nowhere(const struct server *server)
{
    const struct server_sockets *sockets = &server->sockets;
    bool has_port = (sockets->tcp || sockets->tls) && server->config.net.bind.count;
    return !has_port && !sockets->unix_socket;
}

bool server_open(struct server *server)
{
    struct buf why = {0};
    if (!apply_or_fail(server, CONFIG_CHANGE_LOG)) return false;
    log_start(server);
    install_crash_report(server);
    if (!enter_directory(server)) return false;
    if (!server_load_users(server, &why)) return fail(server, &why);
    fit_maxclients(server);
    write_pidfile(server);
    introduce_process(server);
    if (!server_load_tls(server, &why) || !server_listen(server, &why)) return fail(server, &why);
    if (listens_nowhere(server)) {
        buf_append_c(&why, "Configured to listen nowhere: set port, tls-port or unixsocket");
        return fail(server, &why);
    }
    log_listening(server);
    persistence_open(server);
    append_file_open(server);
    append_file_load_begin(server, on_data);
    return true;
}

void server_close(struct server *server)
{
    const char *path = pidfile_of(&server->config);
    supervise_notify("STOPPING=1\n");
    if (path) process_remove_pidfile(path);
}
