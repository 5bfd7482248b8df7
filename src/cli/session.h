/* A conversation with one server: connecting and logging in, sending commands, receiving replies, and what the
 * replies mean for the prompt (database, transaction, protocol).
 *
 * Push messages that arrive while a reply is awaited go to `on_push`. After a negative result the connection is
 * closed; connect again before the next command. */
#ifndef SKEIN_CLI_SESSION_H
#define SKEIN_CLI_SESSION_H

#include "cli/options.h"
#include "proto/reply_parse.h"

struct transport;

struct session {
    const struct cli_options *options;
    struct transport *transport; /* NULL while not connected */
    struct reply_parser parser;
    struct buf input;
    size_t input_at; /* what of the input was parsed */
    struct buf why;  /* the last failure, for people */
    int db;          /* selected now */
    int db_outside;  /* to return to when the transaction is dropped */
    bool in_transaction;
    void (*on_push)(void *ctx,
                    const struct reply_node *push); /* NULL: pushes are returned like replies */
    void *push_ctx;
};

void cli_session_init(struct session *session, const struct cli_options *options);
void cli_session_deinit(struct session *session);

/* Connects, logs in, selects the database and the protocol. Refusals of the server are printed to stderr and do not
 * end the connection. 0 or -errno, then `why` says what happened. */
int session_connect(struct session *session);
void session_close(struct session *session);
/* Prints `why` the way a failure to connect is reported. */
void session_print_failure(const struct session *session);

/* The words of one command. */
struct command_words {
    const struct str *list;
    size_t count;
};
int session_send(struct session *session, struct command_words words);
/* Waits for the next reply, which the caller must clear when the result is 0. */
int session_receive(struct session *session, struct reply_node *reply);
int session_receive_within(struct session *session, struct reply_node *reply, int timeout_ms);
int session_call(struct session *session, struct command_words words, struct reply_node *reply);
/* For modes: prints why and exits when the connection fails. Arguments are C strings, ended by NULL. */
void session_must_connect(struct session *session);
void session_must_call(struct session *session, struct reply_node *reply, const char *word, ...)
    __attribute__((sentinel));
/* The same, for replies that must not be an error either. */
void session_must_succeed(struct session *session, struct reply_node *reply, const char *word, ...)
    __attribute__((sentinel));
void session_must_receive(struct session *session, struct reply_node *reply);
void session_must_send(struct session *session, struct command_words words);

/* Bytes that came behind the last reply and were read already; they are taken out of the session. */
struct buf session_take_input(struct session *session);

/* Notes what a command and its reply changed (SELECT, MULTI, EXEC, DISCARD, RESET, HELLO). */
void session_track(struct session *session, struct command_words words,
                   const struct reply_node *reply);

#endif
