#include "proto/request.h"

#include "base/mem.h"
#include "base/num.h"

enum { FIRST_ARGS = 8, SPARE_ARGS_MAX = 1024 };

/* A line that is complete, with its position behind the line end. */
struct line {
    struct str text;
    size_t next;
};

void request_parser_init(struct request_parser *parser)
{
    *parser = (struct request_parser){.expected = -1, .bulk_len = -1};
}

void request_parser_deinit(struct request_parser *parser)
{
    mem_free(parser->args);
    words_deinit(&parser->words);
    buf_deinit(&parser->error);
}

static enum request_verdict invalid(struct request_parser *parser, const char *why)
{
    buf_clear(&parser->error);
    buf_printf(&parser->error, "ERR Protocol error: %s", why);
    return REQUEST_INVALID;
}

/* Finds the line that starts at `from` and ends with CR LF. */
static bool find_line(struct str bytes, size_t from, struct line *line)
{
    struct str rest = str_from(bytes, from);
    ptrdiff_t end = str_find_char(rest, '\r');
    if (end < 0 || (size_t)end + 1 >= rest.len) return false;
    *line = (struct line){str_first(rest, (size_t)end), from + (size_t)end + 2};
    return true;
}

/* Most counts and lengths are short runs of digits; anything else goes the strict way. */
static inline bool parse_length(struct str text, int64_t *number)
{
    if (text.len == 0 || text.len > 9 || (text.ptr[0] == '0' && text.len > 1)) {
        return num_parse_i64(text, number);
    }
    int64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = (unsigned char)text.ptr[i] - (unsigned)'0';
        if (digit > 9) return num_parse_i64(text, number);
        value = value * 10 + digit;
    }
    *number = value;
    return true;
}

static void note_arg(struct request_parser *parser, size_t at, size_t len)
{
    if ((size_t)parser->argc == parser->args_capacity) {
        parser->args_capacity = parser->args_capacity ? parser->args_capacity * 2 : FIRST_ARGS;
        parser->args = mem_realloc(parser->args, parser->args_capacity * sizeof(*parser->args));
    }
    parser->args[parser->argc++] = (struct request_arg){at, len};
}

static enum request_verdict parse_inline(struct request_parser *parser, struct str bytes)
{
    ptrdiff_t end = str_find_char(bytes, '\n');
    if (end < 0) {
        if (bytes.len > REQUEST_INLINE_MAX) return invalid(parser, "too big inline request");
        return REQUEST_INCOMPLETE;
    }
    struct str line = str_first(bytes, (size_t)end);
    if (line.len && line.ptr[line.len - 1] == '\r') line.len--;
    if (str_find_char(line, 0) >= 0) return invalid(parser, "zero byte in inline request");
    if (!words_split(&parser->words, line)) {
        return invalid(parser, "unbalanced quotes in request");
    }
    parser->is_inline = true;
    parser->argc = (int64_t)parser->words.count;
    parser->at = (size_t)end + 1;
    return REQUEST_READY;
}

static enum request_verdict parse_count(struct request_parser *parser, struct str bytes,
                                        const struct request_limits *limits)
{
    struct line line;
    if (!find_line(bytes, 0, &line)) {
        if (bytes.len > REQUEST_INLINE_MAX) return invalid(parser, "too big mbulk count string");
        return REQUEST_INCOMPLETE;
    }
    int64_t count = 0;
    if (!parse_length(str_from(line.text, 1), &count) || count > limits->args_max) {
        return invalid(parser, "invalid multibulk length");
    }
    if (!limits->authenticated && count > REQUEST_STRANGER_ARGS) {
        return invalid(parser, "unauthenticated multibulk length");
    }
    parser->expected = count > 0 ? count : 0;
    parser->at = line.next;
    return REQUEST_READY;
}

/* The text shows the byte, unless it would end the text or the line. */
static enum request_verdict not_a_bulk(struct request_parser *parser, char first)
{
    if (first == '\r' || first == '\n' || first == '\0') first = ' ';
    buf_clear(&parser->error);
    buf_printf(&parser->error, "ERR Protocol error: expected '$', got '%c'", first);
    return REQUEST_INVALID;
}

static enum request_verdict parse_bulk_header(struct request_parser *parser, struct str bytes,
                                              const struct request_limits *limits)
{
    struct line line;
    if (!find_line(bytes, parser->at, &line)) {
        if (bytes.len - parser->at > REQUEST_INLINE_MAX) {
            return invalid(parser, "too big bulk count string");
        }
        return REQUEST_INCOMPLETE;
    }
    if (bytes.ptr[parser->at] != '$') return not_a_bulk(parser, bytes.ptr[parser->at]);
    int64_t len = 0;
    if (!parse_length(str_from(line.text, 1), &len) || len < 0 || len > limits->bulk_max) {
        return invalid(parser, "invalid bulk length");
    }
    if (!limits->authenticated && len > REQUEST_STRANGER_BULK) {
        return invalid(parser, "unauthenticated bulk length");
    }
    parser->bulk_len = len;
    parser->at = line.next;
    return REQUEST_READY;
}

static enum request_verdict parse_bulks(struct request_parser *parser, struct str bytes,
                                        const struct request_limits *limits)
{
    while (parser->argc < parser->expected) {
        if (parser->bulk_len < 0) {
            enum request_verdict verdict = parse_bulk_header(parser, bytes, limits);
            if (verdict != REQUEST_READY) return verdict;
        }
        size_t len = (size_t)parser->bulk_len;
        if (bytes.len - parser->at < len + 2) return REQUEST_INCOMPLETE;
        note_arg(parser, parser->at, len);
        parser->at += len + 2;
        parser->bulk_len = -1;
    }
    return REQUEST_READY;
}

enum request_verdict request_parse(struct request_parser *parser, struct str bytes,
                                   const struct request_limits *limits)
{
    if (bytes.len == 0) return REQUEST_INCOMPLETE;
    if (parser->expected < 0) {
        if (bytes.ptr[0] != '*') return parse_inline(parser, bytes);
        enum request_verdict verdict = parse_count(parser, bytes, limits);
        if (verdict != REQUEST_READY) return verdict;
    }
    return parse_bulks(parser, bytes, limits);
}

void request_args(const struct request_parser *parser, struct str bytes, struct str *out)
{
    if (parser->is_inline) {
        for (size_t i = 0; i < parser->words.count; i++) out[i] = parser->words.list[i];
        return;
    }
    for (int64_t i = 0; i < parser->argc; i++) {
        out[i] = (struct str){bytes.ptr + parser->args[i].at, parser->args[i].len};
    }
}

size_t request_finish(struct request_parser *parser)
{
    size_t used = parser->at;
    if (parser->args_capacity > SPARE_ARGS_MAX) {
        mem_free(parser->args);
        parser->args = NULL;
        parser->args_capacity = 0;
    }
    parser->argc = 0;
    parser->expected = parser->bulk_len = -1;
    parser->at = 0;
    parser->is_inline = false;
    return used;
}
