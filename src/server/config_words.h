/* Owned lists of words: the addresses of `bind`, the rules of a `user` line. */
#ifndef SKEIN_SERVER_CONFIG_WORDS_H
#define SKEIN_SERVER_CONFIG_WORDS_H

#include "server/config_option.h"

struct config_words config_words_new(struct config_args args);
struct config_words config_words_copy(const struct config_words *from);
void config_words_clear(struct config_words *words);
/* Appends the words, each preceded by a space and quoted where a config file needs it. */
void config_words_write(const struct config_words *words, struct buf *out);

#endif
