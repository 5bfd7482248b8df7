#include "cli/session.h"

#include "cli/wire.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

enum { READ_SIZE = 64 * 1024 };

void cli_session_init(struct cli_session *session, const struct cli_options *options)
{
    *session = (struct cli_session){.options = options, .db = options->db};
}

static void drop_connection(struct cli_session *session)
{
    wire_free(session->wire);
    session->wire = NULL;
    reply_parser_deinit(&session->parser);
    buf_clear(&session->input);
    buf_clear(&session->unsent);
    session->input_at = 0;
}

void cli_session_close(struct cli_session *session)
{
    drop_connection(session);
    if (session->in_transaction) session->db = session->db_outside;
    session->in_transaction = false;
}

void cli_session_deinit(struct cli_session *session)
{
    cli_session_close(session);
    buf_deinit(&session->input);
    buf_deinit(&session->unsent);
    buf_deinit(&session->why);
}

/* ---- sending and receiving */

static int give_up(struct cli_session *session, int error, const char *why)
{
    buf_clear(&session->why);
    buf_append_c(&session->why, why);
    cli_session_close(session);
    return error;
}

void cli_session_queue(struct cli_session *session, struct command_words words)
{
    struct buf *bytes = &session->unsent;
    buf_printf(bytes, "*%zu\r\n", words.count);
    for (size_t i = 0; i < words.count; i++) {
        buf_printf(bytes, "$%zu\r\n", words.list[i].len);
        buf_append_str(bytes, words.list[i]);
        buf_append_c(bytes, "\r\n");
    }
}

static int flush(struct cli_session *session)
{
    if (session->unsent.len == 0) return 0;
    int failed = wire_write(session->wire, buf_str(&session->unsent));
    buf_clear(&session->unsent);
    return failed ? give_up(session, failed, strerror(-failed)) : 0;
}

int cli_session_send(struct cli_session *session, struct command_words words)
{
    if (!session->wire) return -ENOTCONN;
    cli_session_queue(session, words);
    return flush(session);
}

static int read_more(struct cli_session *session, int timeout_ms)
{
    buf_clear(&session->input);
    session->input_at = 0;
    ssize_t got =
        wire_read(session->wire, buf_reserve(&session->input, READ_SIZE), READ_SIZE, timeout_ms);
    if (got == -ETIMEDOUT) return -ETIMEDOUT;
    if (got == 0) return give_up(session, -ECONNRESET, "Server closed the connection");
    if (got < 0) return give_up(session, (int)got, strerror((int)-got));
    session->input.len = (size_t)got;
    return 0;
}

static int receive_one(struct cli_session *session, struct reply_node *reply, int timeout_ms)
{
    if (!session->wire) return -ENOTCONN;
    for (;;) {
        struct str rest = str_from(buf_str(&session->input), session->input_at);
        size_t had = rest.len;
        enum reply_verdict verdict = reply_parser_step(&session->parser, &rest);
        session->input_at += had - rest.len;
        if (verdict == REPLY_BAD)
            return give_up(session, -EPROTO, reply_parser_error(&session->parser));
        if (verdict == REPLY_READY) {
            reply_parser_take(&session->parser, reply);
            return 0;
        }
        int failed = flush(session);
        if (failed == 0) failed = read_more(session, timeout_ms);
        if (failed) return failed;
    }
}

int cli_session_receive_within(struct cli_session *session, struct reply_node *reply,
                               int timeout_ms)
{
    for (;;) {
        int failed = receive_one(session, reply, timeout_ms);
        if (failed || reply->type != REPLY_PUSH || !session->on_push) return failed;
        session->on_push(session->push_ctx, reply);
        reply_node_clear(reply);
    }
}

int cli_session_receive(struct cli_session *session, struct reply_node *reply)
{
    return cli_session_receive_within(session, reply, -1);
}

int cli_session_call(struct cli_session *session, struct command_words words,
                     struct reply_node *reply)
{
    int failed = cli_session_send(session, words);
    return failed ? failed : cli_session_receive(session, reply);
}

struct buf cli_session_take_input(struct cli_session *session)
{
    struct buf input = session->input;
    buf_consume(&input, session->input_at);
    session->input = (struct buf){0};
    session->input_at = 0;
    return input;
}

/* ---- connecting */

/* One step of logging in: a refusal is reported and survived. */
static int introduce(struct cli_session *session, struct command_words words, const char *label,
                     bool is_quiet)
{
    struct reply_node reply;
    int failed = cli_session_call(session, words, &reply);
    if (failed) return failed;
    if (reply.type == REPLY_ERROR && !is_quiet)
        fprintf(stderr, "%s failed: %.*s\n", label, STR_ARG(buf_str(&reply.text)));
    int verdict = reply.type == REPLY_ERROR ? 1 : 0;
    reply_node_clear(&reply);
    return verdict;
}

static int log_in(struct cli_session *session)
{
    const struct cli_options *options = session->options;
    if (!options->password) return 0;
    struct str words[3] = {STR("AUTH"), str_from_c(options->user), str_from_c(options->password)};
    struct command_words with_user = {words, 3};
    if (options->user) return introduce(session, with_user, "AUTH", false);
    words[1] = words[2];
    return introduce(session, (struct command_words){words, 2}, "AUTH", false);
}

static int select_db(struct cli_session *session)
{
    if (session->db == 0) return 0;
    char label[32], number[16];
    snprintf(number, sizeof(number), "%d", session->db);
    snprintf(label, sizeof(label), "SELECT %d", session->db);
    struct str words[] = {STR("SELECT"), str_from_c(number)};
    int refused = introduce(session, (struct command_words){words, 2}, label, false);
    if (refused > 0) session->db = 0;
    return refused;
}

static int choose_protocol(struct cli_session *session)
{
    if (session->options->protocol != 3) return 0;
    struct str words[] = {STR("HELLO"), STR("3")};
    return introduce(session, (struct command_words){words, 2}, "HELLO 3",
                     session->options->protocol_is_optional);
}

int cli_session_connect(struct cli_session *session)
{
    cli_session_close(session);
    buf_clear(&session->why);
    session->wire = wire_open(session->options, &session->why);
    if (!session->wire) return -ECONNREFUSED;
    static int (*const steps[])(struct cli_session *) = {log_in, select_db, choose_protocol};
    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
        int failed = steps[i](session);
        if (failed < 0) return failed;
    }
    return 0;
}

void cli_session_print_failure(const struct cli_session *session)
{
    const struct cli_options *options = session->options;
    if (options->socket_path)
        fprintf(stderr, "Could not connect to Redis at %s: ", options->socket_path);
    else
        fprintf(stderr, "Could not connect to Redis at %s:%d: ", options->host, options->port);
    fprintf(stderr, "%.*s\n", STR_ARG(buf_str(&session->why)));
}

/* ---- for modes, which cannot go on without a server */

void cli_session_must_connect(struct cli_session *session)
{
    if (cli_session_connect(session) == 0) return;
    cli_session_print_failure(session);
    exit(1);
}

static _Noreturn void die(const struct cli_session *session)
{
    fflush(stdout);
    fprintf(stderr, "\nError: %.*s\n", STR_ARG(buf_str(&session->why)));
    exit(1);
}

void cli_session_must_receive(struct cli_session *session, struct reply_node *reply)
{
    if (cli_session_receive(session, reply) < 0) die(session);
}

static void call_list(struct cli_session *session, struct reply_node *reply, const char *word,
                      va_list rest)
{
    struct str words[8];
    size_t count = 0;
    for (; word && count < 8; word = va_arg(rest, const char *)) words[count++] = str_from_c(word);
    cli_session_queue(session, (struct command_words){words, count});
    cli_session_must_receive(session, reply);
}

void cli_session_must_call(struct cli_session *session, struct reply_node *reply, const char *word,
                           ...)
{
    va_list rest;
    va_start(rest, word);
    call_list(session, reply, word, rest);
    va_end(rest);
}

void cli_session_must_succeed(struct cli_session *session, struct reply_node *reply,
                              const char *word, ...)
{
    va_list rest;
    va_start(rest, word);
    call_list(session, reply, word, rest);
    va_end(rest);
    if (reply->type != REPLY_ERROR) return;
    fflush(stdout);
    fprintf(stderr, "%s: %.*s\n", word, STR_ARG(buf_str(&reply->text)));
    exit(1);
}
