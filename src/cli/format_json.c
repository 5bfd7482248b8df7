#include "cli/format.h"

static void write_node(struct buf *out, const struct reply_node *node, bool is_quoted);

static void write_plain_char(struct buf *out, char c)
{
    static const char escapes[] = "\nn\rr\tt\ff\bb\"\"\\\\";
    for (const char *e = escapes; *e; e += 2) {
        if (c != *e) continue;
        buf_append_char(out, '\\');
        buf_append_char(out, e[1]);
        return;
    }
    if ((unsigned char)c < 0x20)
        buf_printf(out, "\\u%04x", c);
    else
        buf_append_char(out, c);
}

static void write_plain(struct buf *out, struct str text)
{
    buf_append_char(out, '"');
    for (size_t i = 0; i < text.len; i++) write_plain_char(out, text.ptr[i]);
    buf_append_char(out, '"');
}

/* The quoted form of logs with each backslash doubled, as redis-cli has it. */
static void write_quoted(struct buf *out, struct str text)
{
    struct buf quoted = {0};
    buf_append_quoted(&quoted, text);
    for (size_t i = 0; i < quoted.len; i++) {
        if (quoted.ptr[i] == '\\') buf_append_char(out, '\\');
        buf_append_char(out, quoted.ptr[i]);
    }
    buf_deinit(&quoted);
}

static void write_text(struct buf *out, const struct reply_node *node, bool is_quoted)
{
    if (is_quoted)
        write_quoted(out, buf_str(&node->text));
    else
        write_plain(out, buf_str(&node->text));
}

/* A name must be a string: anything else becomes one by its own JSON in quotes. */
static void write_name(struct buf *out, const struct reply_node *node, bool is_quoted)
{
    bool is_text = node->type == REPLY_STATUS || node->type == REPLY_STRING ||
                   node->type == REPLY_VERBATIM || node->type == REPLY_ERROR;
    if (!is_text) buf_append_char(out, '"');
    write_node(out, node, is_quoted);
    if (!is_text) buf_append_char(out, '"');
}

static void write_items(struct buf *out, const struct reply_node *node, bool is_quoted)
{
    bool is_map = node->type == REPLY_MAP;
    buf_append_char(out, is_map ? '{' : '[');
    for (size_t i = 0; i < node->count; i++) {
        bool is_value = is_map && i % 2 == 1;
        if (i > 0) buf_append_char(out, is_value ? ':' : ',');
        if (is_map && !is_value)
            write_name(out, &node->items[i], is_quoted);
        else
            write_node(out, &node->items[i], is_quoted);
    }
    buf_append_char(out, is_map ? '}' : ']');
}

static void write_node(struct buf *out, const struct reply_node *node, bool is_quoted)
{
    switch (node->type) {
    case REPLY_NIL:
        buf_append_c(out, "null");
        return;
    case REPLY_ERROR:
        buf_append_c(out, "error:");
        write_text(out, node, is_quoted);
        return;
    case REPLY_STATUS:
    case REPLY_STRING:
    case REPLY_VERBATIM:
        write_text(out, node, is_quoted);
        return;
    case REPLY_INTEGER:
        buf_append_i64(out, node->integer);
        return;
    case REPLY_DOUBLE:
    case REPLY_BIG_NUMBER:
        buf_append_str(out, buf_str(&node->text));
        return;
    case REPLY_BOOL:
        buf_append_c(out, node->integer ? "true" : "false");
        return;
    case REPLY_ARRAY:
    case REPLY_MAP:
    case REPLY_SET:
    case REPLY_PUSH:
        write_items(out, node, is_quoted);
        return;
    }
}

void format_json(struct buf *out, const struct reply_node *reply, bool is_quoted)
{
    write_node(out, reply, is_quoted);
}
