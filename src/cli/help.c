#include "cli/help.h"

#include <unistd.h>

struct printer {
    FILE *out;
    bool is_coloured;
};

static void print_field(const struct printer *printer, const char *label, struct str value)
{
    if (value.len == 0) return;
    const char *on = printer->is_coloured ? "\x1b[33m" : "",
               *off = printer->is_coloured ? "\x1b[0m" : "";
    fprintf(printer->out, "  %s%s:%s %.*s\n", on, label, off, STR_ARG(value));
}

static void print_entry(const struct printer *printer, const struct docs_entry *entry,
                        bool with_group)
{
    struct buf syntax = {0};
    docs_write_syntax(&syntax, entry);
    const char *bold = printer->is_coloured ? "\x1b[1m" : "",
               *dim = printer->is_coloured ? "\x1b[90m" : "";
    const char *off = printer->is_coloured ? "\x1b[0m" : "";
    fprintf(printer->out, "\n  %s%.*s%s %s%.*s%s\n", bold, STR_ARG(entry->name), off, dim,
            STR_ARG(buf_str(&syntax)), off);
    print_field(printer, "summary", docs_field(entry, "summary"));
    print_field(printer, "since", docs_field(entry, "since"));
    if (with_group) print_field(printer, "group", docs_field(entry, "group"));
    buf_deinit(&syntax);
}

static bool is_subcommand(const struct docs_entry *entry)
{
    return str_find_char(entry->name, ' ') >= 0;
}

static void print_group(const struct printer *printer, const struct docs *docs, struct str group)
{
    size_t found = 0;
    for (size_t i = 0; i < docs->count; i++) {
        if (!str_eq_nocase(docs_field(&docs->entries[i], "group"), group)) continue;
        print_entry(printer, &docs->entries[i], false);
        found++;
    }
    if (found == 0)
        fprintf(printer->out, "No command is in a group called \"%.*s\".\n", STR_ARG(group));
    fputc('\n', printer->out);
}

/* The command and, when it is a container, what it contains. */
static void print_command(const struct printer *printer, const struct docs *docs,
                          struct command_words words)
{
    size_t used;
    const struct docs_entry *entry = docs_find(docs, words, &used);
    if (!entry || used < words.count) {
        fprintf(printer->out, "There is no help about \"%.*s\".\n",
                STR_ARG(words.list[entry ? used : 0]));
        return;
    }
    print_entry(printer, entry, true);
    for (size_t i = 0; !is_subcommand(entry) && i < docs->count; i++) {
        struct str name = docs->entries[i].name;
        bool is_inside = str_starts_with(name, entry->name) && name.len > entry->name.len &&
                         name.ptr[entry->name.len] == ' ';
        if (is_inside) print_entry(printer, &docs->entries[i], false);
    }
    fputc('\n', printer->out);
}

static bool is_first_of_group(const struct docs *docs, size_t at)
{
    struct str group = docs_field(&docs->entries[at], "group");
    if (group.len == 0) return false;
    for (size_t i = 0; i < at; i++) {
        if (str_eq(docs_field(&docs->entries[i], "group"), group)) return false;
    }
    return true;
}

static void print_overview(const struct printer *printer, const struct docs *docs)
{
    fputs("help <command>      what a command does and how it is written\n"
          "help @<group>       all commands of a group\n"
          "clear               clear the screen\n"
          "connect <host> <port>\n"
          "<number> <command>  run a command several times\n"
          ":set hints          show the syntax while typing; :set nohints turns it off\n"
          "quit, exit          leave\n"
          "TAB completes names. ~/.skeinclirc is read at the start and may hold :set lines.\n",
          printer->out);
    const char *lead = "Groups:";
    for (size_t i = 0; i < docs->count; i++) {
        if (!is_first_of_group(docs, i)) continue;
        fprintf(printer->out, "%s @%.*s", lead, STR_ARG(docs_field(&docs->entries[i], "group")));
        lead = "";
    }
    if (*lead == '\0') fputc('\n', printer->out);
}

bool help_is_wanted(struct command_words words)
{
    return words.count > 0 && (str_is(words.list[0], "help") || str_is(words.list[0], "?"));
}

void help_print(FILE *out, const struct docs *docs, struct command_words words, bool is_coloured)
{
    struct printer printer = {out, is_coloured};
    struct command_words topic = {words.list + 1, words.count - 1};
    if (topic.count == 0)
        print_overview(&printer, docs);
    else if (topic.list[0].len > 0 && topic.list[0].ptr[0] == '@')
        print_group(&printer, docs, str_from(topic.list[0], 1));
    else
        print_command(&printer, docs, topic);
}

void help_run(struct cli_session *session, struct command_words words)
{
    struct docs docs;
    docs_load(&docs, session);
    help_print(stdout, &docs, words, isatty(STDOUT_FILENO));
    docs_deinit(&docs);
}
