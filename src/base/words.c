#include "base/words.h"

#include "base/mem.h"

struct scanner {
    struct str line;
    size_t at;
    struct buf *out;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\0' || (c >= '\t' && c <= '\r');
}

static bool at_end(const struct scanner *s)
{
    return s->at >= s->line.len;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c = char_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The character an escape stands for; s->at is at the character behind the backslash and moves
 * behind the escape. */
static char read_escape(struct scanner *s)
{
    const char *p = s->line.ptr + s->at;
    if (*p == 'x' && s->at + 2 < s->line.len && hex_digit(p[1]) >= 0 && hex_digit(p[2]) >= 0) {
        s->at += 3;
        return (char)(hex_digit(p[1]) * 16 + hex_digit(p[2]));
    }
    s->at++;
    static const char escapes[] = "n\nr\rt\tb\ba\a";
    for (const char *e = escapes; *e; e += 2) {
        if (*p == *e) return e[1];
    }
    return *p;
}

/* Reads to the closing quote; s->at is behind the opening one. */
static bool read_quoted(struct scanner *s, char quote)
{
    while (!at_end(s)) {
        char c = s->line.ptr[s->at++];
        if (c == quote) return at_end(s) || is_space(s->line.ptr[s->at]);
        if (c == '\\' && !at_end(s)) {
            if (quote == '"') {
                c = read_escape(s);
            } else if (s->line.ptr[s->at] == '\'') {
                c = '\'';
                s->at++;
            }
        }
        buf_append_char(s->out, c);
    }
    return false;
}

static bool read_word(struct scanner *s)
{
    while (!at_end(s) && !is_space(s->line.ptr[s->at])) {
        char c = s->line.ptr[s->at++];
        if (c == '"' || c == '\'') {
            if (!read_quoted(s, c)) return false;
        } else {
            buf_append_char(s->out, c);
        }
    }
    return true;
}

static void add_word(struct words *words, size_t len)
{
    if (words->count == words->capacity) {
        words->capacity = words->capacity ? words->capacity * 2 : 8;
        words->list = mem_realloc(words->list, words->capacity * sizeof(*words->list));
    }
    words->list[words->count++] = (struct str){NULL, len};
}

/* The buffer moved while it grew, so the views get their addresses last. */
static void place_words(struct words *words)
{
    const char *at = words->bytes.ptr ? words->bytes.ptr : "";
    for (size_t i = 0; i < words->count; i++) {
        words->list[i].ptr = at;
        at += words->list[i].len;
    }
}

bool words_split(struct words *words, struct str line)
{
    struct scanner s = {.line = line, .out = &words->bytes};
    words->count = 0;
    buf_clear(&words->bytes);
    for (;;) {
        while (!at_end(&s) && is_space(line.ptr[s.at])) s.at++;
        if (at_end(&s)) break;
        size_t start = words->bytes.len;
        if (!read_word(&s)) {
            words->count = 0;
            return false;
        }
        add_word(words, words->bytes.len - start);
    }
    place_words(words);
    return true;
}

void words_deinit(struct words *words)
{
    mem_free(words->list);
    buf_deinit(&words->bytes);
    *words = (struct words){0};
}
