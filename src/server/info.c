#include "server/info.h"

#include "server/families.h"
#include "server/server.h"

/* Who shows a section that was not asked for by name. */
enum shown_by { BY_DEFAULT, BY_ALL, BY_EVERYTHING };

static const struct section {
    const char *title;
    enum shown_by shown_by;
    void (*write)(struct server *server, struct buf *out);
} sections[] = {
    {"Server", BY_DEFAULT, info_server},         {"Clients", BY_DEFAULT, info_clients},
    {"Memory", BY_DEFAULT, info_memory},         {"Persistence", BY_DEFAULT, info_persistence},
    {"Stats", BY_DEFAULT, info_stats},           {"Replication", BY_DEFAULT, info_replication},
    {"Skein", BY_DEFAULT, info_skein},           {"CPU", BY_DEFAULT, info_cpu},
    {"Modules", BY_DEFAULT, info_modules},       {"Commandstats", BY_ALL, info_commandstats},
    {"Errorstats", BY_DEFAULT, info_errorstats}, {"Latencystats", BY_ALL, info_latencystats},
    {"Cluster", BY_DEFAULT, info_cluster},       {"Keyspace", BY_DEFAULT, info_keyspace},
};
enum { SECTIONS = sizeof(sections) / sizeof(sections[0]) };

/* --- fields --- */

void info_write_size(struct buf *out, uint64_t bytes)
{
    static const char UNITS[] = "BKMGTP";
    double shown = (double)bytes;
    size_t unit = 0;
    while (shown >= 1024 && unit + 2 < sizeof(UNITS)) {
        shown /= 1024;
        unit++;
    }
    if (unit == 0)
        buf_printf(out, "%lluB", (unsigned long long)bytes);
    else
        buf_printf(out, "%.2f%c", shown, UNITS[unit]);
}

static void write_value(struct buf *out, const struct info_field *field, const char *fact)
{
    union {
        int64_t number;
        uint64_t count;
        double real;
        const char *text;
    } value = {0};
    if (field->kind != INFO_FIXED) memcpy(&value, fact, sizeof(value));
    switch (field->kind) {
    case INFO_NUMBER:
        buf_append_i64(out, value.number);
        break;
    case INFO_COUNT:
        buf_append_u64(out, value.count);
        break;
    case INFO_SIZE:
        info_write_size(out, value.count);
        break;
    case INFO_RATIO:
        buf_printf(out, "%.2f", value.real);
        break;
    case INFO_PERCENT:
        buf_printf(out, "%.2f%%", value.real);
        break;
    case INFO_SECONDS:
        buf_printf(out, "%.6f", value.real);
        break;
    case INFO_TEXT:
        buf_append_c(out, value.text);
        break;
    case INFO_FIXED:
        buf_append_c(out, field->text);
        break;
    }
}

void info_write(struct buf *out, const struct info_field *fields, const void *facts)
{
    for (const struct info_field *field = fields; field->name; field++) {
        buf_append_c(out, field->name);
        buf_append_char(out, ':');
        write_value(out, field, (const char *)facts + field->offset);
        buf_append_c(out, "\r\n");
    }
}

/* --- sections --- */

/* What a request asks for: a set of sections. */
struct info_selection {
    bool wanted[SECTIONS];
};

static bool select_group(struct info_selection *selection, struct str name)
{
    static const struct {
        const char *name;
        enum shown_by up_to;
    } groups[] = {{"default", BY_DEFAULT}, {"all", BY_ALL}, {"everything", BY_EVERYTHING}};
    for (size_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++) {
        if (!str_is(name, groups[g].name)) continue;
        for (size_t i = 0; i < SECTIONS; i++) {
            if (sections[i].shown_by <= groups[g].up_to) selection->wanted[i] = true;
        }
        return true;
    }
    return false;
}

static bool select_named(struct info_selection *selection, struct str name)
{
    if (select_group(selection, name)) return true;
    for (size_t i = 0; i < SECTIONS; i++) {
        if (!str_is(name, sections[i].title)) continue;
        selection->wanted[i] = true;
        return true;
    }
    return false;
}

static void write_selection(struct server *server, const struct info_selection *selection,
                            struct buf *out)
{
    for (size_t i = 0; i < SECTIONS; i++) {
        if (!selection->wanted[i]) continue;
        if (out->len) buf_append_c(out, "\r\n");
        buf_printf(out, "# %s\r\n", sections[i].title);
        sections[i].write(server, out);
    }
}

bool server_info(struct server *server, struct str name, struct buf *out)
{
    struct info_selection selection = {0};
    if (!select_named(&selection, name)) return false;
    write_selection(server, &selection, out);
    return true;
}

/* --- INFO --- */

static void info(struct call *call)
{
    struct info_selection selection = {0};
    struct buf text = {0};
    if (call->argc == 1) select_named(&selection, STR("default"));
    for (int i = 1; i < call->argc; i++) select_named(&selection, call_arg(call, i));
    write_selection(server_of(call), &selection, &text);
    reply_verbatim(call->reply, buf_str(&text), "txt");
    buf_deinit(&text);
}

const struct command info_commands[] = {
    {
        .name = "info",
        .run = info,
        .arity = -1,
        .flags = CMD_LOADING | CMD_STALE,
        .categories = CAT_DANGEROUS,
        .summary = "Describes the server in lines of name and value, by section.",
        .since = "1.0.0",
        .group = "server",
        .complexity = "O(1)",
        .syntax = "[section [section ...]]",
        .history = {{"7.0.0", "Takes several sections."}},
        .tips = {"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
    },
    {0},
};
