#include "unit/command/requests.h"

#include "base/mem.h"

#include <stdio.h>

enum { KEYS_PER_TYPE = 2, ELSEWHERE_ONE_IN = 20 };

/* --- values --- */

/* Keys are named by the type they mostly have. */
static const char *const TYPES[] = {"string", "list",   "set", "zset",
                                    "hash",   "stream", "geo", "hll"};
enum { TYPE_COUNT = sizeof(TYPES) / sizeof(TYPES[0]) };

static uint64_t below(struct request_source *source, uint64_t bound)
{
    return prng_below(&source->prng, bound);
}

static void append_key(struct request_source *source, const char *type, struct buf *out)
{
    if (below(source, ELSEWHERE_ONE_IN) == 0) type = TYPES[below(source, TYPE_COUNT)];
    buf_printf(out, "%s:%u", type, (unsigned)below(source, KEYS_PER_TYPE));
}

static const char *const VALUES[] = {
    "a",
    "b",
    "",
    "10",
    "-3",
    "1.5",
    "007",
    "hello world",
    "foobar",
    "a value that is longer than what fits into an integer or a short string of forty-four bytes",
};
static const char *const SCORES[] = {"0", "1", "2", "-1", "1.5", "3e2", "inf", "-inf", "0.1"};
static const char *const FLOATS[] = {"0", "1", "0.1", "-2.25", "3.0e3", "5e-3"};
/* None makes a zero with a sign, which only the big form of sorted sets keeps. */
static const char *const WEIGHTS[] = {"1", "0.5", "3"};
static const char *const INTEGERS[] = {"0", "1", "2", "-1", "5", "-7", "100"};
static const char *const LONS[] = {"13.361389", "15.087269", "0", "-122.4", "179.99", "14"};
static const char *const LATS[] = {"38.115556", "37.502669", "0", "85", "-85.05", "37.8"};
static const char *const RADII[] = {"100", "200.5", "5000", "1"};
static const char *const PATTERNS[] = {"nosort", "string:*", "hash:*->f1", "none_*"};

#define ONE_OF(list_)                                                                              \
    {                                                                                              \
        .values = (list_), .count = sizeof(list_) / sizeof((list_)[0])                             \
    }
#define NUMBERED(prefix_, count_)                                                                  \
    {                                                                                              \
        .prefix = (prefix_), .count = (count_)                                                     \
    }

/* A word from a list, or a prefix with a number. */
static const struct domain {
    const char *name;
    struct words_of {
        const char *const *values;
        const char *prefix;
        size_t count;
    } words;
} DOMAINS[] = {
    {"value", ONE_OF(VALUES)},     {"score", ONE_OF(SCORES)},       {"float", ONE_OF(FLOATS)},
    {"weight", ONE_OF(WEIGHTS)},   {"int", ONE_OF(INTEGERS)},       {"lon", ONE_OF(LONS)},
    {"lat", ONE_OF(LATS)},         {"radius", ONE_OF(RADII)},       {"pattern", ONE_OF(PATTERNS)},
    {"member", NUMBERED("m", 12)}, {"number", NUMBERED("", 12)},    {"field", NUMBERED("f", 8)},
    {"element", NUMBERED("e", 6)}, {"count", NUMBERED("", 4)},      {"offset", NUMBERED("", 40)},
    {"bit", NUMBERED("", 2)},      {"group", NUMBERED("g", 2)},     {"consumer", NUMBERED("c", 3)},
    {"db", NUMBERED("", 3)},       {"library", NUMBERED("lib", 2)}, {"index", NUMBERED("", 5)},
};

static bool append_word(struct request_source *source, struct str name, struct buf *out)
{
    for (size_t i = 0; i < sizeof(DOMAINS) / sizeof(DOMAINS[0]); i++) {
        const struct words_of *words = &DOMAINS[i].words;
        if (!str_is(name, DOMAINS[i].name)) continue;
        uint64_t pick = below(source, words->count);
        if (words->values)
            buf_append_c(out, words->values[pick]);
        else
            buf_printf(out, "%s%u", words->prefix, (unsigned)pick);
        return true;
    }
    return false;
}

/* Times are near, so that keys expire between two requests. */
static bool append_time(struct request_source *source, struct str name, struct buf *out)
{
    int64_t soon = 1 + (int64_t)below(source, 3000), ahead = (int64_t)below(source, 5);
    if (str_is(name, "ms"))
        buf_append_i64(out, soon);
    else if (str_is(name, "s"))
        buf_append_i64(out, 1 + ahead);
    else if (str_is(name, "atms"))
        buf_append_i64(out, source->now_ms + soon - 200);
    else if (str_is(name, "ats"))
        buf_append_i64(out, source->now_ms / 1000 + ahead);
    else
        return false;
    return true;
}

/* A new id is one that XADD takes; others mean one of the latest new ones. */
static bool append_id(struct request_source *source, struct str name, struct buf *out)
{
    uint64_t back = below(source, REQUEST_IDS), id = source->ids;
    if (str_is(name, "newid"))
        id = ++source->ids;
    else if (str_is(name, "id"))
        id = id > back ? id - back : 1;
    else
        return false;
    buf_printf(out, "%lld-%llu", (long long)REQUEST_IDS_MS, (unsigned long long)id);
    return true;
}

static bool append_value(struct request_source *source, struct str name, struct buf *out)
{
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        if (!str_is(name, TYPES[i])) continue;
        append_key(source, TYPES[i], out);
        return true;
    }
    if (str_is(name, "any")) {
        append_key(source, TYPES[below(source, TYPE_COUNT)], out);
        return true;
    }
    return append_word(source, name, out) || append_time(source, name, out) ||
           append_id(source, name, out) ||
           (source->special && source->special(source->owner, name, out));
}

/* --- templates --- */

struct drawing {
    struct request_source *source;
    struct request *request;
    bool failed;
};

static void add_word(struct drawing *drawing, struct str word)
{
    struct request *request = drawing->request;
    if (request->argc == REQUEST_WORDS_MAX) return;
    request->starts[request->argc++] = request->bytes.len;
    if (word.len > 2 && word.ptr[0] == '<') {
        struct str name = str_of(word.ptr + 1, word.len - 2);
        if (!append_value(drawing->source, name, &request->bytes)) drawing->failed = true;
    } else {
        buf_append_str(&request->bytes, word);
    }
}

/* The end of the group that begins at `text`, which stands behind its opening bracket. */
static const char *group_end(const char *text)
{
    for (int depth = 1;; text++) {
        if (*text == '(' || *text == '[') depth++;
        if (*text == ')' || *text == ']') depth--;
        if (depth == 0) return text;
    }
}

static void draw_choice(struct drawing *drawing, const char *from, const char *to);

static void draw_group(struct drawing *drawing, const char *text, const char *end)
{
    bool repeats = end[1] == '+';
    if (*text == '[' && below(drawing->source, 2)) return;
    uint64_t times = repeats ? 1 + below(drawing->source, 3) : 1;
    for (; times; times--) draw_choice(drawing, text + 1, end);
}

/* Words and groups up to `to`. */
static void draw_sequence(struct drawing *drawing, const char *at, const char *to)
{
    while (at < to) {
        if (*at == ' ') {
            at++;
        } else if (*at == '(' || *at == '[') {
            const char *end = group_end(at + 1);
            draw_group(drawing, at, end);
            at = end + (end[1] == '+' ? 2 : 1);
        } else {
            const char *end = at;
            while (end < to && *end != ' ' && *end != '(' && *end != '[') end++;
            bool repeats = end[-1] == '+' && at[0] == '<';
            struct str word = str_of(at, (size_t)(end - at) - repeats);
            uint64_t times = repeats ? 1 + below(drawing->source, 3) : 1;
            for (; times; times--) add_word(drawing, word);
            at = end;
        }
    }
}

static const char *next_bar(const char *at, const char *to)
{
    for (int depth = 0; at < to; at++) {
        if (*at == '(' || *at == '[') depth++;
        if (*at == ')' || *at == ']') depth--;
        if (*at == '|' && depth == 0) return at;
    }
    return to;
}

static void draw_choice(struct drawing *drawing, const char *from, const char *to)
{
    uint64_t branches = 1;
    for (const char *at = next_bar(from, to); at < to; at = next_bar(at + 1, to)) branches++;
    for (uint64_t pick = below(drawing->source, branches); pick; pick--)
        from = next_bar(from, to) + 1;
    draw_sequence(drawing, from, next_bar(from, to));
}

bool request_draw(struct request_source *source, const char *template, struct request *request)
{
    struct drawing drawing = {.source = source, .request = request};
    buf_clear(&request->bytes);
    request->argc = 0;
    draw_choice(&drawing, template, template + strlen(template));
    request->starts[request->argc] = request->bytes.len;
    for (int i = 0; i < request->argc; i++) {
        size_t start = request->starts[i];
        request->argv[i] = str_of(request->bytes.ptr + start, request->starts[i + 1] - start);
    }
    return !drawing.failed;
}

void request_deinit(struct request *request)
{
    buf_deinit(&request->bytes);
}
