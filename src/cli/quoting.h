/* Words in quotes on the command line (--quoted-input, --quoted-pattern). */
#ifndef SKEIN_CLI_QUOTING_H
#define SKEIN_CLI_QUOTING_H

#include "base/buf.h"

/* Appends the one word that `text` stands for, without its quotes and with its escapes resolved.
 * False when the quotes are unbalanced or there is not exactly one word. */
bool quoting_remove(struct str text, struct buf *out);

#endif
