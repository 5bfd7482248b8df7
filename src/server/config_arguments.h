/* The command line of skein-server, understood as redis-server understands its own.
 *
 *   skein-server [file] [--option value ...] ... [-]
 *
 * "-" at the end reads more directives from standard input. Options override the file. An option
 * may have several values, or stand in one argument with them ("--port 7000" quoted as a whole),
 * and its first value may itself begin with "--". `--save` without a value means `save ""`. */
#ifndef SKEIN_SERVER_CONFIG_ARGUMENTS_H
#define SKEIN_SERVER_CONFIG_ARGUMENTS_H

#include "server/config_file.h"

enum config_start {
    CONFIG_START_SERVER,
    CONFIG_START_VERSION,
    CONFIG_START_HELP,
    CONFIG_START_TEST_MEMORY,
    CONFIG_START_CHECK_SYSTEM,
    CONFIG_START_SENTINEL, /* asked for, not there yet */
};

struct config_arguments {
    enum config_start start;
    const char *file; /* borrowed from argv; NULL without one */
    bool from_stdin;
    int64_t test_megabytes; /* of --test-memory; 0: missing or wrong */
    struct buf options;     /* the options as lines of a configuration file */
};

void config_arguments_init(struct config_arguments *arguments, int argc, char **argv);
void config_arguments_deinit(struct config_arguments *arguments);

/* Reads the file, `input` (what came from standard input) and the options, in this order. */
bool config_load_arguments(struct config_load *load, const struct config_arguments *arguments,
                           struct str input);

/* Usage and examples. */
void config_help_write(const char *program, struct buf *out);

#endif
