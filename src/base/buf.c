#include "base/buf.h"

#include "base/mem.h"
#include "base/num.h"

#include <stdarg.h>
#include <stdio.h>

enum { SMALLEST = 64, DOUBLING_LIMIT = 1 << 20 };

void buf_deinit(struct buf *buf)
{
    mem_free(buf->ptr);
    *buf = (struct buf){0};
}

char *buf_reserve(struct buf *buf, size_t extra)
{
    size_t needed = buf->len + extra;
    if (needed > buf->capacity || buf->ptr == NULL) {
        size_t room = needed < DOUBLING_LIMIT ? needed * 2 : needed + DOUBLING_LIMIT;
        if (room < SMALLEST) room = SMALLEST;
        buf->ptr = mem_realloc(buf->ptr, room);
        buf->capacity = room;
    }
    return buf->ptr + buf->len;
}

void buf_append(struct buf *buf, const void *bytes, size_t len)
{
    if (len == 0) return;
    memcpy(buf_reserve(buf, len), bytes, len);
    buf->len += len;
}

void buf_append_char(struct buf *buf, char c)
{
    *buf_reserve(buf, 1) = c;
    buf->len++;
}

void buf_append_c(struct buf *buf, const char *text)
{
    buf_append(buf, text, strlen(text));
}

void buf_append_i64(struct buf *buf, int64_t number)
{
    buf->len += num_format_i64(buf_reserve(buf, NUM_I64_MAX), number);
}

void buf_append_u64(struct buf *buf, uint64_t number)
{
    buf->len += num_format_u64(buf_reserve(buf, NUM_I64_MAX), number);
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len > 0) {
        vsnprintf(buf_reserve(buf, (size_t)len + 1), (size_t)len + 1, format, again);
        buf->len += (size_t)len;
    }
    va_end(again);
}

void buf_consume(struct buf *buf, size_t len)
{
    if (len >= buf->len) {
        buf->len = 0;
        return;
    }
    memmove(buf->ptr, buf->ptr + len, buf->len - len);
    buf->len -= len;
}

const char *buf_c(struct buf *buf)
{
    *buf_reserve(buf, 1) = '\0';
    return buf->ptr;
}

static void append_escaped(struct buf *buf, unsigned char c)
{
    static const char escapes[] = "\nn\rr\tt\aa\bb\"\"\\\\";
    for (const char *e = escapes; *e; e += 2) {
        if (c != (unsigned char)*e) continue;
        buf_append_char(buf, '\\');
        buf_append_char(buf, e[1]);
        return;
    }
    if (c >= 0x20 && c < 0x7f) {
        buf_append_char(buf, (char)c);
    } else {
        buf_printf(buf, "\\x%02x", c);
    }
}

void buf_append_quoted(struct buf *buf, struct str s)
{
    buf_append_char(buf, '"');
    for (size_t i = 0; i < s.len; i++) append_escaped(buf, (unsigned char)s.ptr[i]);
    buf_append_char(buf, '"');
}
