/* Reads the notation in which a command's row describes its arguments: docs/adr/0005.
 *
 *     key value [NX | XX] [EX seconds | KEEPTTL]          GET pattern [GET pattern ...]
 *
 * The result is a tree of arguments, as COMMAND DOCS tells it. The text is part of the program, so
 * what is malformed is a mistake that a test of all rows finds; reading it never fails half-way. */
#ifndef SKEIN_COMMAND_SYNTAX_H
#define SKEIN_COMMAND_SYNTAX_H

#include "base/str.h"

enum syntax_kind {
    SYNTAX_WORD,  /* a value the user chooses; its type follows from its name */
    SYNTAX_TOKEN, /* a word to be written as it is */
    SYNTAX_ONEOF, /* exactly one of the children */
    SYNTAX_BLOCK, /* all children, in order */
};

/* Views show parts of the notation, which outlives the tree. */
struct syntax_arg {
    enum syntax_kind kind;
    struct str name;  /* of a word or token */
    struct str token; /* stands before the argument, or is the token itself; empty: none */
    struct str since; /* the version it came with, if later than the command; empty otherwise */
    bool optional;
    bool multiple;
    bool multiple_token; /* the token is repeated too */
    struct syntax_arg *children;
    size_t count;
};

/* Fills `top`, a block of all arguments. False when the text is malformed; `top` is then empty. */
bool syntax_parse(struct str text, struct syntax_arg *top);
void syntax_deinit(struct syntax_arg *arg);

/* "string", "integer", "key", ..., "pure-token", "oneof", "block". */
const char *syntax_type_name(const struct syntax_arg *arg);

#endif
