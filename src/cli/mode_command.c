#include "cli/modes.h"

#include "base/mem.h"
#include "base/num.h"
#include "cli/help.h"
#include "cli/runner.h"
#include "cli/terminal.h"

#include <unistd.h>

/* Puts standard input where the options say; false when the tag is not among the words. */
static bool place_input(const struct cli_options *options, struct command_words *words,
                        struct str *list, struct buf *input)
{
    if (!options->last_word_from_stdin && !options->stdin_tag) return true;
    terminal_read_input(input);
    struct str bytes = str_of(input->ptr ? input->ptr : "", input->len);
    if (!options->stdin_tag) {
        list[words->count++] = bytes;
        return true;
    }
    for (size_t i = 0; i < words->count; i++) {
        if (!str_eq(list[i], str_from_c(options->stdin_tag))) continue;
        list[i] = bytes;
        return true;
    }
    fputs("The tag given with -X is not among the command's words.\n", stderr);
    return false;
}

static bool run_words(const struct cli_options *options, struct command_words words)
{
    struct runner runner;
    runner_init(&runner, options);
    runner.exits_on_error = options->exit_on_error;
    bool ok = cli_session_connect(&runner.session) == 0;
    if (!ok) cli_session_print_failure(&runner.session);
    if (help_is_wanted(words))
        help_run(&runner.session, words);
    else if (ok)
        ok = runner_repeat(&runner, words, options->repeat);
    runner_deinit(&runner);
    return ok;
}

int mode_command(const struct cli_options *options)
{
    if (options->word_count == 0)
        return isatty(STDIN_FILENO) ? mode_prompt(options) : mode_script(options);
    struct str *list = mem_calloc((options->word_count + 1) * sizeof(*list));
    memcpy(list, options->words, options->word_count * sizeof(*list));
    struct command_words words = {list, options->word_count};
    struct buf input = {0};
    bool ok = place_input(options, &words, list, &input) && run_words(options, words);
    buf_deinit(&input);
    mem_free(list);
    return ok ? 0 : 1;
}

/* ---- --eval file key key , argument argument */

static bool read_script(const char *path, struct buf *script)
{
    FILE *file = fopen(path, "r");
    if (!file) {
        fprintf(stderr, "Can't open file '%s': %m\n", path);
        return false;
    }
    size_t got;
    while ((got = fread(buf_reserve(script, 4096), 1, 4096, file)) > 0) script->len += got;
    fclose(file);
    return true;
}

int mode_eval(const struct cli_options *options)
{
    struct buf script = {0};
    if (!read_script(options->eval_file, &script)) {
        buf_deinit(&script);
        return 1;
    }
    struct str *list = mem_calloc((options->word_count + 3) * sizeof(*list));
    struct command_words words = {list, 3};
    size_t key_count = options->word_count;
    for (size_t i = 0; i < options->word_count; i++) {
        if (key_count == options->word_count && str_eq(options->words[i], STR(",")))
            key_count = i;
        else
            list[words.count++] = options->words[i];
    }
    char number[NUM_I64_MAX];
    list[0] = STR("EVAL");
    list[1] = str_of(script.ptr ? script.ptr : "", script.len);
    list[2] = str_of(number, num_format_u64(number, key_count));
    bool ok = run_words(options, words);
    mem_free(list);
    buf_deinit(&script);
    return ok ? 0 : 1;
}
