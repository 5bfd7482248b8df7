#include "server/config_words.h"

#include "base/mem.h"

struct config_words config_words_new(struct config_args args)
{
    struct config_words words = {0};
    if (args.count == 0) return words;
    words.words = mem_alloc(args.count * sizeof(*words.words));
    for (; words.count < args.count; words.count++) {
        struct str word = args.list[words.count];
        words.words[words.count] = mem_strndup(word.len ? word.ptr : "", word.len);
    }
    return words;
}

struct config_words config_words_copy(const struct config_words *from)
{
    struct config_words words = {0};
    if (from->count == 0) return words;
    words.words = mem_alloc(from->count * sizeof(*words.words));
    for (; words.count < from->count; words.count++) {
        words.words[words.count] = mem_strdup(from->words[words.count]);
    }
    return words;
}

void config_words_clear(struct config_words *words)
{
    for (size_t i = 0; i < words->count; i++) mem_free(words->words[i]);
    mem_free(words->words);
    *words = (struct config_words){0};
}

void config_words_write(const struct config_words *words, struct buf *out)
{
    for (size_t i = 0; i < words->count; i++) {
        buf_append_char(out, ' ');
        config_append_word(out, str_from_c(words->words[i]));
    }
}
