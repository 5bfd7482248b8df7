/* skein-server: arguments -> configuration -> server. */
#include "base/mem.h"
#include "io/process.h"
#include "io/signals.h"
#include "server/config_arguments.h"
#include "server/config_reader.h"
#include "server/server.h"

#include <stdio.h>

static int show_version(void)
{
    printf("Skein server v=%s redis=%s malloc=%s bits=%zu\n", SKEIN_VERSION, SKEIN_REDIS_VERSION,
           mem_allocator_name(), sizeof(void *) * 8);
    return 0;
}

static int show_help(const char *program)
{
    struct buf text = {0};
    config_help_write(program, &text);
    fputs(buf_c(&text), stdout);
    buf_deinit(&text);
    return 0;
}

/* Fills *config from file, standard input and options; says what is wrong otherwise. */
static bool load_config(struct config *config, const struct config_arguments *arguments)
{
    struct config_error error = {0};
    struct config_load load;
    struct buf input = {0}, message = {0}, resolved = {0};
    config_init(config);
    config_load_init(&load, config, &config_reader_files, &error);
    bool ok = !arguments->from_stdin || config_read_stdin(&input, &error.reason);
    ok = ok && config_load_arguments(&load, arguments, buf_str(&input));
    if (ok && arguments->file) {
        config_file_resolve(arguments->file, &resolved);
        config_set_text(&config->file, buf_str(&resolved));
    }
    if (!ok) {
        config_error_write(&error, SKEIN_VERSION, &message);
        fputs(buf_c(&message), stderr);
    }
    config_load_deinit(&load);
    config_error_deinit(&error);
    buf_deinit(&input);
    buf_deinit(&message);
    buf_deinit(&resolved);
    return ok;
}

static int serve(struct config *config, struct process_title *title, const char *program)
{
    if (config->process.daemonize && process_daemonize() != 0) {
        fputs("Cannot become a daemon\n", stderr);
        return 1;
    }
    if (config->process.disable_thp) process_refuse_huge_pages();
    struct server *server = mem_new(struct server);
    server_init(server, config);
    server->title = title;
    server->program = program;
    struct signals *signals = signals_new(server->loop, server_on_signal, server);
    server->signals = signals;
    int exit_code = 1;
    if (server_open(server)) {
        exit_code = server_run(server);
        server_close(server);
    }
    signals_free(signals);
    server_deinit(server);
    mem_free(server);
    return exit_code;
}

int main(int argc, char **argv)
{
    struct config_arguments arguments;
    struct config config;
    struct process_title *title = process_title_new(argc, argv);
    config_arguments_init(&arguments, argc, argv);
    int exit_code = 1;
    switch (arguments.start) {
    case CONFIG_START_VERSION:
        exit_code = show_version();
        break;
    case CONFIG_START_HELP:
        exit_code = show_help(argv[0]);
        break;
    case CONFIG_START_TEST_MEMORY:
        fputs("The memory test is not part of Skein; memtester does it better\n", stderr);
        break;
    case CONFIG_START_CHECK_SYSTEM:
        fputs("Nothing to check: Skein does not fork\n", stdout);
        exit_code = 0;
        break;
    case CONFIG_START_SENTINEL:
        fputs("Sentinel mode is not there yet; use redis-sentinel, which works with Skein\n",
              stderr);
        break;
    case CONFIG_START_SERVER:
        if (load_config(&config, &arguments))
            exit_code = serve(&config, title, argv[0]);
        else
            config_deinit(&config);
        break;
    }
    config_arguments_deinit(&arguments);
    process_title_free(title);
    return exit_code;
}
