#include "proto/reply_parse.h"

#include "base/assert.h"
#include "base/mem.h"
#include "base/num.h"

#include <math.h>

static const uint64_t BODY_MAX = (uint64_t)1 << 40;

/* ---- nodes */

bool reply_is_aggregate(const struct reply_node *node)
{
    return node->type >= REPLY_ARRAY;
}

static void clear_attributes(struct reply_node **attributes)
{
    if (!*attributes) return;
    reply_node_clear(*attributes);
    mem_free(*attributes);
    *attributes = NULL;
}

void reply_node_clear(struct reply_node *node)
{
    for (size_t i = 0; i < node->count; i++) reply_node_clear(&node->items[i]);
    mem_free(node->items);
    buf_deinit(&node->text);
    clear_attributes(&node->attributes);
    *node = (struct reply_node){0};
}

struct str reply_text(const struct reply_node *node)
{
    if (!node) return (struct str){0};
    switch (node->type) {
    case REPLY_STATUS:
    case REPLY_ERROR:
    case REPLY_STRING:
    case REPLY_VERBATIM:
        return buf_str(&node->text);
    case REPLY_NIL:
    case REPLY_INTEGER:
    case REPLY_DOUBLE:
    case REPLY_BOOL:
    case REPLY_BIG_NUMBER:
    case REPLY_ARRAY:
    case REPLY_MAP:
    case REPLY_SET:
    case REPLY_PUSH:
        break;
    }
    return (struct str){0};
}

const struct reply_node *reply_map_get(const struct reply_node *map, const char *key)
{
    if (!map || (map->type != REPLY_MAP && map->type != REPLY_ARRAY)) return NULL;
    for (size_t i = 0; i + 1 < map->count; i += 2) {
        if (str_eq(reply_text(&map->items[i]), str_from_c(key))) return &map->items[i + 1];
    }
    return NULL;
}

/* ---- placing values in the tree */

static bool fail(struct reply_parser *parser, const char *error)
{
    parser->error = error;
    return false;
}

/* Room for one more child: doubling, so it follows what arrived and not what the header
 * promised. */
static struct reply_node *append_child(struct reply_node *parent)
{
    size_t count = parent->count;
    if (count == 0 || (count & (count - 1)) == 0) {
        size_t room = count == 0 ? 1 : count * 2;
        parent->items = mem_realloc(parent->items, room * sizeof(*parent->items));
    }
    parent->items[count] = (struct reply_node){0};
    parent->count = count + 1;
    return &parent->items[count];
}

static struct reply_node *begin_value(struct reply_parser *parser, enum reply_type type)
{
    struct reply_frame *frame = &parser->frames[parser->depth];
    struct reply_node *node = &parser->root;
    if (parser->depth > 0) {
        DEBUG_ASSERT(frame->missing > 0);
        frame->missing--;
        node = append_child(frame->node);
    }
    node->type = type;
    node->attributes = frame->attributes;
    frame->attributes = NULL;
    return node;
}

/* A value is whole; with it may be the aggregates around it. */
static void end_value(struct reply_parser *parser)
{
    while (parser->depth > 0) {
        struct reply_frame *frame = &parser->frames[parser->depth];
        if (frame->missing > 0) return;
        parser->depth--;
        if (frame->is_attribute) {
            struct reply_frame *parent = &parser->frames[parser->depth];
            clear_attributes(&parent->attributes);
            parent->attributes = frame->node;
            return;
        }
    }
    parser->is_complete = true;
}

static bool push_frame(struct reply_parser *parser, const struct reply_frame *frame)
{
    if (parser->depth == REPLY_DEPTH_MAX) return fail(parser, "reply is nested too deeply");
    parser->frames[++parser->depth] = *frame;
    return true;
}

/* ---- header lines, one reader per type byte */

struct header_rule {
    char byte;
    enum reply_type type;
    bool (*read)(struct reply_parser *parser, const struct header_rule *rule, struct str line);
};

static bool read_text(struct reply_parser *parser, const struct header_rule *rule, struct str line)
{
    buf_append_str(&begin_value(parser, rule->type)->text, line);
    end_value(parser);
    return true;
}

static bool parse_signed(struct str line, int64_t *number)
{
    if (line.len > 1 && line.ptr[0] == '+') line = str_from(line, 1);
    return num_parse_i64(line, number);
}

static bool read_integer(struct reply_parser *parser, const struct header_rule *rule,
                         struct str line)
{
    int64_t number;
    if (!parse_signed(line, &number)) return fail(parser, "bad integer in a reply");
    begin_value(parser, rule->type)->integer = number;
    end_value(parser);
    return true;
}

static bool read_nil(struct reply_parser *parser, const struct header_rule *rule, struct str line)
{
    if (line.len != 0) return fail(parser, "bad null in a reply");
    begin_value(parser, rule->type);
    end_value(parser);
    return true;
}

static bool read_bool(struct reply_parser *parser, const struct header_rule *rule, struct str line)
{
    bool is_true = str_eq(line, STR("t"));
    if (!is_true && !str_eq(line, STR("f"))) return fail(parser, "bad boolean in a reply");
    begin_value(parser, rule->type)->integer = is_true;
    end_value(parser);
    return true;
}

static bool parse_double(struct str line, double *number)
{
    if (str_is(line, "nan") || str_is(line, "-nan")) {
        *number = (double)NAN;
        return true;
    }
    return num_parse_double(line, number);
}

static bool read_double(struct reply_parser *parser, const struct header_rule *rule,
                        struct str line)
{
    double number;
    if (!parse_double(line, &number)) return fail(parser, "bad double in a reply");
    struct reply_node *node = begin_value(parser, rule->type);
    node->number = number;
    buf_append_str(&node->text, line);
    end_value(parser);
    return true;
}

static bool is_digits(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9') return false;
    }
    return s.len > 0;
}

static bool read_big_number(struct reply_parser *parser, const struct header_rule *rule,
                            struct str line)
{
    bool is_signed = line.len > 0 && (line.ptr[0] == '-' || line.ptr[0] == '+');
    if (!is_digits(str_from(line, is_signed))) return fail(parser, "bad big number in a reply");
    return read_text(parser, rule, line);
}

static bool read_body(struct reply_parser *parser, const struct header_rule *rule, struct str line)
{
    int64_t len;
    if (!parse_signed(line, &len) || len < -1 || (len > 0 && (uint64_t)len > BODY_MAX))
        return fail(parser, "bad string length in a reply");
    if (len == -1 && rule->type != REPLY_STRING)
        return fail(parser, "bad string length in a reply");
    if (len == -1) {
        begin_value(parser, REPLY_NIL);
        end_value(parser);
        return true;
    }
    parser->body = begin_value(parser, rule->type);
    parser->body_missing = (uint64_t)len;
    parser->ending_seen = 0;
    parser->phase = REPLY_PHASE_BODY;
    return true;
}

static bool parse_count(struct reply_parser *parser, struct str line, int64_t *count)
{
    if (parse_signed(line, count) && *count >= -1 && *count <= INT64_MAX / 2) return true;
    return fail(parser, "bad element count in a reply");
}

static bool read_aggregate(struct reply_parser *parser, const struct header_rule *rule,
                           struct str line)
{
    int64_t count;
    if (!parse_count(parser, line, &count)) return false;
    if (count == -1) {
        if (rule->type != REPLY_ARRAY) return fail(parser, "bad element count in a reply");
        begin_value(parser, REPLY_NIL);
        end_value(parser);
        return true;
    }
    if (rule->type == REPLY_PUSH && (parser->depth > 0 || count == 0))
        return fail(parser, "misplaced push message");
    uint64_t missing = (uint64_t)count * (rule->type == REPLY_MAP ? 2 : 1);
    struct reply_frame frame = {begin_value(parser, rule->type), missing, NULL, false};
    if (missing > 0) return push_frame(parser, &frame);
    end_value(parser);
    return true;
}

static bool read_attribute(struct reply_parser *parser, const struct header_rule *rule,
                           struct str line)
{
    int64_t count;
    if (!parse_count(parser, line, &count)) return false;
    if (count < 0) return fail(parser, "bad element count in a reply");
    if (count == 0) return true;
    if (parser->depth == REPLY_DEPTH_MAX) return fail(parser, "reply is nested too deeply");
    struct reply_frame frame = {mem_new(struct reply_node), (uint64_t)count * 2, NULL, true};
    frame.node->type = rule->type;
    return push_frame(parser, &frame);
}

static const struct header_rule HEADER_RULES[] = {
    {'$', REPLY_STRING, read_body},     {'+', REPLY_STATUS, read_text},
    {'-', REPLY_ERROR, read_text},      {':', REPLY_INTEGER, read_integer},
    {'*', REPLY_ARRAY, read_aggregate}, {'%', REPLY_MAP, read_aggregate},
    {'~', REPLY_SET, read_aggregate},   {'>', REPLY_PUSH, read_aggregate},
    {'_', REPLY_NIL, read_nil},         {'#', REPLY_BOOL, read_bool},
    {',', REPLY_DOUBLE, read_double},   {'(', REPLY_BIG_NUMBER, read_big_number},
    {'=', REPLY_VERBATIM, read_body},   {'!', REPLY_ERROR, read_body},
    {'|', REPLY_MAP, read_attribute},
};

static bool read_header(struct reply_parser *parser, struct str line)
{
    if (line.len == 0) return fail(parser, "empty line where a reply should begin");
    for (size_t i = 0; i < sizeof(HEADER_RULES) / sizeof(*HEADER_RULES); i++) {
        const struct header_rule *rule = &HEADER_RULES[i];
        if (rule->byte == line.ptr[0]) return rule->read(parser, rule, str_from(line, 1));
    }
    return fail(parser, "unknown type byte in a reply");
}

/* ---- bytes */

/* Cuts the next header line off *bytes. False: it has not ended yet, or is no line (then error
 * is set). */
static bool take_line(struct reply_parser *parser, struct str *bytes, struct str *line)
{
    const char *newline = bytes->len ? memchr(bytes->ptr, '\n', bytes->len) : NULL;
    size_t used = newline ? (size_t)(newline - bytes->ptr) + 1 : bytes->len;
    if (used > REPLY_LINE_MAX - parser->line.len) return fail(parser, "overlong line in a reply");
    struct str piece = str_first(*bytes, used);
    bool is_whole = newline && parser->line.len == 0;
    if (!is_whole) {
        buf_append_str(&parser->line, piece);
        piece = buf_str(&parser->line);
    }
    *bytes = str_from(*bytes, used);
    if (!newline) return false;
    if (piece.len < 2 || piece.ptr[piece.len - 2] != '\r')
        return fail(parser, "line in a reply does not end in CRLF");
    *line = str_first(piece, piece.len - 2);
    return true;
}

static bool end_body(struct reply_parser *parser)
{
    struct reply_node *node = parser->body;
    parser->phase = REPLY_PHASE_LINE;
    parser->body = NULL;
    if (node->type == REPLY_VERBATIM) {
        if (node->text.len < 4 || node->text.ptr[3] != ':')
            return fail(parser, "bad verbatim string in a reply");
        memcpy(node->format, node->text.ptr, 3);
        buf_consume(&node->text, 4);
    }
    end_value(parser);
    return true;
}

static bool take_body(struct reply_parser *parser, struct str *bytes)
{
    size_t used = bytes->len < parser->body_missing ? bytes->len : (size_t)parser->body_missing;
    buf_append(&parser->body->text, bytes->ptr, used);
    parser->body_missing -= used;
    *bytes = str_from(*bytes, used);
    while (parser->body_missing == 0 && bytes->len > 0) {
        if (*bytes->ptr != "\r\n"[parser->ending_seen])
            return fail(parser, "string in a reply does not end in CRLF");
        *bytes = str_from(*bytes, 1);
        if (++parser->ending_seen == 2) return end_body(parser);
    }
    return true;
}

static bool step_line(struct reply_parser *parser, struct str *bytes)
{
    struct str line;
    if (!take_line(parser, bytes, &line)) return parser->error == NULL;
    bool ok = read_header(parser, line);
    buf_clear(&parser->line);
    return ok;
}

enum reply_verdict reply_parser_step(struct reply_parser *parser, struct str *bytes)
{
    while (!parser->error && !parser->is_complete && bytes->len > 0) {
        switch (parser->phase) {
        case REPLY_PHASE_LINE:
            step_line(parser, bytes);
            break;
        case REPLY_PHASE_BODY:
            take_body(parser, bytes);
            break;
        }
    }
    if (parser->error) return REPLY_BAD;
    return parser->is_complete ? REPLY_READY : REPLY_MORE;
}

void reply_parser_take(struct reply_parser *parser, struct reply_node *node)
{
    ASSERT(parser->is_complete);
    *node = parser->root;
    parser->root = (struct reply_node){0};
    parser->is_complete = false;
}

const char *reply_parser_error(const struct reply_parser *parser)
{
    return parser->error ? parser->error : "";
}

bool reply_parser_is_idle(const struct reply_parser *parser)
{
    return !parser->is_complete && parser->depth == 0 && parser->phase == REPLY_PHASE_LINE &&
           parser->line.len == 0 && !parser->frames[0].attributes;
}

void reply_parser_deinit(struct reply_parser *parser)
{
    for (unsigned i = 0; i <= parser->depth; i++) {
        struct reply_frame *frame = &parser->frames[i];
        if (frame->is_attribute) clear_attributes(&frame->node);
        clear_attributes(&frame->attributes);
    }
    reply_node_clear(&parser->root);
    buf_deinit(&parser->line);
    *parser = (struct reply_parser){0};
}
