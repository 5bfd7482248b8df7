#include "cli/docs.h"

static void write_parts(struct buf *out, const struct reply_node *parts, char separator)
{
    for (size_t i = 0; parts && i < parts->count; i++) {
        struct docs_argument part = docs_argument_read(&parts->items[i]);
        if (i > 0) buf_append_char(out, separator);
        docs_write_argument(out, &part);
    }
}

static void write_value(struct buf *out, const struct docs_argument *argument)
{
    switch (argument->kind) {
    case DOCS_TOKEN:
        return;
    case DOCS_ONE_OF:
        write_parts(out, argument->parts, '|');
        return;
    case DOCS_BLOCK:
        write_parts(out, argument->parts, ' ');
        return;
    case DOCS_VALUE:
        buf_append_str(out, argument->name);
        return;
    }
}

static void write_token(struct buf *out, const struct docs_argument *argument)
{
    if (argument->token.len == 0) return;
    buf_append_str(out, argument->token);
    if (argument->kind != DOCS_TOKEN) buf_append_char(out, ' ');
}

void docs_write_inner(struct buf *out, const struct docs_argument *argument)
{
    write_token(out, argument);
    write_value(out, argument);
}

void docs_write_repetition(struct buf *out, const struct docs_argument *argument)
{
    buf_append_c(out, " [");
    if (argument->repeats_token) write_token(out, argument);
    write_value(out, argument);
    buf_append_c(out, " ...]");
}

void docs_write_argument(struct buf *out, const struct docs_argument *argument)
{
    if (argument->is_optional) buf_append_char(out, '[');
    docs_write_inner(out, argument);
    if (argument->is_multiple) docs_write_repetition(out, argument);
    if (argument->is_optional) buf_append_char(out, ']');
}

void docs_write_syntax(struct buf *out, const struct docs_entry *entry)
{
    write_parts(out, docs_arguments(entry), ' ');
}
