#include "cli/format.h"

static void write_items(struct buf *out, const struct reply_node *node, struct str delimiter)
{
    for (size_t i = 0; i < node->count; i++) {
        bool is_value = node->type == REPLY_MAP && i % 2 == 1;
        if (i > 0) buf_append_str(out, is_value ? STR(" ") : delimiter);
        format_raw(out, &node->items[i], delimiter);
    }
}

void format_raw(struct buf *out, const struct reply_node *reply, struct str item_delimiter)
{
    switch (reply->type) {
    case REPLY_NIL:
        return;
    case REPLY_ERROR:
        buf_append_str(out, buf_str(&reply->text));
        buf_append_char(out, '\n');
        return;
    case REPLY_STATUS:
    case REPLY_STRING:
    case REPLY_VERBATIM:
    case REPLY_DOUBLE:
    case REPLY_BIG_NUMBER:
        buf_append_str(out, buf_str(&reply->text));
        return;
    case REPLY_INTEGER:
        buf_append_i64(out, reply->integer);
        return;
    case REPLY_BOOL:
        buf_append_c(out, reply->integer ? "(true)" : "(false)");
        return;
    case REPLY_ARRAY:
    case REPLY_MAP:
    case REPLY_SET:
    case REPLY_PUSH:
        write_items(out, reply, item_delimiter);
        return;
    }
}
