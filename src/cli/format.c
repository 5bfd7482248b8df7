#include "cli/format.h"

struct format format_of(const struct cli_options *options)
{
    return (struct format){
        .output = options->output,
        .item_delimiter = str_from_c(options->item_delimiter),
        .reply_delimiter = str_from_c(options->reply_delimiter),
    };
}

void format_reply(struct buf *out, const struct reply_node *reply, const struct format *format)
{
    switch (format->output) {
    case OUTPUT_TTY:
        format_tty(out, reply);
        return;
    case OUTPUT_RAW:
        format_raw(out, reply, format->item_delimiter);
        buf_append_str(out, format->reply_delimiter);
        return;
    case OUTPUT_CSV:
        format_csv(out, reply);
        break;
    case OUTPUT_JSON:
    case OUTPUT_QUOTED_JSON:
        format_json(out, reply, format->output == OUTPUT_QUOTED_JSON);
        break;
    }
    buf_append_char(out, '\n');
}

void format_as_text(struct buf *out, const struct reply_node *reply, const struct format *format)
{
    format_raw(out, reply, format->item_delimiter);
    if (out->len == 0 || out->ptr[out->len - 1] != '\n') buf_append_char(out, '\n');
}

static bool is_invalidation(const struct reply_node *push)
{
    return push->count == 2 && str_eq(reply_text(&push->items[0]), STR("invalidate")) &&
           push->items[1].type == REPLY_ARRAY;
}

void format_push(struct buf *out, const struct reply_node *push, const struct format *format)
{
    if (format->output != OUTPUT_TTY || !is_invalidation(push)) {
        format_reply(out, push, format);
        return;
    }
    buf_append_c(out, "-> invalidate: ");
    const struct reply_node *keys = &push->items[1];
    for (size_t i = 0; i < keys->count; i++) {
        if (i > 0) buf_append_c(out, ", ");
        buf_append_char(out, '\'');
        buf_append_str(out, reply_text(&keys->items[i]));
        buf_append_char(out, '\'');
    }
    buf_append_char(out, '\n');
}
