/* A conversation with one server: connecting and logging in, sending commands, receiving
 * replies, and what the replies mean for the prompt (database, transaction, protocol).
 *
 * Push messages that arrive while a reply is awaited go to `on_push`. After a negative result
 * the connection is closed; connect again before the next command. */
#ifndef SKEIN_CLI_SESSION_H
#define SKEIN_CLI_SESSION_H

#include "cli/options.h"
#include "proto/reply_parse.h"

struct wire;

struct cli_session {
    const struct cli_options *options;
    struct wire *wire; /* NULL while not connected */
    struct reply_parser parser;
    struct buf unsent; /* commands that were queued */
    struct buf input;
    size_t input_at; /* what of the input was parsed */
    struct buf why;  /* the last failure, for people */
    int db;          /* selected now */
    int db_outside;  /* to return to when the transaction is dropped */
    bool in_transaction;
    /* NULL: pushes are returned like replies. */
    void (*on_push)(void *ctx, const struct reply_node *push);
    void *push_ctx;
};

void cli_session_init(struct cli_session *session, const struct cli_options *options);
void cli_session_deinit(struct cli_session *session);

/* Connects, logs in, selects the database and the protocol. Refusals of the server are printed
 * to stderr and do not end the connection. 0 or -errno, then `why` says what happened. */
int cli_session_connect(struct cli_session *session);
void cli_session_close(struct cli_session *session);
/* Prints `why` the way a failure to connect is reported. */
void cli_session_print_failure(const struct cli_session *session);

/* The words of one command. */
struct command_words {
    const struct str *list;
    size_t count;
};
int cli_session_send(struct cli_session *session, struct command_words words);
/* The same without sending yet: the next receive sends all that was queued, in one piece. */
void cli_session_queue(struct cli_session *session, struct command_words words);
/* Waits for the next reply, which the caller must clear when the result is 0. */
int cli_session_receive(struct cli_session *session, struct reply_node *reply);
int cli_session_receive_within(struct cli_session *session, struct reply_node *reply,
                               int timeout_ms);
int cli_session_call(struct cli_session *session, struct command_words words,
                     struct reply_node *reply);
/* For modes: prints why and exits when the connection fails. Arguments are C strings, ended by
 * NULL. */
void cli_session_must_connect(struct cli_session *session);
void cli_session_must_call(struct cli_session *session, struct reply_node *reply, const char *word,
                           ...) __attribute__((sentinel));
/* The same, for replies that must not be an error either. */
void cli_session_must_succeed(struct cli_session *session, struct reply_node *reply,
                              const char *word, ...) __attribute__((sentinel));
void cli_session_must_receive(struct cli_session *session, struct reply_node *reply);

/* Bytes that came behind the last reply and were read already; they are taken out of the
 * session. */
struct buf cli_session_take_input(struct cli_session *session);

/* Notes what a command and its reply changed (SELECT, MULTI, EXEC, DISCARD, RESET, HELLO). */
void cli_session_track(struct cli_session *session, struct command_words words,
                       const struct reply_node *reply);

#endif
