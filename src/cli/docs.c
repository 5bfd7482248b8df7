#include "cli/docs.h"

#include "base/mem.h"

#include <stdlib.h>

/* ---- collecting the entries */

static void add_entry(struct docs *docs, struct str name, const struct reply_node *doc)
{
    if (name.len == 0 || name.len > 128) return;
    if (docs->count == docs->capacity) {
        docs->capacity = docs->capacity ? docs->capacity * 2 : 256;
        docs->entries = mem_realloc(docs->entries, docs->capacity * sizeof(*docs->entries));
    }
    docs->entries[docs->count++] = (struct docs_entry){{NULL, name.len}, doc};
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (c == '|') c = ' ';
        buf_append_char(&docs->names, c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c);
    }
}

static void add_map(struct docs *docs, const struct reply_node *map)
{
    if (!map || (map->type != REPLY_MAP && map->type != REPLY_ARRAY)) return;
    for (size_t i = 0; i + 1 < map->count; i += 2) {
        add_entry(docs, reply_text(&map->items[i]), &map->items[i + 1]);
        add_map(docs, reply_map_get(&map->items[i + 1], "subcommands"));
    }
}

static void add_names(struct docs *docs, const struct reply_node *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].type == REPLY_ARRAY && list->items[i].count > 0)
            add_entry(docs, reply_text(&list->items[i].items[0]), NULL);
    }
}

static int compare_entries(const void *a, const void *b)
{
    return str_cmp(((const struct docs_entry *)a)->name, ((const struct docs_entry *)b)->name);
}

/* COMMAND gives an array of arrays, COMMAND DOCS a map or, in RESP2, an array that begins with a
 * name. */
static bool is_name_list(const struct reply_node *reply)
{
    return reply->type == REPLY_ARRAY && reply->count > 0 && reply->items[0].type == REPLY_ARRAY;
}

void docs_init(struct docs *docs, struct reply_node *reply)
{
    *docs = (struct docs){.reply = *reply};
    *reply = (struct reply_node){0};
    if (is_name_list(&docs->reply))
        add_names(docs, &docs->reply);
    else
        add_map(docs, &docs->reply);
    const char *at = docs->names.ptr;
    for (size_t i = 0; i < docs->count; i++) {
        docs->entries[i].name.ptr = at;
        at += docs->entries[i].name.len;
    }
    if (docs->count) qsort(docs->entries, docs->count, sizeof(*docs->entries), compare_entries);
}

bool docs_load(struct docs *docs, struct cli_session *session)
{
    struct reply_node reply;
    struct str words[] = {STR("COMMAND"), STR("DOCS")};
    *docs = (struct docs){0};
    if (cli_session_call(session, (struct command_words){words, 2}, &reply) < 0) return false;
    if (reply.type == REPLY_ERROR) {
        reply_node_clear(&reply);
        if (cli_session_call(session, (struct command_words){words, 1}, &reply) < 0) return false;
    }
    docs_init(docs, &reply);
    return true;
}

void docs_deinit(struct docs *docs)
{
    reply_node_clear(&docs->reply);
    mem_free(docs->entries);
    buf_deinit(&docs->names);
    *docs = (struct docs){0};
}

/* ---- looking up */

/* How many words the name covers when the words begin with it, else 0. */
static size_t words_covered(struct str name, struct command_words words)
{
    struct str part;
    size_t used = 0;
    while (str_split(&name, ' ', &part)) {
        if (used == words.count || !str_eq_nocase(part, words.list[used])) return 0;
        used++;
    }
    return used;
}

const struct docs_entry *docs_find(const struct docs *docs, struct command_words words,
                                   size_t *used)
{
    const struct docs_entry *best = NULL;
    *used = 0;
    for (size_t i = 0; i < docs->count; i++) {
        size_t covered = words_covered(docs->entries[i].name, words);
        if (covered <= *used) continue;
        best = &docs->entries[i];
        *used = covered;
    }
    return best;
}

struct str docs_field(const struct docs_entry *entry, const char *field)
{
    return reply_text(reply_map_get(entry->doc, field));
}

const struct reply_node *docs_arguments(const struct docs_entry *entry)
{
    const struct reply_node *arguments = reply_map_get(entry->doc, "arguments");
    return arguments && arguments->type == REPLY_ARRAY ? arguments : NULL;
}

static bool has_flag(const struct reply_node *flags, const char *name)
{
    if (!flags || !reply_is_aggregate(flags)) return false;
    for (size_t i = 0; i < flags->count; i++) {
        if (str_is(reply_text(&flags->items[i]), name)) return true;
    }
    return false;
}

static enum docs_kind read_kind(struct str type)
{
    if (str_is(type, "pure-token")) return DOCS_TOKEN;
    if (str_is(type, "oneof")) return DOCS_ONE_OF;
    return str_is(type, "block") ? DOCS_BLOCK : DOCS_VALUE;
}

struct docs_argument docs_argument_read(const struct reply_node *node)
{
    const struct reply_node *flags = reply_map_get(node, "flags");
    struct docs_argument argument = {
        .kind = read_kind(reply_text(reply_map_get(node, "type"))),
        .name = reply_text(reply_map_get(node, "display_text")),
        .token = reply_text(reply_map_get(node, "token")),
        .is_optional = has_flag(flags, "optional"),
        .is_multiple = has_flag(flags, "multiple"),
        .repeats_token = has_flag(flags, "multiple_token"),
        .parts = reply_map_get(node, "arguments"),
    };
    if (argument.name.len == 0) argument.name = reply_text(reply_map_get(node, "name"));
    if (argument.parts && argument.parts->type != REPLY_ARRAY) argument.parts = NULL;
    return argument;
}
