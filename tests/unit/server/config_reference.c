#include "config_reference.h"

#include "server/config_kind.h"

static void write_names(struct buf *out, const struct config_option *option)
{
    const char *separator = "";
    for (const struct config_name *name = option->names; name->name; name++) {
        buf_printf(out, "%s`%s`", separator, name->name);
        separator = ", ";
    }
}

static void write_limit(struct buf *out, const struct config_option *option, int64_t limit)
{
    bool octal = option->kind == &config_kind_octal;
    buf_printf(out, octal ? "%llo" : "%lld", (long long)limit);
}

/* The ends of a C type are no limits anybody chose. */
static void write_limits(struct buf *out, const struct config_option *option)
{
    bool low = option->min != INT_MIN, high = option->max < INT_MAX;
    if (low && high) {
        buf_append_c(out, ", ");
        write_limit(out, option, option->min);
        buf_append_c(out, " to ");
        write_limit(out, option, option->max);
    } else if (low && option->min != 0) {
        buf_append_c(out, ", at least ");
        write_limit(out, option, option->min);
    }
}

static void write_value(struct buf *out, const struct config_option *option)
{
    if (option->names) {
        write_names(out, option);
        return;
    }
    buf_append_c(out, option->kind->noun);
    if (option->max != 0) write_limits(out, option);
}

static const char *when(const struct config_option *option)
{
    if (option->flags & CONFIG_FILE_ONLY) return "file only";
    if (option->flags & CONFIG_IMMUTABLE) return "at start";
    if (option->flags & CONFIG_PROTECTED) return "protected";
    return "any time";
}

static void write_row(struct buf *out, const struct config_option *option)
{
    buf_printf(out, "| `%s`", option->name);
    if (option->alias) buf_printf(out, "<br>`%s`", option->alias);
    buf_append_c(out, " | ");
    write_value(out, option);
    if (option->initial && *option->initial) {
        buf_printf(out, " | `%s`", option->initial);
    } else {
        buf_append_c(out, " | ");
    }
    buf_printf(out, " | %s |\n", when(option));
}

static bool is_listed(const struct config_option *option)
{
    return option->kind != &config_kind_ignored && option->kind != &config_kind_refused;
}

void reference_write_directives(struct buf *out)
{
    const struct config_area *area;
    for (size_t at = 0; (area = config_area_at(at)); at++) {
        buf_printf(out, "\n### %s\n\n", area->title);
        buf_append_c(out, "| directive | value | default | changes |\n|---|---|---|---|\n");
        for (size_t i = 0; i < area->count; i++) {
            if (is_listed(&area->options[i])) write_row(out, &area->options[i]);
        }
    }
    buf_append_char(out, '\n');
}

void reference_write_without_effect(struct buf *out)
{
    buf_append_c(out, "\n| directive | why |\n|---|---|\n");
    for (size_t i = 0; i < config_option_count(); i++) {
        const struct config_option *option = config_option_at(i);
        if (option->not_yet) buf_printf(out, "| `%s` | %s |\n", option->name, option->not_yet);
    }
    buf_append_char(out, '\n');
}
