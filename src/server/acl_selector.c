#include "server/acl_selector.h"

#include "base/mem.h"
#include "base/words.h"
#include "command/category.h"

enum { BITS_PER_WORD = 64 };

static size_t words_of(size_t bits)
{
    return (bits + BITS_PER_WORD - 1) / BITS_PER_WORD;
}

struct acl_selector *acl_selector_new(const struct acl_rules *rules)
{
    struct acl_selector *selector = mem_new(struct acl_selector);
    selector->bits = acl_rules_bits(rules);
    selector->commands = mem_calloc(words_of(selector->bits) * sizeof(uint64_t));
    if (rules->all_channels_first) selector->unlimited = ACL_ALL_CHANNELS;
    return selector;
}

static void clear_patterns(struct acl_patterns *patterns)
{
    for (size_t i = 0; i < patterns->count; i++) mem_free(patterns->list[i].text);
    mem_free(patterns->list);
    *patterns = (struct acl_patterns){0};
}

static void add_pattern(struct acl_patterns *patterns, struct str text, uint32_t access)
{
    for (size_t i = 0; i < patterns->count; i++) {
        struct acl_pattern *known = &patterns->list[i];
        if (!str_eq(str_of(known->text, known->len), text)) continue;
        known->access |= access;
        return;
    }
    patterns->list =
        mem_realloc(patterns->list, (patterns->count + 1) * sizeof(struct acl_pattern));
    patterns->list[patterns->count++] =
        (struct acl_pattern){mem_strndup(text.ptr, text.len), text.len, access};
}

static void copy_patterns(struct acl_patterns *to, const struct acl_patterns *from)
{
    for (size_t i = 0; i < from->count; i++) {
        const struct acl_pattern *pattern = &from->list[i];
        add_pattern(to, str_of(pattern->text, pattern->len), pattern->access);
    }
}

/* Forgets the first arguments of one command, or of all (id -1). */
static void forget_first_args(struct acl_selector *selector, int id)
{
    size_t kept = 0;
    for (size_t i = 0; i < selector->first_arg_count; i++) {
        struct acl_first_arg *arg = &selector->first_args[i];
        if (id >= 0 && arg->id != id)
            selector->first_args[kept++] = *arg;
        else
            mem_free(arg->text);
    }
    selector->first_arg_count = kept;
}

static void add_first_arg(struct acl_selector *selector, int id, struct str text)
{
    for (size_t i = 0; i < selector->first_arg_count; i++) {
        const struct acl_first_arg *arg = &selector->first_args[i];
        if (arg->id == id && str_eq_nocase(str_of(arg->text, arg->len), text)) return;
    }
    selector->first_args = mem_realloc(selector->first_args, (selector->first_arg_count + 1) *
                                                                 sizeof(struct acl_first_arg));
    selector->first_args[selector->first_arg_count++] =
        (struct acl_first_arg){id, mem_strndup(text.ptr, text.len), text.len};
}

struct acl_selector *acl_selector_copy(const struct acl_selector *selector)
{
    struct acl_selector *copy = mem_new(struct acl_selector);
    size_t bytes = words_of(selector->bits) * sizeof(uint64_t);
    copy->unlimited = selector->unlimited;
    copy->bits = selector->bits;
    copy->commands = mem_alloc(bytes);
    memcpy(copy->commands, selector->commands, bytes);
    for (size_t i = 0; i < selector->first_arg_count; i++) {
        const struct acl_first_arg *arg = &selector->first_args[i];
        add_first_arg(copy, arg->id, str_of(arg->text, arg->len));
    }
    copy_patterns(&copy->keys, &selector->keys);
    copy_patterns(&copy->channels, &selector->channels);
    return copy;
}

void acl_selector_free(struct acl_selector *selector)
{
    if (selector == NULL) return;
    forget_first_args(selector, -1);
    mem_free(selector->first_args);
    clear_patterns(&selector->keys);
    clear_patterns(&selector->channels);
    mem_free(selector->commands);
    mem_free(selector);
}

/* --- commands --- */

bool acl_selector_has(const struct acl_selector *selector, int id)
{
    size_t bit = (size_t)id;
    return bit < selector->bits &&
           (selector->commands[bit / BITS_PER_WORD] >> (bit % BITS_PER_WORD) & 1) != 0;
}

static void set_bit(struct acl_selector *selector, int id, bool allowed)
{
    size_t bit = (size_t)id;
    uint64_t mask = (uint64_t)1 << (bit % BITS_PER_WORD);
    if (allowed) {
        selector->commands[bit / BITS_PER_WORD] |= mask;
    } else {
        selector->commands[bit / BITS_PER_WORD] &= ~mask;
        selector->unlimited &= ~(uint32_t)ACL_ALL_COMMANDS;
    }
}

static void set_all_commands(struct acl_selector *selector, bool allowed)
{
    memset(selector->commands, allowed ? 0xff : 0, words_of(selector->bits) * sizeof(uint64_t));
    if (allowed)
        selector->unlimited |= ACL_ALL_COMMANDS;
    else
        selector->unlimited &= ~(uint32_t)ACL_ALL_COMMANDS;
    forget_first_args(selector, -1);
}

void acl_selector_set(struct acl_selector *selector, const struct command_ref *ref, bool allowed)
{
    set_bit(selector, ref->id, allowed);
    forget_first_args(selector, ref->id);
    if (ref->subcommands == NULL) return;
    for (struct command_ref **sub = ref->subcommands; *sub; sub++) {
        set_bit(selector, (*sub)->id, allowed);
    }
}

void acl_selector_set_category(struct acl_selector *selector, const struct acl_rules *rules,
                               uint32_t category, bool allowed)
{
    for (int id = 0; id < rules->registry->count; id++) {
        const struct command_ref *ref = rules->registry->refs[id];
        if (ref->categories & category) acl_selector_set(selector, ref, allowed);
    }
}

/* "+config|get" is a sub-command, "+select|0" a first argument. */
static enum acl_error allow_with_bar(struct acl_selector *selector, const struct acl_rules *rules,
                                     struct str rule)
{
    const char *bar = memrchr(rule.ptr, '|', rule.len);
    struct str name = str_first(rule, (size_t)(bar - rule.ptr));
    struct str word = str_from(rule, name.len + 1);
    const struct command_ref *ref = registry_get(rules->registry, name);
    if (ref == NULL) return ACL_UNKNOWN_COMMAND;
    if (ref->container) return ACL_FIRST_ARG_OF_SUBCOMMAND;
    if (word.len == 0 || acl_has_blanks(word)) return ACL_BAD_SYNTAX;
    if (ref->subcommands == NULL) {
        add_first_arg(selector, ref->id, word);
        return ACL_OK;
    }
    ref = registry_get(rules->registry, rule);
    if (ref == NULL) return ACL_UNKNOWN_COMMAND;
    acl_selector_set(selector, ref, true);
    return ACL_OK;
}

static enum acl_error apply_command_rule(struct acl_selector *selector,
                                         const struct acl_rules *rules, struct str rule)
{
    bool allowed = rule.ptr[0] == '+';
    struct str name = str_from(rule, 1);
    if (name.len && name.ptr[0] == '@') {
        uint32_t category = category_find(str_from(name, 1));
        if (category == 0) return ACL_UNKNOWN_COMMAND;
        acl_selector_set_category(selector, rules, category, allowed);
        return ACL_OK;
    }
    if (allowed && str_find_char(name, '|') >= 0) return allow_with_bar(selector, rules, name);
    const struct command_ref *ref = registry_get(rules->registry, name);
    if (ref == NULL) return ACL_UNKNOWN_COMMAND;
    acl_selector_set(selector, ref, allowed);
    return ACL_OK;
}

/* --- keys and channels --- */

/* Reads the access letters between '%' and '~'; *rule is then the pattern. */
static bool read_access(struct str *rule, uint32_t *access)
{
    *access = 0;
    for (size_t i = 1; i < rule->len; i++) {
        char letter = char_lower(rule->ptr[i]);
        uint32_t bit = letter == 'r' ? ACL_READ : letter == 'w' ? ACL_WRITE : 0;
        if (rule->ptr[i] == '~' && *access) {
            *rule = str_from(*rule, i + 1);
            return true;
        }
        if (bit == 0 || (*access & bit)) return false;
        *access |= bit;
    }
    *rule = STR("");
    return *access != 0;
}

static enum acl_error apply_key_rule(struct acl_selector *selector, struct str rule)
{
    uint32_t access = ACL_READ | ACL_WRITE;
    if (selector->unlimited & ACL_ALL_KEYS) return ACL_KEYS_AFTER_ALL;
    if (rule.ptr[0] == '~')
        rule = str_from(rule, 1);
    else if (!read_access(&rule, &access))
        return ACL_BAD_SYNTAX;
    if (acl_has_blanks(rule)) return ACL_BAD_SYNTAX;
    add_pattern(&selector->keys, rule, access);
    return ACL_OK;
}

static enum acl_error apply_channel_rule(struct acl_selector *selector, struct str rule)
{
    if (selector->unlimited & ACL_ALL_CHANNELS) return ACL_CHANNELS_AFTER_ALL;
    rule = str_from(rule, 1);
    if (acl_has_blanks(rule)) return ACL_BAD_SYNTAX;
    add_pattern(&selector->channels, rule, 0);
    return ACL_OK;
}

static void set_all_keys(struct acl_selector *selector, bool allowed)
{
    clear_patterns(&selector->keys);
    if (allowed)
        selector->unlimited |= ACL_ALL_KEYS;
    else
        selector->unlimited &= ~(uint32_t)ACL_ALL_KEYS;
}

static void set_all_channels(struct acl_selector *selector, bool allowed)
{
    clear_patterns(&selector->channels);
    if (allowed)
        selector->unlimited |= ACL_ALL_CHANNELS;
    else
        selector->unlimited &= ~(uint32_t)ACL_ALL_CHANNELS;
}

/* --- rules --- */

struct whole_rule {
    const char *word;
    void (*set)(struct acl_selector *selector, bool allowed);
    bool allowed;
};

static const struct whole_rule whole_rules[] = {
    {"allkeys", set_all_keys, true},
    {"~*", set_all_keys, true},
    {"resetkeys", set_all_keys, false},
    {"allchannels", set_all_channels, true},
    {"&*", set_all_channels, true},
    {"resetchannels", set_all_channels, false},
    {"allcommands", set_all_commands, true},
    {"+@all", set_all_commands, true},
    {"nocommands", set_all_commands, false},
    {"-@all", set_all_commands, false},
    {NULL, NULL, false},
};

enum acl_error acl_selector_apply(struct acl_selector *selector, const struct acl_rules *rules,
                                  struct str rule)
{
    for (const struct whole_rule *whole = whole_rules; whole->word; whole++) {
        if (!str_is(rule, whole->word)) continue;
        whole->set(selector, whole->allowed);
        return ACL_OK;
    }
    switch (rule.len ? rule.ptr[0] : '\0') {
    case '~':
    case '%':
        return apply_key_rule(selector, rule);
    case '&':
        return apply_channel_rule(selector, rule);
    case '+':
    case '-':
        return apply_command_rule(selector, rules, rule);
    default:
        return ACL_BAD_SYNTAX;
    }
}

struct acl_selector *acl_selector_parse(const struct acl_rules *rules, struct str text,
                                        enum acl_error *error)
{
    struct acl_selector *selector = acl_selector_new(rules);
    struct words words = {0};
    *error = words_split(&words, str_of(text.ptr + 1, text.len - 2)) ? ACL_OK : ACL_BAD_SYNTAX;
    for (size_t i = 0; i < words.count && *error == ACL_OK; i++) {
        *error = acl_selector_apply(selector, rules, words.list[i]);
    }
    words_deinit(&words);
    if (*error == ACL_OK) return selector;
    acl_selector_free(selector);
    return NULL;
}
