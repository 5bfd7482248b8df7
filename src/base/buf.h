/* A growable run of bytes with one owner.
 *
 * A zeroed struct is an empty buffer. `ptr` may move at every append, so views into it live
 * until the next one. */
#ifndef SKEIN_BASE_BUF_H
#define SKEIN_BASE_BUF_H

#include "base/str.h"

struct buf {
    char *ptr;
    size_t len;
    size_t capacity;
};

void buf_deinit(struct buf *buf);
static inline void buf_clear(struct buf *buf)
{
    buf->len = 0;
}
/* Makes room for `extra` more bytes behind `len` and returns where they go. */
char *buf_reserve(struct buf *buf, size_t extra);
void buf_append(struct buf *buf, const void *bytes, size_t len);
static inline void buf_append_str(struct buf *buf, struct str s)
{
    buf_append(buf, s.ptr, s.len);
}
void buf_append_char(struct buf *buf, char c);
void buf_append_c(struct buf *buf, const char *text);
void buf_append_i64(struct buf *buf, int64_t number);
void buf_append_u64(struct buf *buf, uint64_t number);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Removes the first `len` bytes. */
void buf_consume(struct buf *buf, size_t len);
/* The bytes as a NUL-terminated string; the NUL is not counted in len. */
const char *buf_c(struct buf *buf);
static inline struct str buf_str(const struct buf *buf)
{
    return (struct str){buf->ptr, buf->len};
}
/* Appends in the quoted form of logs, MONITOR and the config file: "\x00", "\n", "\"". */
void buf_append_quoted(struct buf *buf, struct str s);

#endif
