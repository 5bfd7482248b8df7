#include "base/mem.h"
#include "base/num.h"
#include "server/config_kind.h"
#include "server/config_words.h"

static bool is_empty_list(struct config_args args)
{
    return args.count == 0 || (args.count == 1 && args.list[0].len == 0);
}

/* --- words --- */

/* What would not survive being joined by spaces is no word. */
static bool is_plain_word(struct str word)
{
    for (size_t i = 0; i < word.len; i++) {
        unsigned char c = (unsigned char)word.ptr[i];
        if (c <= ' ' || c == '"' || c == '\'' || c == 0x7f) return false;
    }
    return word.len > 0;
}

static bool parse_words(const struct config_option *option, struct config_args args, void *field,
                        struct buf *reason)
{
    (void)option;
    if (is_empty_list(args)) return true;
    for (size_t i = 0; i < args.count; i++) {
        if (is_plain_word(args.list[i])) continue;
        buf_append_c(reason, "argument(s) must be words without spaces or quotes");
        return false;
    }
    *(struct config_words *)field = config_words_new(args);
    return true;
}

static void format_words(const struct config_option *option, const void *field, struct buf *out)
{
    (void)option;
    const struct config_words *words = field;
    for (size_t i = 0; i < words->count; i++) {
        buf_printf(out, "%s%s", i ? " " : "", words->words[i]);
    }
}

static void write_words_line(const struct config_option *option, const void *field, struct buf *out)
{
    const struct config_words *words = field;
    buf_append_c(out, option->name);
    if (words->count == 0) buf_append_c(out, " \"\"");
    config_words_write(words, out);
    buf_append_char(out, '\n');
}

static void copy_words(void *to, const void *from)
{
    *(struct config_words *)to = config_words_copy(from);
}

static void clear_words(void *field)
{
    config_words_clear(field);
}

const struct config_kind config_kind_words = {.noun = "words",
                                              .parse = parse_words,
                                              .format = format_words,
                                              .lines = write_words_line,
                                              .copy = copy_words,
                                              .clear = clear_words};

/* --- percentiles --- */

static bool parse_percentile(struct str text, double *value, struct buf *reason)
{
    if (!num_parse_double(text, value)) {
        buf_append_c(reason, "Invalid latency-tracking-info-percentiles parameters");
        return false;
    }
    if (*value >= 0.0 && *value <= 100.0) return true;
    buf_append_c(reason, "latency-tracking-info-percentiles parameters should sit between "
                         "[0.0,100.0]");
    return false;
}

static bool parse_percentiles(const struct config_option *option, struct config_args args,
                              void *field, struct buf *reason)
{
    (void)option;
    struct config_percentiles *list = field;
    if (is_empty_list(args)) return true;
    list->values = mem_alloc(args.count * sizeof(*list->values));
    for (; list->count < args.count; list->count++) {
        double *value = &list->values[list->count];
        if (!parse_percentile(args.list[list->count], value, reason)) return false;
    }
    return true;
}

/* Six decimals, without zeros at the end. */
static void append_percentile(struct buf *out, double value)
{
    buf_printf(out, "%.6f", value);
    while (out->ptr[out->len - 1] == '0') out->len--;
    if (out->ptr[out->len - 1] == '.') out->len--;
}

static void format_percentiles(const struct config_option *option, const void *field,
                               struct buf *out)
{
    (void)option;
    const struct config_percentiles *list = field;
    for (size_t i = 0; i < list->count; i++) {
        if (i) buf_append_char(out, ' ');
        append_percentile(out, list->values[i]);
    }
}

static void write_percentiles_line(const struct config_option *option, const void *field,
                                   struct buf *out)
{
    const struct config_percentiles *list = field;
    buf_printf(out, "%s ", option->name);
    if (list->count == 0) buf_append_c(out, "\"\"");
    format_percentiles(option, field, out);
    buf_append_char(out, '\n');
}

static void copy_percentiles(void *to, const void *from)
{
    const struct config_percentiles *list = from;
    struct config_percentiles copy = {0};
    if (list->count > 0) {
        copy.values = mem_alloc(list->count * sizeof(*copy.values));
        memcpy(copy.values, list->values, list->count * sizeof(*copy.values));
        copy.count = list->count;
    }
    *(struct config_percentiles *)to = copy;
}

static void clear_percentiles(void *field)
{
    struct config_percentiles *list = field;
    mem_free(list->values);
    *list = (struct config_percentiles){0};
}

const struct config_kind config_kind_percentiles = {.noun = "percentages",
                                                    .parse = parse_percentiles,
                                                    .format = format_percentiles,
                                                    .lines = write_percentiles_line,
                                                    .copy = copy_percentiles,
                                                    .clear = clear_percentiles};

/* --- save points --- */

static void add_save_point(struct config_save_points *points, int64_t seconds, int changes)
{
    points->items = mem_realloc(points->items, (points->count + 1) * sizeof(*points->items));
    points->items[points->count++] = (struct config_save_point){seconds, changes};
}

static void clear_save(void *field)
{
    struct config_save_points *points = field;
    mem_free(points->items);
    *points = (struct config_save_points){0};
}

static bool parse_save(const struct config_option *option, struct config_args args, void *field,
                       struct buf *reason)
{
    (void)option;
    if (is_empty_list(args)) {
        clear_save(field);
        return true;
    }
    bool good = args.count % 2 == 0;
    for (size_t i = 0; good && i < args.count; i += 2) {
        int64_t seconds, changes;
        good = num_parse_i64(args.list[i], &seconds) && seconds >= 1 &&
               num_parse_i64(args.list[i + 1], &changes) && changes >= 0 && changes <= INT_MAX;
        if (good) add_save_point(field, seconds, (int)changes);
    }
    if (!good) buf_append_c(reason, "Invalid save parameters");
    return good;
}

static void format_save(const struct config_option *option, const void *field, struct buf *out)
{
    (void)option;
    const struct config_save_points *points = field;
    for (size_t i = 0; i < points->count; i++) {
        buf_printf(out, "%s%lld %d", i ? " " : "", (long long)points->items[i].seconds,
                   points->items[i].changes);
    }
}

static void write_save_lines(const struct config_option *option, const void *field, struct buf *out)
{
    const struct config_save_points *points = field;
    if (points->count == 0) buf_printf(out, "%s \"\"\n", option->name);
    for (size_t i = 0; i < points->count; i++) {
        buf_printf(out, "%s %lld %d\n", option->name, (long long)points->items[i].seconds,
                   points->items[i].changes);
    }
}

static void copy_save(void *to, const void *from)
{
    const struct config_save_points *points = from;
    struct config_save_points copy = {0};
    for (size_t i = 0; i < points->count; i++) {
        add_save_point(&copy, points->items[i].seconds, points->items[i].changes);
    }
    *(struct config_save_points *)to = copy;
}

const struct config_kind config_kind_save = {.noun = "seconds and changes, in pairs",
                                             .parse = parse_save,
                                             .format = format_save,
                                             .lines = write_save_lines,
                                             .copy = copy_save,
                                             .clear = clear_save};

/* --- OOM scores --- */

enum { OOM_LIMIT = 2000 };

static bool parse_oom_values(const struct config_option *option, struct config_args args,
                             void *field, struct buf *reason)
{
    (void)option;
    int *values = field;
    if (args.count != CONFIG_OOM_VALUES) {
        buf_append_c(reason, "wrong number of arguments");
        return false;
    }
    for (size_t i = 0; i < CONFIG_OOM_VALUES; i++) {
        int64_t value;
        if (!num_parse_i64(args.list[i], &value) || value < -OOM_LIMIT || value > OOM_LIMIT) {
            buf_append_c(reason, "Invalid oom-score-adj-values, elements must be between -2000 and "
                                 "2000.");
            return false;
        }
        values[i] = (int)value;
    }
    return true;
}

static void format_oom_values(const struct config_option *option, const void *field,
                              struct buf *out)
{
    (void)option;
    const int *values = field;
    buf_printf(out, "%d %d %d", values[0], values[1], values[2]);
}

static void write_oom_line(const struct config_option *option, const void *field, struct buf *out)
{
    buf_printf(out, "%s ", option->name);
    format_oom_values(option, field, out);
    buf_append_char(out, '\n');
}

const struct config_kind config_kind_oom_values = {.noun = "three numbers",
                                                   .parse = parse_oom_values,
                                                   .format = format_oom_values,
                                                   .lines = write_oom_line};
