#include "cli/format.h"

static void write_items(struct buf *out, const struct reply_node *node)
{
    for (size_t i = 0; i < node->count; i++) {
        if (i > 0) buf_append_char(out, ',');
        format_csv(out, &node->items[i]);
    }
}

void format_csv(struct buf *out, const struct reply_node *reply)
{
    switch (reply->type) {
    case REPLY_NIL:
        buf_append_c(out, "NULL");
        return;
    case REPLY_ERROR:
        buf_append_c(out, "ERROR,");
        buf_append_quoted(out, buf_str(&reply->text));
        return;
    case REPLY_STATUS:
    case REPLY_STRING:
    case REPLY_VERBATIM:
        buf_append_quoted(out, buf_str(&reply->text));
        return;
    case REPLY_INTEGER:
        buf_append_i64(out, reply->integer);
        return;
    case REPLY_DOUBLE:
    case REPLY_BIG_NUMBER:
        buf_append_str(out, buf_str(&reply->text));
        return;
    case REPLY_BOOL:
        buf_append_c(out, reply->integer ? "true" : "false");
        return;
    case REPLY_ARRAY:
    case REPLY_MAP:
    case REPLY_SET:
    case REPLY_PUSH:
        write_items(out, reply);
        return;
    }
}
