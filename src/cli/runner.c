#include "cli/runner.h"

#include "cli/clock.h"
#include "cli/output.h"
#include "cli/stream_mode.h"

#include <errno.h>
#include <stdlib.h>

/* Replies made to be read by people are printed without quotes. */
static const struct {
    const char *command, *subcommand;
    size_t min_words, max_words;
} TEXT_REPLIES[] = {
    {"info", NULL, 1, SIZE_MAX},
    {"lolwut", NULL, 1, SIZE_MAX},
    {"debug", "htstats", 2, SIZE_MAX},
    {"debug", "htstats-key", 2, SIZE_MAX},
    {"memory", "malloc-stats", 2, SIZE_MAX},
    {"memory", "doctor", 2, SIZE_MAX},
    {"client", "list", 2, SIZE_MAX},
    {"client", "info", 2, SIZE_MAX},
    {"cluster", "nodes", 2, 2},
    {"cluster", "info", 2, 2},
    {"latency", "graph", 3, 3},
    {"latency", "doctor", 2, 2},
};

bool runner_reply_is_text(struct command_words words)
{
    for (size_t i = 0; i < sizeof(TEXT_REPLIES) / sizeof(*TEXT_REPLIES); i++) {
        if (words.count < TEXT_REPLIES[i].min_words || words.count > TEXT_REPLIES[i].max_words)
            continue;
        if (!str_is(words.list[0], TEXT_REPLIES[i].command)) continue;
        const char *subcommand = TEXT_REPLIES[i].subcommand;
        if (!subcommand || str_is(words.list[1], subcommand)) return true;
    }
    return false;
}

static void flush_out(struct runner *runner)
{
    output_write(buf_str(&runner->out));
    output_flush();
    buf_clear(&runner->out);
}

static void print_push(void *ctx, const struct reply_node *push)
{
    struct runner *runner = ctx;
    if (!runner->session.options->show_pushes) return;
    format_push(&runner->out, push, &runner->format);
    flush_out(runner);
}

void runner_init(struct runner *runner, const struct cli_options *options)
{
    *runner = (struct runner){.format = format_of(options)};
    cli_session_init(&runner->session, options);
    runner->session.on_push = print_push;
    runner->session.push_ctx = runner;
}

void runner_deinit(struct runner *runner)
{
    cli_session_deinit(&runner->session);
    buf_deinit(&runner->out);
}

void runner_print(struct runner *runner, const struct reply_node *reply, bool as_text)
{
    if (runner->exits_on_error && reply->type == REPLY_ERROR) {
        fprintf(stderr, "%.*s\n", STR_ARG(buf_str(&reply->text)));
        exit(1);
    }
    if (as_text)
        format_as_text(&runner->out, reply, &runner->format);
    else
        format_reply(&runner->out, reply, &runner->format);
    flush_out(runner);
}

/* What follows a command that turns the connection into a stream; false when it is an ordinary
 * one. */
static bool run_stream(struct runner *runner, struct command_words words, int *result)
{
    const struct stream_mode *mode = stream_mode_find(words);
    if (!mode) return false;
    *result = cli_session_send(&runner->session, words);
    if (*result == 0) *result = mode->follow(runner);
    return true;
}

/* The server ends a SHUTDOWN by closing, which is success. */
static bool is_wanted_end(struct command_words words, int result)
{
    return words.count > 0 && str_is(words.list[0], "shutdown") && result == -ECONNRESET;
}

static int run_once(struct runner *runner, struct command_words words)
{
    int result;
    if (run_stream(runner, words, &result)) return result;
    struct reply_node reply;
    result = cli_session_call(&runner->session, words, &reply);
    if (is_wanted_end(words, result)) return 0;
    if (result < 0) return result;
    runner_print(runner, &reply, runner_reply_is_text(words));
    cli_session_track(&runner->session, words, &reply);
    reply_node_clear(&reply);
    return 0;
}

static bool report_loss(const struct cli_session *session)
{
    fprintf(stderr, "Error: %.*s\n", STR_ARG(buf_str(&session->why)));
    return false;
}

/* A command is sent again over a new connection, unless it was part of a transaction, which is
 * gone. */
static bool run_with_reconnect(struct runner *runner, struct command_words words)
{
    struct cli_session *session = &runner->session;
    if (session->wire) {
        bool was_in_transaction = session->in_transaction;
        if (run_once(runner, words) == 0) return true;
        if (!runner->is_interactive || was_in_transaction) return report_loss(session);
    }
    if (cli_session_connect(session) < 0) {
        cli_session_print_failure(session);
        return false;
    }
    return run_once(runner, words) == 0 || report_loss(session);
}

bool runner_repeat(struct runner *runner, struct command_words words, int64_t times)
{
    for (int64_t i = 0; times < 0 || i < times; i++) {
        if (!run_with_reconnect(runner, words)) return false;
        double pause_s = runner->session.options->interval_s;
        if (pause_s > 0) clock_sleep(pause_s);
    }
    return true;
}
