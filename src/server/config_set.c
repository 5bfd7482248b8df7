#include "server/config_set.h"

#include "base/mem.h"

struct step {
    const struct config_option *option;
    struct str name;
    struct config_value old;
    bool done; /* `old` holds the value from before */
    bool differs;
};

struct transaction {
    struct config *config;
    const struct config_hooks *hooks;
    const struct config_request *request;
    struct config_failure *failure;
    struct step *steps;
};

static bool fail(struct transaction *t, struct str culprit, const char *reason)
{
    t->failure->culprit = culprit;
    buf_append_c(&t->failure->reason, reason);
    return false;
}

/* --- may these options be set at all? --- */

static bool may_set_protected(const struct transaction *t)
{
    enum config_allow allow = t->config->security.enable_protected_configs;
    return allow == CONFIG_ALLOW_YES || (allow == CONFIG_ALLOW_LOCAL && t->request->local);
}

static bool is_repeated(const struct transaction *t, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (str_eq_nocase(t->request->list[i].name, t->request->list[at].name)) return true;
    }
    return false;
}

/* The name or the alias, whichever was asked for, in the table's letters. */
static struct str spelled(const struct config_option *option, struct str name)
{
    struct str own = str_from_c(option->name);
    return str_eq_nocase(own, name) ? own : str_from_c(option->alias);
}

static bool admit(struct transaction *t, size_t at)
{
    struct str name = t->request->list[at].name;
    const struct config_option *option = config_option_find(name).option;
    if (!option || (option->flags & CONFIG_FILE_ONLY)) {
        t->failure->unknown = true;
        t->failure->culprit = name;
        return false;
    }
    t->steps[at] = (struct step){.option = option, .name = spelled(option, name)};
    if (option->flags & CONFIG_IMMUTABLE) return fail(t, name, "can't set immutable config");
    if ((option->flags & CONFIG_PROTECTED) && !may_set_protected(t)) {
        return fail(t, name, "can't set protected config");
    }
    return !is_repeated(t, at) || fail(t, name, "duplicate parameter");
}

/* --- new values --- */

static bool assign(struct transaction *t, size_t at)
{
    struct step *step = &t->steps[at];
    struct config_value value = {0};
    if (step->option->flags & CONFIG_AMENDS) config_value_copy(step->option, t->config, &value);
    struct config_args args = {&t->request->list[at].value, 1};
    if (!config_value_parse(step->option, args, &value, &t->failure->reason)) {
        t->failure->culprit = step->name;
        return false;
    }
    config_value_swap(step->option, t->config, &value);
    step->old = value;
    step->done = true;
    step->differs =
        (step->option->flags & CONFIG_VOLATILE) ||
        !config_option_same(step->option, value.bytes, config_field_const(step->option, t->config));
    return true;
}

static void roll_back(struct transaction *t)
{
    for (size_t i = t->request->count; i-- > 0;) {
        struct step *step = &t->steps[i];
        if (!step->done) continue;
        config_value_swap(step->option, t->config, &step->old);
        config_value_clear(step->option, &step->old);
    }
}

static void commit(struct transaction *t)
{
    for (size_t i = 0; i < t->request->count; i++) {
        config_value_clear(t->steps[i].option, &t->steps[i].old);
    }
}

/* --- effects --- */

static const struct step *find_change(const struct transaction *t, enum config_change change)
{
    for (size_t i = 0; i < t->request->count; i++) {
        if (t->steps[i].differs && t->steps[i].option->change == change) return &t->steps[i];
    }
    return NULL;
}

static bool apply_change(struct transaction *t, enum config_change change)
{
    const struct step *step = find_change(t, change);
    if (!step || t->hooks->apply(t->hooks->ctx, change, &t->failure->reason)) return true;
    t->failure->culprit = step->name;
    return false;
}

/* The one that was refused may have done a part of its work, so it hears of the old values too. */
static void undo_changes(struct transaction *t, enum config_change last)
{
    struct buf ignored = {0};
    for (enum config_change change = CONFIG_CHANGE_NONE; change <= last; change++) {
        if (find_change(t, change)) t->hooks->apply(t->hooks->ctx, change, &ignored);
    }
    buf_deinit(&ignored);
}

static bool apply_all(struct transaction *t)
{
    if (!t->hooks || !t->hooks->apply) return true;
    for (enum config_change change = CONFIG_CHANGE_NONE; change < CONFIG_CHANGES; change++) {
        if (apply_change(t, change)) continue;
        roll_back(t);
        undo_changes(t, change);
        return false;
    }
    return true;
}

static bool run(struct transaction *t)
{
    for (size_t i = 0; i < t->request->count; i++) {
        if (!admit(t, i)) return false;
    }
    for (size_t i = 0; i < t->request->count; i++) {
        if (assign(t, i)) continue;
        roll_back(t);
        return false;
    }
    if (!apply_all(t)) return false;
    commit(t);
    return true;
}

bool config_set(struct config *config, const struct config_hooks *hooks,
                const struct config_request *request, struct config_failure *failure)
{
    struct transaction t = {config, hooks, request, failure, NULL};
    t.steps = mem_calloc((request->count + 1) * sizeof(*t.steps));
    bool good = run(&t);
    mem_free(t.steps);
    return good;
}
