#include "cli/shell.h"

#include "base/mem.h"
#include "base/num.h"
#include "cli/clock.h"
#include "cli/help.h"
#include "cli/output.h"

#include <unistd.h>

void shell_init(struct shell *shell, const struct cli_options *options, bool is_terminal)
{
    *shell = (struct shell){.options = *options, .is_terminal = is_terminal, .shows_hints = true};
    runner_init(&shell->runner, &shell->options);
    shell->runner.is_interactive = true;
}

static void forget_docs(struct shell *shell)
{
    docs_deinit(&shell->docs);
    shell->has_docs = false;
}

void shell_deinit(struct shell *shell)
{
    forget_docs(shell);
    runner_deinit(&shell->runner);
    words_deinit(&shell->words);
    mem_free(shell->host);
}

void shell_load_docs(struct shell *shell)
{
    if (shell->has_docs || !shell->runner.session.wire) return;
    if (shell->runner.session.in_transaction) return;
    shell->has_docs = docs_load(&shell->docs, &shell->runner.session);
}

void shell_write_prompt(const struct shell *shell, struct buf *out)
{
    const struct cli_session *session = &shell->runner.session;
    if (!session->wire) {
        buf_append_c(out, "not connected> ");
        return;
    }
    const char *host = shell->options.host;
    if (shell->options.socket_path)
        buf_printf(out, "redis %s", shell->options.socket_path);
    else
        buf_printf(out, strchr(host, ':') ? "[%s]:%d" : "%s:%d", host, shell->options.port);
    if (session->db != 0) buf_printf(out, "[%d]", session->db);
    buf_append_c(out, session->in_transaction ? "(TX)> " : "> ");
}

/* ---- the client's own words */

enum word_result { WORD_DONE, WORD_LEAVE, WORD_NOT_MINE };

static enum word_result word_leave(struct shell *shell, struct command_words words)
{
    (void)shell, (void)words;
    return WORD_LEAVE;
}

static enum word_result word_clear(struct shell *shell, struct command_words words)
{
    if (words.count != 1) return WORD_NOT_MINE;
    if (shell->is_terminal) fputs("\x1b[H\x1b[2J", stdout);
    return WORD_DONE;
}

static enum word_result word_connect(struct shell *shell, struct command_words words)
{
    int64_t port;
    if (words.count != 3) return WORD_NOT_MINE;
    if (!num_parse_i64(words.list[2], &port) || port < 1 || port > 65535) {
        puts("connect needs a host and a port.");
        return WORD_DONE;
    }
    mem_free(shell->host);
    shell->host = mem_strndup(words.list[1].ptr, words.list[1].len);
    shell->options.host = shell->host;
    shell->options.port = (int)port;
    shell->options.socket_path = NULL;
    forget_docs(shell);
    if (cli_session_connect(&shell->runner.session) < 0)
        cli_session_print_failure(&shell->runner.session);
    return WORD_DONE;
}

static enum word_result word_help(struct shell *shell, struct command_words words)
{
    if (!shell->runner.session.wire && cli_session_connect(&shell->runner.session) < 0)
        cli_session_print_failure(&shell->runner.session);
    shell_load_docs(shell);
    help_print(stdout, &shell->docs, words, shell->is_terminal && isatty(STDOUT_FILENO));
    return WORD_DONE;
}

static const struct {
    const char *word;
    enum word_result (*run)(struct shell *shell, struct command_words words);
} OWN_WORDS[] = {
    {"quit", word_leave},      {"exit", word_leave}, {"clear", word_clear},
    {"connect", word_connect}, {"help", word_help},  {"?", word_help},
};

static enum word_result run_own_word(struct shell *shell, struct command_words words)
{
    for (size_t i = 0; i < sizeof(OWN_WORDS) / sizeof(*OWN_WORDS); i++) {
        if (str_is(words.list[0], OWN_WORDS[i].word)) return OWN_WORDS[i].run(shell, words);
    }
    return WORD_NOT_MINE;
}

static const struct {
    const char *word;
    bool shows_hints;
} PREFERENCES[] = {{"hints", true}, {"nohints", false}};

bool shell_set_preference(struct shell *shell, struct command_words words)
{
    if (words.count != 2 || !str_is(words.list[0], ":set")) return false;
    for (size_t i = 0; i < sizeof(PREFERENCES) / sizeof(*PREFERENCES); i++) {
        if (!str_is(words.list[1], PREFERENCES[i].word)) continue;
        shell->shows_hints = PREFERENCES[i].shows_hints;
        return true;
    }
    return false;
}

/* ---- commands */

static void run_command(struct shell *shell, struct command_words words)
{
    int64_t times = 1;
    if (words.count > 1 && num_parse_i64(words.list[0], &times)) {
        if (times <= 0) {
            puts("The repeat count must be a positive number.");
            return;
        }
        words.list++, words.count--;
    }
    int64_t start_us = clock_mono_us();
    runner_repeat(&shell->runner, words, times);
    bool may_know_more = str_is(words.list[0], "auth") || str_is(words.list[0], "hello");
    if (may_know_more && shell->docs.count == 0) forget_docs(shell);
    double took_s = clock_seconds_since(start_us);
    if (took_s >= 0.5 && shell->options.output == OUTPUT_TTY) printf("(%.2fs)\n", took_s);
}

static bool run_words(struct shell *shell, struct command_words words)
{
    if (words.list[0].len > 0 && words.list[0].ptr[0] == ':') {
        if (!shell_set_preference(shell, words) && shell->is_terminal)
            puts("Known settings: \":set hints\" and \":set nohints\".");
        return true;
    }
    switch (run_own_word(shell, words)) {
    case WORD_LEAVE:
        return false;
    case WORD_DONE:
        return true;
    case WORD_NOT_MINE:
        run_command(shell, words);
        return true;
    }
    return true;
}

bool shell_run_line(struct shell *shell, struct str line)
{
    bool goes_on = true;
    if (!words_split(&shell->words, line))
        puts("Invalid argument(s)");
    else if (shell->words.count > 0)
        goes_on = run_words(shell, (struct command_words){shell->words.list, shell->words.count});
    output_flush();
    return goes_on;
}
