/* Commands after which the server talks for ever: MONITOR, the subscriptions, SYNC and PSYNC. */
#ifndef SKEIN_CLI_STREAM_MODE_H
#define SKEIN_CLI_STREAM_MODE_H

#include "cli/runner.h"

struct stream_mode {
    const char *command;
    int (*follow)(struct runner *
                      runner); /* the command was sent; returns when the stream ends, 0 or -errno */
};

const struct stream_mode *stream_mode_find(struct command_words words);

#endif
