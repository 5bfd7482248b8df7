/* Runs the commands of the user: sends them, prints their replies in the chosen form, and
 * follows those that answer for ever (MONITOR, SUBSCRIBE). */
#ifndef SKEIN_CLI_RUNNER_H
#define SKEIN_CLI_RUNNER_H

#include "cli/format.h"
#include "cli/session.h"

struct runner {
    struct cli_session session;
    struct format format;
    struct buf out;
    bool is_interactive; /* a lost connection is opened again, and only then reported */
    bool exits_on_error; /* an error reply goes to stderr and ends the program with status 1 */
};

void runner_init(struct runner *runner, const struct cli_options *options);
void runner_deinit(struct runner *runner);
/* Runs the command so many times (-1: for ever) with the pause the options ask for. False: the
 * server could not be reached, which has been reported. */
bool runner_repeat(struct runner *runner, struct command_words words, int64_t times);

/* Prints one reply in the chosen form, or without quotes. */
void runner_print(struct runner *runner, const struct reply_node *reply, bool as_text);
/* True for commands whose reply is a text to read. */
bool runner_reply_is_text(struct command_words words);

#endif
