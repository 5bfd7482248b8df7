#include "cli/modes.h"

#include "cli/completion.h"
#include "cli/editor.h"
#include "cli/hint.h"
#include "cli/secrets.h"
#include "cli/shell.h"

#include <stdlib.h>

static void on_write_prompt(void *ctx, struct buf *out)
{
    shell_write_prompt(ctx, out);
}

static void on_write_hint(void *ctx, struct str line, struct buf *out)
{
    const struct shell *shell = ctx;
    if (shell->shows_hints) hint_derive_line(out, &shell->docs, line);
}

static void add_choice(void *ctx, struct str line)
{
    editor_choices_add(ctx, line);
}

static void on_complete(void *ctx, struct str line, struct editor_choices *choices)
{
    const struct shell *shell = ctx;
    completion_list(&shell->docs, line, add_choice, choices);
}

/* A file the environment names, else one in the home directory; false when neither is to be had. */
static bool find_file(struct buf *path, const char *const variables[2], const char *name)
{
    for (int i = 0; i < 2; i++) {
        const char *named = getenv(variables[i]);
        if (!named) continue;
        buf_append_c(path, named);
        return path->len > 0 && strcmp(named, "/dev/null") != 0;
    }
    const char *home = getenv("HOME");
    if (!home || !*home) return false;
    buf_printf(path, "%s/%s", home, name);
    return true;
}

static void read_preferences(struct shell *shell)
{
    static const char *const variables[2] = {"SKEINCLI_RCFILE", "REDISCLI_RCFILE"};
    struct buf path = {0};
    FILE *file = find_file(&path, variables, ".skeinclirc") ? fopen(buf_c(&path), "r") : NULL;
    buf_deinit(&path);
    if (!file) return;
    char *line = NULL;
    size_t capacity = 0;
    ssize_t len;
    struct words words = {0};
    while ((len = getline(&line, &capacity, file)) >= 0) {
        if (!words_split(&words, str_of(line, (size_t)len)) || words.count == 0) continue;
        if (words.list[0].len > 0 && words.list[0].ptr[0] == '#') continue;
        if (!shell_set_preference(shell, (struct command_words){words.list, words.count}))
            printf("The preferences hold a line that is not understood: %s", line);
    }
    words_deinit(&words);
    free(line);
    fclose(file);
}

static void converse(struct shell *shell, struct editor *editor)
{
    struct str line;
    for (;;) {
        shell_load_docs(shell);
        if (!editor_read(editor, &line)) {
            putchar('\n');
            return;
        }
        if (str_trim(line).len > 0 && !secrets_in_line(line)) editor_remember(editor, line);
        if (!shell_run_line(shell, line)) return;
    }
}

int mode_prompt(const struct cli_options *options)
{
    static const char *const variables[2] = {"SKEINCLI_HISTFILE", "REDISCLI_HISTFILE"};
    struct shell shell;
    shell_init(&shell, options, true);
    read_preferences(&shell);
    if (cli_session_connect(&shell.runner.session) < 0)
        cli_session_print_failure(&shell.runner.session);
    struct buf path = {0};
    bool keeps_history = find_file(&path, variables, ".skeincli_history");
    struct editor_hooks hooks = {&shell, on_write_prompt, on_write_hint, on_complete};
    struct editor *editor = editor_new(&hooks, keeps_history ? buf_c(&path) : NULL);
    converse(&shell, editor);
    editor_free(editor);
    buf_deinit(&path);
    shell_deinit(&shell);
    return 0;
}
