#include "server/acl_file.h"

#include "base/mem.h"
#include "io/file.h"
#include "server/acl_describe.h"

enum { FILE_MAX = 256 << 20 };

/* Users being read from somewhere. */
struct source {
    const struct acl_rules *rules;
    struct acl_users users;
    const char *where; /* names the place in errors */
    size_t line;
    struct buf *errors;
};

static void blame(struct source *source, const char *what)
{
    buf_printf(source->errors, "%s:%zu: %s. ", source->where, source->line, what);
}

static void blame_rule(struct source *source, struct str rule, enum acl_error error)
{
    if (error != ACL_UNKNOWN_COMMAND) {
        blame(source, acl_error_text(error));
        return;
    }
    buf_printf(source->errors, "%s:%zu: Error in applying operation '%.*s': %s. ", source->where,
               source->line, STR_ARG(rule), acl_error_text(error));
}

/* Words between spaces. Quotes mean nothing here, so that what ACL LIST prints can be read back. */
static struct str *split(struct str line, size_t *count)
{
    size_t spaces = 0;
    for (size_t i = 0; i < line.len; i++) spaces += line.ptr[i] == ' ';
    struct str *words = mem_alloc((spaces + 1) * sizeof(*words));
    struct str word;
    *count = 0;
    while (str_split(&line, ' ', &word)) {
        word = str_trim(word);
        if (word.len) words[(*count)++] = word;
    }
    return words;
}

/* The first rule that is wrong is reported. */
static void read_rules(struct source *source, struct acl_user *user, const struct str *words,
                       size_t count)
{
    struct acl_grouped grouped;
    struct str unmatched;
    if (!acl_group(words, count, &grouped, &unmatched)) {
        blame(source, "Unmatched parenthesis in selector definition");
        acl_grouped_deinit(&grouped);
        return;
    }
    for (size_t i = 0; i < grouped.count; i++) {
        struct str rule = buf_str(&grouped.list[i]);
        enum acl_error error = acl_user_apply(user, source->rules, rule);
        if (error == ACL_OK) continue;
        blame_rule(source, rule, error);
        break;
    }
    acl_grouped_deinit(&grouped);
}

static void read_user(struct source *source, const struct str *words, size_t count)
{
    if (acl_has_blanks(words[0])) {
        buf_printf(source->errors, "%s:%zu: username '%.*s' contains invalid characters. ",
                   source->where, source->line, STR_ARG(words[0]));
        return;
    }
    if (acl_users_find(&source->users, words[0])) {
        buf_printf(source->errors, "WARNING: Duplicate user '%.*s' found on line %zu. ",
                   STR_ARG(words[0]), source->line);
        return;
    }
    struct acl_user *user = acl_user_new(source->rules, words[0]);
    read_rules(source, user, words + 1, count - 1);
    acl_users_add(&source->users, user);
}

/* A line of an ACL file: "user <name> <rule> ...", or nothing. */
static void read_line(struct source *source, struct str line)
{
    size_t count;
    struct str *words = split(str_trim(line), &count);
    if (count >= 2 && str_eq(words[0], STR("user"))) {
        read_user(source, words + 1, count - 1);
    } else if (count) {
        buf_printf(source->errors,
                   "%s:%zu should start with user keyword followed by the username. ",
                   source->where, source->line);
    }
    mem_free(words);
}

bool acl_load(struct acl *acl, struct session *by, struct buf *error)
{
    struct buf text = {0};
    struct source source = {.rules = &acl->rules, .where = buf_c(&acl->file), .errors = error};
    int failed = file_read_all(source.where, FILE_MAX, &text);
    if (failed < 0) {
        buf_printf(error, "Error loading ACLs, opening file '%s': %s", source.where,
                   strerror(-failed));
        buf_deinit(&text);
        return false;
    }
    struct str rest = buf_str(&text), line;
    while (str_split(&rest, '\n', &line)) {
        source.line++;
        read_line(&source, line);
    }
    buf_deinit(&text);
    if (error->len == 0) {
        acl_replace_users(acl, &source.users, by);
        return true;
    }
    buf_append_c(error, "WARNING: ACL errors detected, no change to the previously active ACL "
                        "rules was performed");
    acl_users_deinit(&source.users);
    return false;
}

static void read_configured_user(struct source *source, const struct config_words *line)
{
    struct str *words = mem_alloc((line->count + 1) * sizeof(*words));
    for (size_t i = 0; i < line->count; i++) words[i] = str_from_c(line->words[i]);
    if (line->count) {
        read_user(source, words, line->count);
    } else {
        blame(source, "a name is missing");
    }
    mem_free(words);
}

/* The `user` lines come on top of the default user, whom one of them may redefine. */
static bool take_configured_users(struct acl *acl, const struct acl_startup *startup,
                                  struct buf *error)
{
    struct source source = {.rules = &acl->rules, .where = "user", .errors = error};
    for (size_t i = 0; i < startup->users->count; i++) {
        source.line++;
        read_configured_user(&source, &startup->users->lines[i]);
    }
    if (error->len) {
        acl_users_deinit(&source.users);
        return false;
    }
    for (size_t i = 0; i < source.users.count; i++) {
        struct acl_user *user = source.users.list[i];
        if (str_eq(buf_str(&user->name), STR("default")))
            acl_user_take(acl->default_user, user);
        else
            acl_users_add(&acl->users, user);
    }
    source.users.count = 0;
    acl_users_deinit(&source.users);
    return true;
}

bool acl_start(struct acl *acl, const struct acl_startup *startup, struct buf *error)
{
    buf_clear(&acl->file);
    buf_append_c(&acl->file, startup->file);
    if (startup->users->count && acl->file.len) {
        buf_append_c(error, "users are defined by 'user' lines of the configuration and by an "
                            "'aclfile' too: use one of the two");
        return false;
    }
    if (acl->file.len) return acl_load(acl, NULL, error);
    return take_configured_users(acl, startup, error);
}

void acl_write_users(const struct acl *acl, struct buf *out)
{
    for (size_t i = 0; i < acl->users.count; i++) {
        const struct acl_user *user = acl->users.list[i];
        buf_append_c(out, "user ");
        buf_append_str(out, buf_str(&user->name));
        buf_append_char(out, ' ');
        acl_describe_user(user, &acl->rules, out);
        buf_append_char(out, '\n');
    }
}

bool acl_save(const struct acl *acl, struct buf *error)
{
    struct buf text = {0}, path = {0};
    acl_write_users(acl, &text);
    buf_append_str(&path, buf_str(&acl->file));
    int failed = file_replace(buf_c(&path), buf_str(&text));
    if (failed < 0) buf_append_c(error, strerror(-failed));
    buf_deinit(&path);
    buf_deinit(&text);
    return failed >= 0;
}
