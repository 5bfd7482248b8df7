#include "cli/modes.h"

#include "cli/shell.h"

#include <stdlib.h>

int mode_script(const struct cli_options *options)
{
    struct shell shell;
    shell_init(&shell, options, false);
    if (cli_session_connect(&shell.runner.session) < 0)
        cli_session_print_failure(&shell.runner.session);
    char *line = NULL;
    size_t capacity = 0;
    ssize_t len;
    while ((len = getline(&line, &capacity, stdin)) >= 0) {
        if (len > 0 && line[len - 1] == '\n') len--;
        if (!shell_run_line(&shell, str_of(line, (size_t)len))) break;
    }
    free(line);
    shell_deinit(&shell);
    return 0;
}
