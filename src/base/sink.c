#include "base/sink.h"

enum { PIECE = 1 << 16 };

static bool write_to_buf(void *context, const void *bytes, size_t len)
{
    buf_append(context, bytes, len);
    return true;
}

struct sink sink_to_buf(struct buf *buf)
{
    return (struct sink){.write = write_to_buf, .context = buf};
}

bool sink_write(struct sink *sink, const void *bytes, size_t len)
{
    if (!sink->failed && len && !sink->write(sink->context, bytes, len)) sink->failed = true;
    return !sink->failed;
}

static bool read_from_str(void *context, void *bytes, size_t len)
{
    struct str *rest = context;
    if (len > rest->len) return false;
    memcpy(bytes, rest->ptr, len);
    *rest = str_from(*rest, len);
    return true;
}

struct source source_from_str(struct str *bytes)
{
    return (struct source){.read = read_from_str, .context = bytes, .left = bytes->len};
}

bool source_read(struct source *source, void *bytes, size_t len)
{
    if (source->failed || len == 0) return !source->failed;
    if (len > source->left || !source->read(source->context, bytes, len)) {
        source->failed = true;
        return false;
    }
    if (source->left != SIZE_MAX) source->left -= len;
    return true;
}

bool source_append(struct source *source, struct buf *buf, size_t len)
{
    if (len > source->left) source->failed = true;
    while (len > 0 && !source->failed) {
        size_t piece = len < PIECE ? len : PIECE;
        if (!source_read(source, buf_reserve(buf, piece), piece)) break;
        buf->len += piece;
        len -= piece;
    }
    return !source->failed;
}
