/* What the server says about its commands (COMMAND DOCS), as the source of help, completion and
 * hints.
 *
 * The reply is kept and read in place; whatever in it is not of the expected type counts as
 * absent. Servers without COMMAND DOCS give names only. */
#ifndef SKEIN_CLI_DOCS_H
#define SKEIN_CLI_DOCS_H

#include "cli/session.h"

struct docs_entry {
    struct str name;              /* "GET", "CONFIG SET" */
    const struct reply_node *doc; /* NULL when only the name is known */
};

struct docs {
    struct reply_node reply;
    struct docs_entry *entries; /* sorted by name */
    size_t count, capacity;
    struct buf names;
};

/* Takes the reply of COMMAND DOCS (a map) or COMMAND (an array); anything else gives empty docs. */
void docs_init(struct docs *docs, struct reply_node *reply);
/* Asks the server; false when the connection was lost. */
bool docs_load(struct docs *docs, struct cli_session *session);
void docs_deinit(struct docs *docs);

/* The entry for the longest beginning of the words, and how many words it took; NULL when there
 * is none. */
const struct docs_entry *docs_find(const struct docs *docs, struct command_words words,
                                   size_t *used);
struct str docs_field(const struct docs_entry *entry, const char *field);

enum docs_kind { DOCS_VALUE, DOCS_TOKEN, DOCS_ONE_OF, DOCS_BLOCK };

struct docs_argument {
    enum docs_kind kind;
    struct str name, token;
    bool is_optional, is_multiple, repeats_token;
    const struct reply_node *parts; /* of ONE_OF and BLOCK: an array, or NULL */
};

struct docs_argument docs_argument_read(const struct reply_node *node);
/* The arguments of an entry, an array or NULL. */
const struct reply_node *docs_arguments(const struct docs_entry *entry);

/* "key value [NX|XX] [EX seconds|PX milliseconds]" */
void docs_write_syntax(struct buf *out, const struct docs_entry *entry);
void docs_write_argument(struct buf *out, const struct docs_argument *argument);
/* One round of it: without brackets and repetition. */
void docs_write_inner(struct buf *out, const struct docs_argument *argument);
/* What a repetition looks like: " [key value ...]". */
void docs_write_repetition(struct buf *out, const struct docs_argument *argument);

#endif
