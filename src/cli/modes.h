/* The things skein-cli does instead of running commands, one function each. All return the exit
 * status. */
#ifndef SKEIN_CLI_MODES_H
#define SKEIN_CLI_MODES_H

#include "cli/options.h"
#include "cli/session.h"

int mode_command(const struct cli_options *options);
int mode_eval(const struct cli_options *options);
int mode_prompt(const struct cli_options *options);
int mode_script(
    const struct cli_options *options); /* commands from a standard input that is no terminal */
int mode_latency(const struct cli_options *options);
int mode_latency_history(const struct cli_options *options);
int mode_latency_dist(const struct cli_options *options);
int mode_lru_test(const struct cli_options *options);
int mode_replica(const struct cli_options *options);
int mode_rdb(const struct cli_options *options);
int mode_functions_rdb(const struct cli_options *options);
int mode_pipe(const struct cli_options *options);
int mode_bigkeys(const struct cli_options *options);
int mode_memkeys(const struct cli_options *options);
int mode_hotkeys(const struct cli_options *options);
int mode_stat(const struct cli_options *options);
int mode_scan(const struct cli_options *options);
int mode_intrinsic_latency(const struct cli_options *options);

/* Parses the arguments and runs the mode they choose. */
int cli_main(int argc, char **argv);

#endif
