#include "cli/modes.h"

#include "base/mem.h"
#include "cli/terminal.h"
#include "cli/version.h"

#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static int mode_help(const struct cli_options *options)
{
    (void)options;
    options_print_help(stdout);
    return 0;
}

static int mode_version(const struct cli_options *options)
{
    (void)options;
    puts("skein-cli " CLI_VERSION);
    return 0;
}

static int mode_cluster(const struct cli_options *options)
{
    (void)options;
    fputs("--cluster manages Redis Cluster, which this product does not have.\n", stderr);
    return 1;
}

static int (*const MODES[])(const struct cli_options *options) = {
    [MODE_COMMAND] = mode_command,
    [MODE_EVAL] = mode_eval,
    [MODE_LATENCY] = mode_latency,
    [MODE_LATENCY_HISTORY] = mode_latency_history,
    [MODE_LATENCY_DIST] = mode_latency_dist,
    [MODE_LRU_TEST] = mode_lru_test,
    [MODE_REPLICA] = mode_replica,
    [MODE_RDB] = mode_rdb,
    [MODE_FUNCTIONS_RDB] = mode_functions_rdb,
    [MODE_PIPE] = mode_pipe,
    [MODE_BIGKEYS] = mode_bigkeys,
    [MODE_MEMKEYS] = mode_memkeys,
    [MODE_HOTKEYS] = mode_hotkeys,
    [MODE_STAT] = mode_stat,
    [MODE_SCAN] = mode_scan,
    [MODE_INTRINSIC_LATENCY] = mode_intrinsic_latency,
    [MODE_CLUSTER] = mode_cluster,
    [MODE_HELP] = mode_help,
    [MODE_VERSION] = mode_version,
};

static void ask_password(struct cli_options *options)
{
    if (!options->ask_password || options->mode >= MODE_CLUSTER) return;
    struct buf password = {0};
    if (!terminal_read_secret("Please input password: ", &password)) {
        buf_deinit(&password);
        fputs("No password was given.\n", stderr);
        exit(1);
    }
    options->password = options_own(options, mem_strndup(buf_c(&password), password.len));
    options->password_on_command_line = false;
    buf_deinit(&password);
}

static int run(struct cli_options *options)
{
    if (options->debug_script) {
        fputs("The script debugger (--ldb) is not offered; run the script with --eval alone.\n",
              stderr);
        return 1;
    }
    ask_password(options);
    if (options->password_on_command_line && !options->no_auth_warning &&
        options->mode < MODE_CLUSTER)
        fputs("Warning: a password on the command line can be seen by others; "
              "SKEINCLI_AUTH or --askpass are safer.\n",
              stderr);
    return MODES[options->mode](options);
}

int cli_main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "");
    signal(SIGPIPE, SIG_IGN);
    const char *auth = getenv("SKEINCLI_AUTH");
    struct cli_environment environment = {
        .auth = auth ? auth : getenv("REDISCLI_AUTH"),
        .is_terminal = isatty(STDOUT_FILENO) || getenv("FAKETTY"),
    };
    struct cli_options options;
    struct buf why = {0};
    int status = 1;
    if (options_parse(&options, argc, argv, &environment, &why))
        status = run(&options);
    else
        fprintf(stderr, "%s\n", buf_c(&why));
    options_deinit(&options);
    buf_deinit(&why);
    return status;
}
