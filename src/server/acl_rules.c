#include "server/acl_rules.h"

#include "base/mem.h"

static struct str row_key(const struct command *const *row)
{
    return str_of((const char *)row, sizeof(*row));
}

void acl_rules_init(struct acl_rules *rules, const struct registry *registry)
{
    *rules = (struct acl_rules){.registry = registry};
    for (int id = 0; id < registry->count; id++) {
        struct command_ref *ref = registry->refs[id];
        map_put(&rules->by_row, row_key(&ref->command), ref);
    }
}

void acl_rules_deinit(struct acl_rules *rules)
{
    map_deinit(&rules->by_row, NULL);
}

const struct command_ref *acl_rules_ref(const struct acl_rules *rules,
                                        const struct command *command)
{
    return map_get(&rules->by_row, row_key(&command));
}

const char *acl_error_text(enum acl_error error)
{
    switch (error) {
    case ACL_OK:
        break;
    case ACL_BAD_SYNTAX:
        return "Syntax error";
    case ACL_UNKNOWN_COMMAND:
        return "Unknown command or category name in ACL";
    case ACL_KEYS_AFTER_ALL:
        return "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does "
               "not have any effect. Try 'resetkeys' to start with an empty list of patterns";
    case ACL_CHANNELS_AFTER_ALL:
        return "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and "
               "does not have any effect. Try 'resetchannels' to start with an empty list of "
               "channels";
    case ACL_NO_SUCH_PASSWORD:
        return "The password you are trying to remove from the user does not exist";
    case ACL_BAD_HASH:
        return "The password hash must be exactly 64 characters and contain only lowercase "
               "hexadecimal characters";
    case ACL_FIRST_ARG_OF_SUBCOMMAND:
        return "Allowing first-arg of a subcommand is not supported";
    }
    return "";
}

static struct buf *add_word(struct acl_grouped *grouped, struct str word)
{
    struct buf *buf = &grouped->list[grouped->count++];
    *buf = (struct buf){0};
    buf_append_str(buf, word);
    return buf;
}

bool acl_group(const struct str *words, size_t count, struct acl_grouped *grouped,
               struct str *unmatched)
{
    *grouped = (struct acl_grouped){.list = mem_calloc((count + 1) * sizeof(struct buf))};
    struct buf *open = NULL;
    for (size_t i = 0; i < count; i++) {
        struct str word = words[i];
        if (open) {
            buf_append_char(open, ' ');
            buf_append_str(open, word);
        } else {
            struct buf *added = add_word(grouped, word);
            if (word.len && word.ptr[0] == '(') {
                open = added;
                *unmatched = word;
            }
        }
        if (open && word.len && word.ptr[word.len - 1] == ')') open = NULL;
    }
    return open == NULL;
}

void acl_grouped_deinit(struct acl_grouped *grouped)
{
    for (size_t i = 0; i < grouped->count; i++) buf_deinit(&grouped->list[i]);
    mem_free(grouped->list);
    *grouped = (struct acl_grouped){0};
}

bool acl_has_blanks(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == ' ' || c == '\0' || (c >= '\t' && c <= '\r')) return true;
    }
    return false;
}
