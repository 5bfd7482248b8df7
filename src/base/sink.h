/* Where bytes go to, and where they come from, without saying what is at the other end.
 *
 * Both remember a failure: after one, everything that follows fails too, so a writer may look once,
 * at its end. */
#ifndef SKEIN_BASE_SINK_H
#define SKEIN_BASE_SINK_H

#include "base/buf.h"
#include "base/str.h"

struct sink {
    bool (*write)(void *context, const void *bytes, size_t len);
    void *context;
    bool failed;
};

struct source {
    /* Gives exactly `len` bytes or fails. */
    bool (*read)(void *context, void *bytes, size_t len);
    /* Gives a view of the next `len` bytes, which are taken then, or NULL when they are not at hand
     * in one piece. It is valid until the next reading. May be NULL itself. */
    const char *(*borrow)(void *context, size_t len);
    void *context;
    size_t left; /* no more than these can come; SIZE_MAX when nobody knows */
    bool failed;
};

/* A sink that appends to a buffer. */
struct sink sink_to_buf(struct buf *buf);
bool sink_write(struct sink *sink, const void *bytes, size_t len);

/* A source over bytes in memory: `*bytes` shrinks as it is read. */
struct source source_from_str(struct str *bytes);
bool source_read(struct source *source, void *bytes, size_t len);
/* A view, if it can be had: else NULL, and nothing is taken or failed. */
static inline const char *source_borrow(struct source *source, size_t len)
{
    if (!source->borrow || source->failed || len > source->left) return NULL;
    const char *bytes = source->borrow(source->context, len);
    if (bytes && source->left != SIZE_MAX) source->left -= len;
    return bytes;
}
/* Appends `len` bytes to a buffer, which grows with what has arrived and not with what was
 * announced. */
bool source_append(struct source *source, struct buf *buf, size_t len);

#endif
