#include "base/assert.h"
#include "base/mem.h"
#include "base/num.h"
#include "server/config_kind.h"
#include "server/config_size.h"

/* --- integers of any width --- */

static void store_integer(const struct config_option *option, void *field, int64_t number)
{
    if (option->size == sizeof(int32_t)) {
        uint32_t narrow = (uint32_t)number;
        memcpy(field, &narrow, sizeof(narrow));
    } else {
        ASSERT(option->size == sizeof(number));
        memcpy(field, &number, sizeof(number));
    }
}

static int64_t load_integer(const struct config_option *option, const void *field)
{
    int64_t number;
    if (option->size == sizeof(int32_t)) {
        uint32_t narrow;
        memcpy(&narrow, field, sizeof(narrow));
        /* Only a row that allows negative numbers has a signed value to extend. */
        number = option->min < 0 ? (int64_t)(int32_t)narrow : (int64_t)narrow;
    } else {
        memcpy(&number, field, sizeof(number));
    }
    return number;
}

static void refuse_range(int64_t low, int64_t high, struct buf *reason)
{
    buf_printf(reason, "argument must be between %lld and %lld inclusive", (long long)low,
               (long long)high);
}

static bool in_limits(const struct config_option *option, int64_t number, struct buf *reason)
{
    if (number >= option->min && number <= option->max) return true;
    if (option->kind == &config_kind_octal) {
        buf_printf(reason, "argument must be between %llo and %llo inclusive",
                   (unsigned long long)option->min, (unsigned long long)option->max);
    } else {
        refuse_range(option->min, option->max, reason);
    }
    return false;
}

static int64_t clamp(const struct config_option *option, int64_t number)
{
    if (number < option->min) return option->min;
    return number > option->max ? option->max : number;
}

static void format_integer(const struct config_option *option, const void *field, struct buf *out)
{
    buf_append_i64(out, load_integer(option, field));
}

/* --- numbers --- */

static bool read_number(struct str text, int64_t *number, struct buf *reason)
{
    if (num_parse_i64(text, number)) return true;
    buf_append_c(reason, "argument couldn't be parsed into an integer");
    return false;
}

static bool parse_number(const struct config_option *option, struct config_args args, void *field,
                         struct buf *reason)
{
    int64_t number;
    if (!read_number(args.list[0], &number, reason) || !in_limits(option, number, reason)) {
        return false;
    }
    store_integer(option, field, number);
    return true;
}

const struct config_kind config_kind_number = {
    .noun = "number", .parse = parse_number, .format = format_integer};

static bool parse_clamped(const struct config_option *option, struct config_args args, void *field,
                          struct buf *reason)
{
    int64_t number;
    if (!read_number(args.list[0], &number, reason)) return false;
    if (number < 0 || number > INT_MAX) {
        refuse_range(0, INT_MAX, reason);
        return false;
    }
    store_integer(option, field, clamp(option, number));
    return true;
}

const struct config_kind config_kind_clamped = {
    .noun = "number", .parse = parse_clamped, .format = format_integer};

static bool parse_octal(const struct config_option *option, struct config_args args, void *field,
                        struct buf *reason)
{
    struct str text = args.list[0];
    int64_t number = 0;
    bool good = text.len > 0 && text.len < 20;
    for (size_t i = 0; good && i < text.len; i++) {
        good = text.ptr[i] >= '0' && text.ptr[i] <= '7';
        number = number * 8 + (text.ptr[i] - '0');
    }
    if (!good) {
        buf_append_c(reason, "argument couldn't be parsed as an octal number");
        return false;
    }
    if (!in_limits(option, number, reason)) return false;
    store_integer(option, field, number);
    return true;
}

static void format_octal(const struct config_option *option, const void *field, struct buf *out)
{
    buf_printf(out, "%llo", (unsigned long long)load_integer(option, field));
}

const struct config_kind config_kind_octal = {
    .noun = "octal number", .parse = parse_octal, .format = format_octal};

/* --- memory --- */

static bool read_memory(const struct config_option *option, struct str text, int64_t *bytes,
                        struct buf *reason)
{
    int64_t low = option->kind == &config_kind_memory ? option->min : 1;
    switch (config_size_parse(text, bytes)) {
    case CONFIG_SIZE_GOOD:
        if (*bytes >= low && *bytes <= option->max) return true;
        break;
    case CONFIG_SIZE_TOO_BIG:
        break;
    case CONFIG_SIZE_MALFORMED:
        buf_append_c(reason, "argument must be a memory value");
        return false;
    }
    refuse_range(low, option->max, reason);
    return false;
}

static bool parse_memory(const struct config_option *option, struct config_args args, void *field,
                         struct buf *reason)
{
    int64_t bytes;
    if (!read_memory(option, args.list[0], &bytes, reason)) return false;
    store_integer(option, field, clamp(option, bytes));
    return true;
}

static void write_memory_line(const struct config_option *option, const void *field,
                              struct buf *out)
{
    buf_printf(out, "%s ", option->name);
    config_size_format(out, load_integer(option, field));
    buf_append_char(out, '\n');
}

const struct config_kind config_kind_memory = {.noun = "memory size",
                                               .parse = parse_memory,
                                               .format = format_integer,
                                               .lines = write_memory_line};
const struct config_kind config_kind_memory_clamped = {.noun = "memory size",
                                                       .parse = parse_memory,
                                                       .format = format_integer,
                                                       .lines = write_memory_line};

static bool parse_percent(struct str text, int64_t *percent, struct buf *reason)
{
    if (!num_parse_i64(str_first(text, text.len - 1), percent) || *percent < 0) {
        buf_append_c(reason, "argument must be a memory or percent value");
        return false;
    }
    if (*percent <= 100) return true;
    buf_append_c(reason, "percentage argument must be less or equal to 100");
    return false;
}

static bool parse_memory_or_percent(const struct config_option *option, struct config_args args,
                                    void *field, struct buf *reason)
{
    struct str text = args.list[0];
    int64_t number;
    if (str_ends_with(text, STR("%"))) {
        if (!parse_percent(text, &number, reason)) return false;
        number = -number;
    } else if (config_size_parse(text, &number) != CONFIG_SIZE_GOOD) {
        buf_append_c(reason, "argument must be a memory or percent value");
        return false;
    }
    store_integer(option, field, number);
    return true;
}

static int64_t load_memory_or_percent(const void *field)
{
    int64_t number;
    memcpy(&number, field, sizeof(number));
    return number;
}

static void format_memory_or_percent(const struct config_option *option, const void *field,
                                     struct buf *out)
{
    (void)option;
    int64_t number = load_memory_or_percent(field);
    if (number < 0) {
        buf_printf(out, "%lld%%", (long long)-number);
    } else {
        buf_append_i64(out, number);
    }
}

static void write_memory_or_percent_line(const struct config_option *option, const void *field,
                                         struct buf *out)
{
    int64_t number = load_memory_or_percent(field);
    buf_printf(out, "%s ", option->name);
    if (number < 0) {
        format_memory_or_percent(option, field, out);
    } else {
        config_size_format(out, number);
    }
    buf_append_char(out, '\n');
}

const struct config_kind config_kind_memory_or_percent = {.noun = "memory size or percentage",
                                                          .parse = parse_memory_or_percent,
                                                          .format = format_memory_or_percent,
                                                          .lines = write_memory_or_percent_line};

/* --- yes and no, enumerations, flags --- */

static bool parse_bool(const struct config_option *option, struct config_args args, void *field,
                       struct buf *reason)
{
    (void)option;
    bool yes = str_is(args.list[0], "yes");
    if (!yes && !str_is(args.list[0], "no")) {
        buf_append_c(reason, "argument must be 'yes' or 'no'");
        return false;
    }
    *(bool *)field = yes;
    return true;
}

static void format_bool(const struct config_option *option, const void *field, struct buf *out)
{
    (void)option;
    buf_append_c(out, *(const bool *)field ? "yes" : "no");
}

const struct config_kind config_kind_bool = {
    .noun = "yes or no", .parse = parse_bool, .format = format_bool};

static const struct config_name *find_name(const struct config_name *names, struct str text)
{
    for (; names->name; names++) {
        if (str_is(text, names->name)) return names;
    }
    return NULL;
}

static void list_names(const struct config_option *option, struct buf *reason)
{
    const char *separator = "argument(s) must be one of the following: ";
    for (const struct config_name *name = option->names; name->name; name++) {
        buf_append_c(reason, separator);
        buf_append_c(reason, name->name);
        separator = ", ";
    }
}

static bool parse_enum(const struct config_option *option, struct config_args args, void *field,
                       struct buf *reason)
{
    const struct config_name *name = find_name(option->names, args.list[0]);
    if (!name) {
        list_names(option, reason);
        return false;
    }
    store_integer(option, field, name->value);
    return true;
}

static void format_enum(const struct config_option *option, const void *field, struct buf *out)
{
    int64_t value = load_integer(option, field);
    const struct config_name *name = option->names;
    while (name->name && name->value != value) name++;
    buf_append_c(out, name->name ? name->name : "unknown");
}

const struct config_kind config_kind_enum = {
    .noun = "word", .parse = parse_enum, .format = format_enum};

static bool parse_flags(const struct config_option *option, struct config_args args, void *field,
                        struct buf *reason)
{
    unsigned flags = 0;
    for (size_t i = 0; i < args.count; i++) {
        const struct config_name *name = find_name(option->names, args.list[i]);
        if (!name) {
            list_names(option, reason);
            return false;
        }
        flags |= (unsigned)name->value;
    }
    *(unsigned *)field = flags;
    return true;
}

/* A name with the value 0 stands for "none of the others". */
static void format_flags(const struct config_option *option, const void *field, struct buf *out)
{
    unsigned flags = *(const unsigned *)field;
    const char *separator = "";
    for (const struct config_name *name = option->names; name->name; name++) {
        bool shown = name->value == 0 ? flags == 0 : (flags & (unsigned)name->value) != 0;
        if (!shown) continue;
        buf_printf(out, "%s%s", separator, name->name);
        separator = " ";
    }
}

static void write_flags_line(const struct config_option *option, const void *field, struct buf *out)
{
    buf_printf(out, "%s ", option->name);
    format_flags(option, field, out);
    buf_append_char(out, '\n');
}

const struct config_kind config_kind_flags = {
    .noun = "words", .parse = parse_flags, .format = format_flags, .lines = write_flags_line};

/* --- text --- */

static bool parse_text(const struct config_option *option, struct config_args args, void *field,
                       struct buf *reason)
{
    (void)option;
    (void)reason;
    config_set_text(field, args.list[0]);
    return true;
}

static void format_text(const struct config_option *option, const void *field, struct buf *out)
{
    (void)option;
    const char *text = *(char *const *)field;
    buf_append_c(out, text ? text : "");
}

static void copy_text(void *to, const void *from)
{
    const char *text = *(char *const *)from;
    *(char **)to = mem_strdup(text ? text : "");
}

static void clear_text(void *field)
{
    mem_free(*(char **)field);
    *(char **)field = NULL;
}

const struct config_kind config_kind_text = {.noun = "text",
                                             .parse = parse_text,
                                             .format = format_text,
                                             .copy = copy_text,
                                             .clear = clear_text};

static bool parse_bytes(const struct config_option *option, struct config_args args, void *field,
                        struct buf *reason)
{
    (void)option;
    (void)reason;
    struct buf *bytes = field;
    buf_clear(bytes);
    buf_append_str(bytes, args.list[0]);
    return true;
}

static void format_bytes(const struct config_option *option, const void *field, struct buf *out)
{
    (void)option;
    buf_append_str(out, buf_str(field));
}

static void copy_bytes(void *to, const void *from)
{
    struct buf copy = {0};
    buf_append_str(&copy, buf_str(from));
    *(struct buf *)to = copy;
}

static void clear_bytes(void *field)
{
    buf_deinit(field);
}

const struct config_kind config_kind_bytes = {.noun = "text",
                                              .any_byte = true,
                                              .parse = parse_bytes,
                                              .format = format_bytes,
                                              .copy = copy_bytes,
                                              .clear = clear_bytes};
