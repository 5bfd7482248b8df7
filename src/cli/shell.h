/* A line of input as the prompt and scripts on standard input understand it: the client's own
 * words (quit, help, connect, :set, ...), a repeat count, or a command for the server. */
#ifndef SKEIN_CLI_SHELL_H
#define SKEIN_CLI_SHELL_H

#include "cli/docs.h"
#include "cli/runner.h"

#include "base/words.h"

struct shell {
    struct cli_options options; /* a copy: "connect" changes it */
    char *host;                 /* owned, when "connect" named one */
    struct runner runner;
    struct words words;
    struct docs docs;
    bool has_docs;
    bool is_terminal; /* somebody types */
    bool shows_hints;
};

void shell_init(struct shell *shell, const struct cli_options *options, bool is_terminal);
void shell_deinit(struct shell *shell);
/* False when the line says to leave. */
bool shell_run_line(struct shell *shell, struct str line);
/* A line that begins with ":"; false when it is not understood. */
bool shell_set_preference(struct shell *shell, struct command_words words);
/* "127.0.0.1:6379[2](TX)> " */
void shell_write_prompt(const struct shell *shell, struct buf *out);
/* Asks the server for its documentation once per connection. */
void shell_load_docs(struct shell *shell);

#endif
