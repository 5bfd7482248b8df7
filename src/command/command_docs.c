#include "base/assert.h"
#include "base/buf.h"
#include "command/command_info.h"
#include "command/syntax.h"

/* Which key spec the next argument that is a key belongs to. */
struct key_counter {
    int next, specs;
};

static void reply_pair(struct reply *reply, const char *name, const char *value)
{
    reply_bulk_c(reply, name);
    reply_bulk_c(reply, value);
}

/* --- arguments --- */

/* Groups have no name in the notation: they are called after their token, else after what they
 * hold. */
static void append_name(struct buf *name, const struct syntax_arg *arg)
{
    bool group = arg->kind == SYNTAX_ONEOF || arg->kind == SYNTAX_BLOCK;
    struct str word = group ? arg->token : arg->name;
    for (size_t i = 0; i < word.len; i++) {
        bool folds = group || arg->kind == SYNTAX_TOKEN;
        buf_append_char(name, folds ? char_lower(word.ptr[i]) : word.ptr[i]);
    }
    for (size_t i = 0; word.len == 0 && i < arg->count; i++) {
        if (i > 0) buf_append_char(name, '_');
        append_name(name, &arg->children[i]);
    }
}

static void reply_arg_flags(struct reply *reply, const struct syntax_arg *arg)
{
    const struct {
        bool is;
        const char *name;
    } flags[] = {{arg->optional, "optional"},
                 {arg->multiple, "multiple"},
                 {arg->multiple_token, "multiple_token"}};
    size_t count = 0;
    for (int i = 0; i < 3; i++) count += flags[i].is;
    reply_bulk_c(reply, "flags");
    reply_set(reply, count);
    for (int i = 0; i < 3; i++) {
        if (flags[i].is) reply_status(reply, flags[i].name);
    }
}

/* The index of the key spec that finds this argument, or -1 when it is no key. */
static int key_spec_of(const struct syntax_arg *arg, struct key_counter *keys)
{
    if (keys->specs == 0 || strcmp(syntax_type_name(arg), "key") != 0) return -1;
    int index = keys->next;
    if (keys->next + 1 < keys->specs) keys->next++;
    return index;
}

static void reply_args(struct reply *reply, const struct syntax_arg *parent,
                       struct key_counter *keys);

static void reply_arg(struct reply *reply, const struct syntax_arg *arg, struct key_counter *keys)
{
    struct buf name = {0};
    bool flagged = arg->optional || arg->multiple;
    bool names_key = strcmp(syntax_type_name(arg), "key") == 0;
    int key_spec = key_spec_of(arg, keys);
    size_t fields = 2;
    fields += key_spec >= 0;
    fields += arg->token.len > 0;
    fields += arg->since.len > 0;
    fields += flagged;
    fields += arg->count > 0;
    append_name(&name, arg);
    reply_map(reply, fields);
    reply_bulk_c(reply, "name");
    reply_bulk(reply, buf_str(&name));
    reply_pair(reply, "type", names_key && key_spec < 0 ? "string" : syntax_type_name(arg));
    if (key_spec >= 0) {
        reply_bulk_c(reply, "key_spec_index");
        reply_i64(reply, key_spec);
    }
    if (arg->token.len) {
        reply_bulk_c(reply, "token");
        reply_bulk(reply, arg->token);
    }
    if (arg->since.len) {
        reply_bulk_c(reply, "since");
        reply_bulk(reply, arg->since);
    }
    if (flagged) reply_arg_flags(reply, arg);
    if (arg->count) {
        reply_bulk_c(reply, "arguments");
        reply_args(reply, arg, keys);
    }
    buf_deinit(&name);
}

static void reply_args(struct reply *reply, const struct syntax_arg *parent,
                       struct key_counter *keys)
{
    reply_array(reply, parent->count);
    for (size_t i = 0; i < parent->count; i++) reply_arg(reply, &parent->children[i], keys);
}

static void reply_arguments(struct reply *reply, const struct command *command)
{
    struct key_counter keys = {0};
    struct syntax_arg top;
    while (keys.specs < COMMAND_KEY_SPECS && command->keys[keys.specs].begin) keys.specs++;
    reply_bulk_c(reply, "arguments");
    ASSERT(syntax_parse(str_from_c(command->syntax), &top));
    reply_args(reply, &top, &keys);
    syntax_deinit(&top);
}

/* --- the whole --- */

static size_t count_changes(const struct command *command)
{
    size_t count = 0;
    while (count < COMMAND_HISTORY && command->history[count].since) count++;
    return count;
}

static void reply_history(struct reply *reply, const struct command *command)
{
    size_t count = count_changes(command);
    reply_bulk_c(reply, "history");
    reply_set(reply, count);
    for (size_t i = 0; i < count; i++) {
        reply_array(reply, 2);
        reply_bulk_c(reply, command->history[i].since);
        reply_bulk_c(reply, command->history[i].what);
    }
}

/* Returns how many fields that were. */
static size_t reply_flags(struct reply *reply, const struct command *command)
{
    bool is_deprecated = command->deprecated_since != NULL;
    size_t flags = (size_t)is_deprecated + command->for_servers, fields = 0;
    if (flags) {
        reply_bulk_c(reply, "doc_flags");
        reply_set(reply, flags);
        if (is_deprecated) reply_status(reply, "deprecated");
        if (command->for_servers) reply_status(reply, "syscmd");
        fields++;
    }
    if (is_deprecated) {
        reply_pair(reply, "deprecated_since", command->deprecated_since);
        fields++;
    }
    if (command->replaced_by) {
        reply_pair(reply, "replaced_by", command->replaced_by);
        fields++;
    }
    return fields;
}

/* The texts every command has, as far as its row gives them. */
static size_t reply_texts(struct reply *reply, const struct command *command)
{
    const struct {
        const char *name, *value;
    } texts[] = {{"summary", command->summary},
                 {"since", command->since},
                 {"group", command->group},
                 {"complexity", command->complexity}};
    size_t count = 0;
    for (int i = 0; i < 4; i++) {
        if (!texts[i].value) continue;
        reply_pair(reply, texts[i].name, texts[i].value);
        count++;
    }
    return count;
}

static size_t reply_row(struct reply *reply, const struct command *command)
{
    size_t fields = reply_texts(reply, command);
    fields += reply_flags(reply, command);
    if (count_changes(command)) {
        reply_history(reply, command);
        fields++;
    }
    if (command->syntax && command->syntax[0]) {
        reply_arguments(reply, command);
        fields++;
    }
    return fields;
}

static void reply_subcommands(struct reply *reply, const struct command_ref *ref)
{
    size_t count = 0;
    while (ref->subcommands[count]) count++;
    reply_bulk_c(reply, "subcommands");
    reply_map(reply, count);
    for (size_t i = 0; i < count; i++) {
        reply_bulk_c(reply, ref->subcommands[i]->full_name);
        command_docs_reply(reply, ref->subcommands[i]);
    }
}

void command_docs_reply(struct reply *reply, const struct command_ref *ref)
{
    struct reply_later later;
    reply_later_begin(reply, &later);
    size_t fields = reply_row(reply, ref->command);
    if (ref->subcommands) {
        reply_subcommands(reply, ref);
        fields++;
    }
    reply_later_map(reply, &later, fields);
}
