#include "cli/format.h"

/* How an aggregate is shown: the mark behind the index, and what stands for an empty one. */
static const struct {
    char mark;
    const char *empty;
} SHAPES[] = {
    [REPLY_ARRAY] = {')', "(empty array)\n"},
    [REPLY_MAP] = {'#', "(empty hash)\n"},
    [REPLY_SET] = {'~', "(empty set)\n"},
    [REPLY_PUSH] = {')', "(empty push)\n"},
};

static void write_node(struct buf *out, const struct reply_node *node, size_t indent);

static void write_spaces(struct buf *out, size_t count)
{
    memset(buf_reserve(out, count), ' ', count);
    out->len += count;
}

static size_t count_digits(size_t number)
{
    size_t digits = 1;
    while (number >= 10) number /= 10, digits++;
    return digits;
}

/* A map's value moves to a line of its own when it will not fit on one. */
static bool takes_several_lines(const struct reply_node *node)
{
    if (!reply_is_aggregate(node) || node->count == 0) return false;
    size_t per_line = node->type == REPLY_MAP ? 2 : 1;
    return node->count > per_line || takes_several_lines(&node->items[per_line - 1]);
}

static void write_pair(struct buf *out, const struct reply_node *pair, size_t indent)
{
    write_node(out, &pair[0], indent);
    out->len--; /* the key's newline */
    buf_append_c(out, " => ");
    if (takes_several_lines(&pair[1])) {
        buf_append_char(out, '\n');
        write_spaces(out, indent);
    }
    write_node(out, &pair[1], indent);
}

/* The caller has already indented the first line. */
static void write_aggregate(struct buf *out, const struct reply_node *node, size_t indent)
{
    if (node->count == 0) {
        buf_append_c(out, SHAPES[node->type].empty);
        return;
    }
    size_t step = node->type == REPLY_MAP ? 2 : 1;
    size_t width = count_digits(node->count / step);
    for (size_t i = 0; i < node->count; i += step) {
        if (i > 0) write_spaces(out, indent);
        buf_printf(out, "%*zu%c ", (int)width, i / step + 1, SHAPES[node->type].mark);
        if (step == 2)
            write_pair(out, &node->items[i], indent + width + 2);
        else
            write_node(out, &node->items[i], indent + width + 2);
    }
}

static void write_text(struct buf *out, const char *label, const struct reply_node *node)
{
    buf_append_c(out, label);
    buf_append_str(out, buf_str(&node->text));
    buf_append_char(out, '\n');
}

static void write_node(struct buf *out, const struct reply_node *node, size_t indent)
{
    switch (node->type) {
    case REPLY_NIL:
        buf_append_c(out, "(nil)\n");
        return;
    case REPLY_STATUS:
    case REPLY_VERBATIM:
        write_text(out, "", node);
        return;
    case REPLY_ERROR:
        write_text(out, "(error) ", node);
        return;
    case REPLY_DOUBLE:
        write_text(out, "(double) ", node);
        return;
    case REPLY_BIG_NUMBER:
        write_text(out, "(big number) ", node);
        return;
    case REPLY_INTEGER:
        buf_printf(out, "(integer) %lld\n", (long long)node->integer);
        return;
    case REPLY_BOOL:
        buf_append_c(out, node->integer ? "(true)\n" : "(false)\n");
        return;
    case REPLY_STRING:
        buf_append_quoted(out, buf_str(&node->text));
        buf_append_char(out, '\n');
        return;
    case REPLY_ARRAY:
    case REPLY_MAP:
    case REPLY_SET:
    case REPLY_PUSH:
        write_aggregate(out, node, indent);
        return;
    }
}

void format_tty(struct buf *out, const struct reply_node *reply)
{
    write_node(out, reply, 0);
}
