/* Splits a line into words the way inline commands, the config file and the CLI's prompt do.
 *
 * "double quotes" know \n \r \t \b \a \xHH and \<char>; 'single quotes' know only \'. A closing
 * quote must be followed by white space or the end of the line. */
#ifndef SKEIN_BASE_WORDS_H
#define SKEIN_BASE_WORDS_H

#include "base/buf.h"
#include "base/str.h"

struct words {
    struct str *list; /* views into `bytes`; valid after words_split returned true */
    size_t count, capacity;
    struct buf bytes;
};

/* Replaces the contents of *words. False when quotes are unbalanced; *words is then empty. */
bool words_split(struct words *words, struct str line);
void words_deinit(struct words *words);

#endif
