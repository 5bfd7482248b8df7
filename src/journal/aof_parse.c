#include "journal/aof_parse.h"

#include "base/mem.h"
#include "journal/annotation.h"

#include <sys/param.h>

enum { MAX_ARGS = INT32_MAX, MAX_BULK = INT32_MAX, FIRST_ARGS = 8 };

struct reading {
    const char *begin, *at, *end;
    struct aof_piece *piece;
};

void aof_piece_deinit(struct aof_piece *piece)
{
    mem_free(piece->args);
    *piece = (struct aof_piece){0};
}

static enum aof_verdict damaged(struct reading *reading, const char *damage)
{
    reading->piece->damage = damage;
    reading->piece->damage_at = (size_t)(reading->at - reading->begin);
    return AOF_DAMAGED;
}

static enum aof_verdict read_line_end(struct reading *reading)
{
    if (reading->at == reading->end) return AOF_SHORT;
    if (*reading->at != '\r') return damaged(reading, "a line end is missing");
    if (reading->at + 1 == reading->end) return AOF_SHORT;
    if (reading->at[1] != '\n') {
        reading->at++;
        return damaged(reading, "a line end is missing");
    }
    reading->at += 2;
    return AOF_REQUEST;
}

/* `mark`, digits, line end. */
static enum aof_verdict read_count(struct reading *reading, char mark, int64_t max, int64_t *count)
{
    if (reading->at == reading->end) return AOF_SHORT;
    if (*reading->at != mark) {
        return damaged(reading, mark == '*' ? "a request must begin with '*'"
                                            : "an argument must begin with '$'");
    }
    const char *digits = ++reading->at;
    *count = 0;
    while (reading->at < reading->end && *reading->at >= '0' && *reading->at <= '9') {
        *count = *count * 10 + (*reading->at - '0');
        if (*count > max) return damaged(reading, "a length is too large");
        reading->at++;
    }
    if (reading->at == digits && reading->at < reading->end) {
        return damaged(reading, "a length is missing");
    }
    return read_line_end(reading);
}

static void add_arg(struct aof_piece *piece, struct str arg)
{
    if (piece->argc == piece->capacity) {
        piece->capacity = MAX((size_t)FIRST_ARGS, piece->capacity * 2);
        piece->args = mem_realloc(piece->args, piece->capacity * sizeof(struct str));
    }
    piece->args[piece->argc++] = arg;
}

static enum aof_verdict read_arg(struct reading *reading)
{
    int64_t len;
    enum aof_verdict verdict = read_count(reading, '$', MAX_BULK, &len);
    if (verdict != AOF_REQUEST) return verdict;
    if (reading->end - reading->at < len) return AOF_SHORT;
    add_arg(reading->piece, str_of(reading->at, (size_t)len));
    reading->at += len;
    return read_line_end(reading);
}

static enum aof_verdict read_request(struct reading *reading)
{
    int64_t count;
    enum aof_verdict verdict = read_count(reading, '*', MAX_ARGS, &count);
    if (verdict != AOF_REQUEST) return verdict;
    if (count == 0) return damaged(reading, "a request has no arguments");
    for (int64_t i = 0; i < count; i++) {
        verdict = read_arg(reading);
        if (verdict != AOF_REQUEST) return verdict;
    }
    return AOF_REQUEST;
}

static enum aof_verdict read_annotation(struct reading *reading)
{
    size_t left = (size_t)(reading->end - reading->at);
    struct str bytes = str_first(str_of(reading->at, left), ANNOTATION_MAX);
    ptrdiff_t len = str_find_char(bytes, '\n');
    if (len < 0) {
        if (bytes.len < ANNOTATION_MAX) return AOF_SHORT;
        ptrdiff_t zero = str_find_char(bytes, 0);
        if (zero > 0) reading->at += zero;
        return damaged(reading, "a line that begins with '#' is too long");
    }
    struct str line = str_first(bytes, (size_t)len);
    if (str_ends_with(line, STR("\r"))) line.len--;
    reading->piece->line = line;
    reading->at += len + 1;
    return AOF_LINE;
}

enum aof_verdict aof_parse(struct aof_piece *piece, struct str bytes)
{
    if (bytes.len == 0) return AOF_SHORT;
    struct reading reading = {bytes.ptr, bytes.ptr, bytes.ptr + bytes.len, piece};
    piece->argc = 0;
    enum aof_verdict verdict =
        *bytes.ptr == '#' ? read_annotation(&reading) : read_request(&reading);
    piece->len = (size_t)(reading.at - reading.begin);
    return verdict;
}
