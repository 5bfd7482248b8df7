#include "command/syntax.h"

#include "base/mem.h"

struct parser {
    struct str rest;
    bool failed;
};

/* --- a list of arguments --- */

static struct syntax_arg *append(struct syntax_arg *parent, struct syntax_arg arg)
{
    parent->children = mem_realloc(parent->children, (parent->count + 1) * sizeof(arg));
    parent->children[parent->count] = arg;
    return &parent->children[parent->count++];
}

void syntax_deinit(struct syntax_arg *arg)
{
    for (size_t i = 0; i < arg->count; i++) syntax_deinit(&arg->children[i]);
    mem_free(arg->children);
    *arg = (struct syntax_arg){0};
}

/* The last `count` children become one block. */
static struct syntax_arg *fold_last(struct syntax_arg *parent, size_t count)
{
    struct syntax_arg block = {.kind = SYNTAX_BLOCK};
    size_t from = parent->count - count;
    for (size_t i = from; i < parent->count; i++) append(&block, parent->children[i]);
    parent->count = from;
    return append(parent, block);
}

static bool is_plain_word(const struct syntax_arg *arg)
{
    return arg->kind == SYNTAX_WORD && !arg->optional && !arg->multiple;
}

/* "LIMIT offset count" is one token before a block of two words, not a word with a token and
 * another word. */
static void hoist_token(struct syntax_arg *block)
{
    struct syntax_arg *first = &block->children[0];
    for (size_t i = 0; i < block->count; i++) {
        if (!is_plain_word(&block->children[i])) return;
        if (i > 0 && block->children[i].token.len) return;
    }
    block->token = first->token;
    first->token = STR("");
}

/* A sequence of one argument is that argument. Takes `sequence`. */
static struct syntax_arg collapse(struct syntax_arg sequence)
{
    if (sequence.count == 1) {
        struct syntax_arg only = sequence.children[0];
        mem_free(sequence.children);
        return only;
    }
    if (sequence.count > 1) hoist_token(&sequence);
    return sequence;
}

/* --- words --- */

static void skip_spaces(struct parser *parser)
{
    while (parser->rest.len && parser->rest.ptr[0] == ' ') parser->rest = str_from(parser->rest, 1);
}

static char peek(struct parser *parser)
{
    skip_spaces(parser);
    return parser->rest.len ? parser->rest.ptr[0] : '\0';
}

static void skip(struct parser *parser, char expected)
{
    if (peek(parser) != expected)
        parser->failed = true;
    else
        parser->rest = str_from(parser->rest, 1);
}

static struct str take_word(struct parser *parser)
{
    size_t len = 0;
    while (len < parser->rest.len && !strchr(" []<>|@", parser->rest.ptr[len])) len++;
    struct str word = str_first(parser->rest, len);
    parser->rest = str_from(parser->rest, len);
    if (len == 0) parser->failed = true;
    return word;
}

/* Tokens are written in capitals or are signs. */
static bool is_token(struct str word)
{
    for (size_t i = 0; i < word.len; i++) {
        if (word.ptr[i] >= 'a' && word.ptr[i] <= 'z') return false;
    }
    return word.len > 0;
}

static bool begins_value(struct parser *parser)
{
    char next = peek(parser);
    if (next == '<') return true;
    struct parser ahead = *parser;
    return next && !strchr("[]>|@", next) && !is_token(take_word(&ahead));
}

/* --- repetition --- */

/* The text up to the bracket that closes the one at its start. */
static struct str inside_brackets(struct str text)
{
    int depth = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '[') depth++;
        if (text.ptr[i] == ']' && --depth == 0) return str_first(str_from(text, 1), i - 1);
    }
    return STR("");
}

static bool is_repetition(struct parser *parser)
{
    return peek(parser) == '[' && str_ends_with(inside_brackets(parser->rest), STR(" ..."));
}

static void parse_alternatives(struct parser *parser, struct syntax_arg *group);

/* How many arguments of a sequence the repeated text stands for, and whether it begins with their
 * token. */
static size_t measure_repeated(struct str text, bool *with_token)
{
    struct parser parser = {.rest = text};
    struct syntax_arg group = {0};
    parse_alternatives(&parser, &group);
    size_t count = group.count == 1 ? group.children[0].count : 1;
    const struct syntax_arg *first = group.count ? &group.children[0] : &group;
    *with_token = first->count && first->children[0].token.len;
    syntax_deinit(&group);
    return count;
}

/* "[x ...]" says that the x before it may be repeated. */
static void apply_repetition(struct parser *parser, struct syntax_arg *sequence)
{
    struct str inside = inside_brackets(parser->rest);
    bool with_token = false;
    size_t count = measure_repeated(str_first(inside, inside.len - strlen(" ...")), &with_token);
    parser->rest = str_from(parser->rest, inside.len + 2);
    if (count == 0 || count > sequence->count) {
        parser->failed = true;
        return;
    }
    struct syntax_arg *repeated = &sequence->children[sequence->count - 1];
    if (count > 1) repeated = fold_last(sequence, count);
    repeated->multiple = true;
    repeated->multiple_token = with_token && repeated->token.len && count == 1;
}

/* --- groups --- */

/* What stands between brackets: one sequence, or alternatives. */
static struct syntax_arg parse_group(struct parser *parser, char open, char close)
{
    struct syntax_arg group = {0}, result = {.kind = SYNTAX_ONEOF};
    skip(parser, open);
    parse_alternatives(parser, &group);
    skip(parser, close);
    for (size_t i = 0; i < group.count; i++) {
        struct syntax_arg one = collapse(group.children[i]);
        if (group.count == 1)
            result = one;
        else
            append(&result, one);
    }
    mem_free(group.children);
    return result;
}

static struct syntax_arg parse_item(struct parser *parser);

static struct syntax_arg parse_unversioned(struct parser *parser)
{
    if (peek(parser) == '<') return parse_group(parser, '<', '>');
    if (peek(parser) == '[') {
        struct syntax_arg arg = parse_group(parser, '[', ']');
        arg.optional = true;
        return arg;
    }
    struct str word = take_word(parser);
    if (!is_token(word)) return (struct syntax_arg){.kind = SYNTAX_WORD, .name = word};
    if (!begins_value(parser)) {
        return (struct syntax_arg){.kind = SYNTAX_TOKEN, .name = word, .token = word};
    }
    struct syntax_arg value = parse_item(parser);
    value.token = word;
    return value;
}

/* "@6.2.0" directly behind an argument is the version it came with. */
static struct syntax_arg parse_item(struct parser *parser)
{
    struct syntax_arg arg = parse_unversioned(parser);
    if (parser->rest.len && parser->rest.ptr[0] == '@') {
        skip(parser, '@');
        arg.since = take_word(parser);
    }
    return arg;
}

static void parse_sequence(struct parser *parser, struct syntax_arg *sequence)
{
    while (!parser->failed && peek(parser) && !strchr("|]>", peek(parser))) {
        if (is_repetition(parser))
            apply_repetition(parser, sequence);
        else
            append(sequence, parse_item(parser));
    }
    if (sequence->count == 0) parser->failed = true;
}

static void parse_alternatives(struct parser *parser, struct syntax_arg *group)
{
    for (;;) {
        struct syntax_arg *sequence = append(group, (struct syntax_arg){.kind = SYNTAX_BLOCK});
        parse_sequence(parser, sequence);
        if (parser->failed || peek(parser) != '|') return;
        skip(parser, '|');
    }
}

bool syntax_parse(struct str text, struct syntax_arg *top)
{
    struct parser parser = {.rest = text};
    *top = (struct syntax_arg){.kind = SYNTAX_BLOCK};
    if (text.len == 0) return true;
    parse_sequence(&parser, top);
    if (!parser.failed && !peek(&parser)) return true;
    syntax_deinit(top);
    return false;
}

/* --- types --- */

/* Names that mean something else than a string. */
static const struct {
    const char *name, *type;
} WORD_TYPES[] = {
    {"key", "key"},
    {"key1", "key"},
    {"key2", "key"},
    {"newkey", "key"},
    {"source", "key"},
    {"destination", "key"},
    {"destkey", "key"},
    {"dst", "key"},
    {"src", "key"},
    {"sourcekey", "key"},
    {"destinationkey", "key"},
    {"pattern", "pattern"},
    {"unix-time-seconds", "unix-time"},
    {"unix-time-milliseconds", "unix-time"},
    {"score", "double"},
    {"longitude", "double"},
    {"latitude", "double"},
    {"radius", "double"},
    {"width", "double"},
    {"height", "double"},
    {"timeout", "double"},
    {"bit", "integer"},
    {"client-id", "integer"},
    {"count", "integer"},
    {"cursor", "integer"},
    {"db", "integer"},
    {"decrement", "integer"},
    {"destination-db", "integer"},
    {"end", "integer"},
    {"entries-added", "integer"},
    {"entries-read", "integer"},
    {"entries_read", "integer"},
    {"frequency", "integer"},
    {"increment", "integer"},
    {"index", "integer"},
    {"index1", "integer"},
    {"index2", "integer"},
    {"len", "integer"},
    {"length", "integer"},
    {"milliseconds", "integer"},
    {"ms", "integer"},
    {"num-matches", "integer"},
    {"numkeys", "integer"},
    {"numlocal", "integer"},
    {"numreplicas", "integer"},
    {"offset", "integer"},
    {"port", "integer"},
    {"protover", "integer"},
    {"rank", "integer"},
    {"seconds", "integer"},
    {"start", "integer"},
    {"stop", "integer"},
    {"ttl", "integer"},
    {"weight", "integer"},
};

static const char *word_type(struct str name)
{
    for (size_t i = 0; i < sizeof(WORD_TYPES) / sizeof(WORD_TYPES[0]); i++) {
        if (str_eq(name, str_from_c(WORD_TYPES[i].name))) return WORD_TYPES[i].type;
    }
    return "string";
}

const char *syntax_type_name(const struct syntax_arg *arg)
{
    switch (arg->kind) {
    case SYNTAX_WORD:
        return word_type(arg->name);
    case SYNTAX_TOKEN:
        return "pure-token";
    case SYNTAX_ONEOF:
        return "oneof";
    case SYNTAX_BLOCK:
        return "block";
    }
    return "string";
}
