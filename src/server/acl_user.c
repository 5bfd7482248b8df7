#include "server/acl_user.h"

#include "base/mem.h"

static void add_selector(struct acl_user *user, struct acl_selector *selector)
{
    user->selectors =
        mem_realloc(user->selectors, (user->selector_count + 1) * sizeof(struct acl_selector *));
    user->selectors[user->selector_count++] = selector;
}

/* Drops all selectors from the given one on. */
static void drop_selectors(struct acl_user *user, size_t from)
{
    for (size_t i = from; i < user->selector_count; i++) acl_selector_free(user->selectors[i]);
    if (from < user->selector_count) user->selector_count = from;
}

static void drop_passwords(struct acl_user *user)
{
    mem_free(user->passwords);
    user->passwords = NULL;
    user->password_count = 0;
}

struct acl_user *acl_user_new(const struct acl_rules *rules, struct str name)
{
    struct acl_user *user = mem_new(struct acl_user);
    buf_append_str(&user->name, name);
    add_selector(user, acl_selector_new(rules));
    return user;
}

struct acl_user *acl_user_copy(const struct acl_user *user)
{
    struct acl_user *copy = mem_new(struct acl_user);
    buf_append_str(&copy->name, buf_str(&user->name));
    copy->enabled = user->enabled;
    copy->no_password = user->no_password;
    copy->unlimited = user->unlimited;
    copy->sanitize = user->sanitize;
    if (user->password_count) {
        size_t bytes = user->password_count * sizeof(struct acl_password);
        copy->passwords = mem_alloc(bytes);
        memcpy(copy->passwords, user->passwords, bytes);
        copy->password_count = user->password_count;
    }
    for (size_t i = 0; i < user->selector_count; i++) {
        add_selector(copy, acl_selector_copy(user->selectors[i]));
    }
    return copy;
}

static void clear(struct acl_user *user)
{
    drop_selectors(user, 0);
    mem_free(user->selectors);
    drop_passwords(user);
}

void acl_user_free(struct acl_user *user)
{
    if (user == NULL) return;
    clear(user);
    buf_deinit(&user->name);
    mem_free(user);
}

void acl_user_take(struct acl_user *user, struct acl_user *from)
{
    struct buf name = user->name;
    clear(user);
    buf_deinit(&from->name);
    *user = *from;
    user->name = name;
    mem_free(from);
}

/* --- rules --- */

static void allow_login(struct acl_user *user)
{
    user->enabled = true;
}

static void forbid_login(struct acl_user *user)
{
    user->enabled = false;
}

static void need_no_password(struct acl_user *user)
{
    drop_passwords(user);
    user->no_password = true;
}

static void reset_passwords(struct acl_user *user)
{
    drop_passwords(user);
    user->no_password = false;
}

static void always_sanitize(struct acl_user *user)
{
    user->sanitize = ACL_SANITIZE_ALWAYS;
}

static void skip_sanitizing(struct acl_user *user)
{
    user->sanitize = ACL_SANITIZE_SKIP;
}

static void clear_selectors(struct acl_user *user)
{
    drop_selectors(user, 1);
}

struct user_rule {
    const char *word;
    void (*apply)(struct acl_user *user);
};

static const struct user_rule user_rules[] = {
    {"on", allow_login},
    {"off", forbid_login},
    {"nopass", need_no_password},
    {"resetpass", reset_passwords},
    {"sanitize-payload", always_sanitize},
    {"skip-sanitize-payload", skip_sanitizing},
    {"clearselectors", clear_selectors},
    {NULL, NULL},
};

static void reset(struct acl_user *user, const struct acl_rules *rules)
{
    drop_selectors(user, 0);
    add_selector(user, acl_selector_new(rules));
    reset_passwords(user);
    user->enabled = false;
    user->sanitize = ACL_SANITIZE_ALWAYS;
}

static size_t find_password(const struct acl_user *user, const struct acl_password *password)
{
    size_t found = user->password_count;
    for (size_t i = 0; i < user->password_count; i++) {
        if (acl_password_equal(&user->passwords[i], password)) found = i;
    }
    return found;
}

static void add_password(struct acl_user *user, const struct acl_password *password)
{
    user->no_password = false;
    if (find_password(user, password) < user->password_count) return;
    user->passwords =
        mem_realloc(user->passwords, (user->password_count + 1) * sizeof(struct acl_password));
    user->passwords[user->password_count++] = *password;
}

static enum acl_error remove_password(struct acl_user *user, const struct acl_password *password)
{
    size_t at = find_password(user, password);
    if (at == user->password_count) return ACL_NO_SUCH_PASSWORD;
    user->password_count--;
    memmove(&user->passwords[at], &user->passwords[at + 1],
            (user->password_count - at) * sizeof(struct acl_password));
    return ACL_OK;
}

/* >password <password #hash !hash */
static enum acl_error apply_password(struct acl_user *user, struct str rule)
{
    char sign = rule.ptr[0];
    struct str text = str_from(rule, 1);
    struct acl_password password;
    if (sign == '>' || sign == '<')
        password = acl_password_of(text);
    else if (!acl_password_parse(text, &password))
        return ACL_BAD_HASH;
    if (sign == '<' || sign == '!') return remove_password(user, &password);
    add_password(user, &password);
    return ACL_OK;
}

static enum acl_error apply_selector(struct acl_user *user, const struct acl_rules *rules,
                                     struct str rule)
{
    enum acl_error error;
    struct acl_selector *selector = acl_selector_parse(rules, rule, &error);
    if (selector) add_selector(user, selector);
    return error;
}

static enum acl_error apply(struct acl_user *user, const struct acl_rules *rules, struct str rule)
{
    if (rule.len == 0) return ACL_OK;
    for (const struct user_rule *known = user_rules; known->word; known++) {
        if (!str_is(rule, known->word)) continue;
        known->apply(user);
        return ACL_OK;
    }
    if (str_is(rule, "reset")) {
        reset(user, rules);
        return ACL_OK;
    }
    if (memchr("><#!", rule.ptr[0], 4)) return apply_password(user, rule);
    if (rule.len > 1 && rule.ptr[0] == '(' && rule.ptr[rule.len - 1] == ')')
        return apply_selector(user, rules, rule);
    return acl_selector_apply(user->selectors[0], rules, rule);
}

enum acl_error acl_user_apply(struct acl_user *user, const struct acl_rules *rules, struct str rule)
{
    enum acl_error error = apply(user, rules, rule);
    user->unlimited = user->selectors[0]->unlimited == ACL_ALL;
    return error;
}

void acl_user_unlimit(struct acl_user *user, const struct acl_rules *rules)
{
    static const char *const words[] = {"+@all", "~*", "&*", "on", "nopass", NULL};
    for (const char *const *word = words; *word; word++) {
        acl_user_apply(user, rules, str_from_c(*word));
    }
}

/* --- questions --- */

bool acl_user_has_password(const struct acl_user *user, const struct acl_password *password)
{
    return find_password(user, password) < user->password_count;
}

enum acl_verdict acl_user_judge(const struct acl_user *user, struct acl_request *request)
{
    enum acl_verdict worst = ACL_ALLOWED;
    int denied_at = 0;
    for (size_t i = 0; i < user->selector_count; i++) {
        enum acl_verdict verdict = acl_selector_judge(user->selectors[i], request);
        if (verdict == ACL_ALLOWED) return verdict;
        if (verdict > worst)
            denied_at = request->denied_at;
        else if (verdict == worst && request->denied_at > denied_at)
            denied_at = request->denied_at;
        if (verdict > worst) worst = verdict;
    }
    request->denied_at = denied_at;
    return worst;
}

static bool may_hear(const struct acl_user *user, struct str channel, bool literal)
{
    for (size_t i = 0; i < user->selector_count; i++) {
        if (acl_selector_may_hear(user->selectors[i], channel, literal)) return true;
    }
    return false;
}

static bool may_hear_all_of(const struct acl_user *user, const struct map *names, bool literal)
{
    struct map_cursor cursor = {0};
    struct str name;
    while (map_next(names, &cursor, &name, NULL)) {
        if (!may_hear(user, name, literal)) return false;
    }
    return true;
}

bool acl_user_may_keep_listening(const struct acl_user *user, const struct session *session)
{
    return may_hear_all_of(user, &session->channels, false) &&
           may_hear_all_of(user, &session->shard_channels, false) &&
           may_hear_all_of(user, &session->patterns, true);
}

static bool reads_all_keys(const struct acl_selector *selector)
{
    if (selector->unlimited & ACL_ALL_KEYS) return true;
    for (size_t i = 0; i < selector->keys.count; i++) {
        const struct acl_pattern *pattern = &selector->keys.list[i];
        if ((pattern->access & ACL_READ) && pattern->len == 1 && pattern->text[0] == '*')
            return true;
    }
    return false;
}

bool acl_user_reads_all_keys(const struct acl_user *user, struct acl_request *request)
{
    for (size_t i = 0; i < user->selector_count; i++) {
        if (reads_all_keys(user->selectors[i]) &&
            acl_selector_judge(user->selectors[i], request) == ACL_ALLOWED)
            return true;
    }
    return false;
}
