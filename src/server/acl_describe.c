#include "server/acl_describe.h"

#include "command/category.h"

/* --- commands --- */

/* The description so far: `built` has what the words written would give, `left` what they do not
 * explain yet. */
struct description {
    const struct acl_rules *rules;
    const struct acl_selector *wanted;
    struct acl_selector *built, *left;
    bool adds; /* starts from nothing, else from everything */
    struct buf *out;
};

/* How well a category fits: commands it would get right, and wrong. */
struct fit {
    uint32_t category;
    size_t right, wrong;
};

static struct fit measure(const struct description *d, uint32_t category)
{
    struct fit fit = {.category = category};
    for (int id = 0; id < d->rules->registry->count; id++) {
        if (!(d->rules->registry->refs[id]->categories & category)) continue;
        if (acl_selector_has(d->left, id) == d->adds)
            fit.right++;
        else
            fit.wrong++;
    }
    return fit;
}

static bool is_better(const struct fit *fit, const struct fit *best)
{
    if (fit->right <= fit->wrong) return false;
    if (best->category == 0) return true;
    return fit->wrong < best->wrong || (fit->wrong == best->wrong && fit->right > best->right);
}

static struct fit best_category(const struct description *d, uint32_t used)
{
    struct fit best = {0};
    for (int bit = 0; bit < CATEGORY_COUNT; bit++) {
        if (used & (1U << bit)) continue;
        struct fit fit = measure(d, 1U << bit);
        if (is_better(&fit, &best)) best = fit;
    }
    return best;
}

static void describe_by_categories(struct description *d)
{
    uint32_t used = 0;
    for (;;) {
        struct fit best = best_category(d, used);
        if (best.category == 0) return;
        used |= best.category;
        buf_append_c(d->out, d->adds ? " +@" : " -@");
        buf_append_c(d->out, category_name(__builtin_ctz(best.category)));
        acl_selector_set_category(d->built, d->rules, best.category, d->adds);
        acl_selector_set_category(d->left, d->rules, best.category, !d->adds);
    }
}

/* Containers have lower ids than their sub-commands: a container's rule, which covers them all,
 * comes first. */
static void correct_single_commands(struct description *d)
{
    for (int id = 0; id < d->rules->registry->count; id++) {
        const struct command_ref *ref = d->rules->registry->refs[id];
        bool wanted = acl_selector_has(d->wanted, id);
        if (wanted == acl_selector_has(d->built, id)) continue;
        buf_append_c(d->out, wanted ? " +" : " -");
        buf_append_c(d->out, ref->full_name);
        acl_selector_set(d->built, ref, wanted);
    }
}

static void describe_first_args(struct description *d)
{
    for (size_t i = 0; i < d->wanted->first_arg_count; i++) {
        const struct acl_first_arg *arg = &d->wanted->first_args[i];
        if (acl_selector_has(d->wanted, arg->id)) continue;
        buf_append_c(d->out, " +");
        buf_append_c(d->out, d->rules->registry->refs[arg->id]->full_name);
        buf_append_char(d->out, '|');
        buf_append(d->out, arg->text, arg->len);
    }
}

void acl_describe_commands(const struct acl_selector *selector, const struct acl_rules *rules,
                           struct buf *out)
{
    struct description d = {
        .rules = rules,
        .wanted = selector,
        .built = acl_selector_new(rules),
        .left = acl_selector_copy(selector),
        .adds = !acl_selector_has_future(selector),
        .out = out,
    };
    struct str start = d.adds ? STR("-@all") : STR("+@all");
    buf_append_str(out, start);
    acl_selector_apply(d.built, rules, start);
    describe_by_categories(&d);
    correct_single_commands(&d);
    describe_first_args(&d);
    acl_selector_free(d.built);
    acl_selector_free(d.left);
}

/* --- keys and channels --- */

static void separate(struct buf *out, size_t start)
{
    if (out->len > start) buf_append_char(out, ' ');
}

void acl_describe_keys(const struct acl_selector *selector, struct buf *out)
{
    size_t start = out->len;
    if (selector->unlimited & ACL_ALL_KEYS) buf_append_c(out, "~*");
    for (size_t i = 0; i < selector->keys.count; i++) {
        const struct acl_pattern *pattern = &selector->keys.list[i];
        separate(out, start);
        if (pattern->access == ACL_READ) buf_append_c(out, "%R");
        if (pattern->access == ACL_WRITE) buf_append_c(out, "%W");
        buf_append_char(out, '~');
        buf_append(out, pattern->text, pattern->len);
    }
}

void acl_describe_channels(const struct acl_selector *selector, struct buf *out)
{
    size_t start = out->len;
    if (selector->unlimited & ACL_ALL_CHANNELS) buf_append_c(out, "&*");
    for (size_t i = 0; i < selector->channels.count; i++) {
        separate(out, start);
        buf_append_char(out, '&');
        buf_append(out, selector->channels.list[i].text, selector->channels.list[i].len);
    }
}

static void describe_selector(const struct acl_selector *selector, const struct acl_rules *rules,
                              struct buf *out)
{
    acl_describe_keys(selector, out);
    if (out->len && out->ptr[out->len - 1] != ' ') buf_append_char(out, ' ');
    if (!(selector->unlimited & ACL_ALL_CHANNELS)) {
        buf_append_c(out, "resetchannels ");
    }
    size_t before = out->len;
    acl_describe_channels(selector, out);
    if (out->len > before) buf_append_char(out, ' ');
    acl_describe_commands(selector, rules, out);
}

/* --- users --- */

static bool is_on(const struct acl_user *user)
{
    return user->enabled;
}

static bool is_off(const struct acl_user *user)
{
    return !user->enabled;
}

static bool needs_no_password(const struct acl_user *user)
{
    return user->no_password;
}

static bool skips_sanitizing(const struct acl_user *user)
{
    return user->sanitize == ACL_SANITIZE_SKIP;
}

static bool always_sanitizes(const struct acl_user *user)
{
    return user->sanitize == ACL_SANITIZE_ALWAYS;
}

const struct acl_user_flag acl_user_flags[] = {
    {"on", is_on},
    {"off", is_off},
    {"nopass", needs_no_password},
    {"skip-sanitize-payload", skips_sanitizing},
    {"sanitize-payload", always_sanitizes},
    {NULL, NULL},
};

/* The words of a selector are read like a line of the prompt: one with quotes in it, or with a
 * parenthesis at its end that would close the selector, must be quoted. */
static bool needs_quotes(struct str word)
{
    return str_find_char(word, '"') >= 0 || str_find_char(word, '\'') >= 0 ||
           str_ends_with(word, STR(")"));
}

static void append_parenthesised(struct buf *out, struct str rules)
{
    const char *before = " (";
    struct str word;
    while (str_split(&rules, ' ', &word)) {
        buf_append_c(out, before);
        before = " ";
        if (needs_quotes(word))
            buf_append_quoted(out, word);
        else
            buf_append_str(out, word);
    }
    buf_append_char(out, ')');
}

void acl_describe_user(const struct acl_user *user, const struct acl_rules *rules, struct buf *out)
{
    for (const struct acl_user_flag *flag = acl_user_flags; flag->word; flag++) {
        if (!flag->has(user)) continue;
        buf_append_c(out, flag->word);
        buf_append_char(out, ' ');
    }
    for (size_t i = 0; i < user->password_count; i++) {
        buf_append_char(out, '#');
        acl_password_write(&user->passwords[i], out);
        buf_append_char(out, ' ');
    }
    describe_selector(user->selectors[0], rules, out);
    struct buf text = {0};
    for (size_t i = 1; i < user->selector_count; i++) {
        buf_clear(&text);
        describe_selector(user->selectors[i], rules, &text);
        append_parenthesised(out, buf_str(&text));
    }
    buf_deinit(&text);
}
