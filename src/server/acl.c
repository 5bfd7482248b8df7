#include "server/acl.h"

#include "server/acl_describe.h"

/* A user that is only compared with, so that unknown names take as long as known ones. */
static const struct acl_password impossible = {.digest = {0}};

static struct acl_user *new_default_user(const struct acl_rules *rules)
{
    struct acl_user *user = acl_user_new(rules, STR("default"));
    acl_user_unlimit(user, rules);
    return user;
}

void acl_init(struct acl *acl, const struct registry *registry, const struct acl_hooks *hooks)
{
    *acl = (struct acl){0};
    if (hooks) acl->hooks = *hooks;
    acl_rules_init(&acl->rules, registry);
    acl_log_init(&acl->log, ACL_LOG_DEFAULT_LEN);
    acl->default_user = new_default_user(&acl->rules);
    acl_users_add(&acl->users, acl->default_user);
}

void acl_deinit(struct acl *acl)
{
    acl_users_deinit(&acl->users);
    acl_log_clear(&acl->log);
    acl_rules_deinit(&acl->rules);
    buf_deinit(&acl->file);
}

/* --- authentication --- */

static bool is_open(const struct acl *acl)
{
    return acl->default_user->no_password && acl->default_user->enabled;
}

static void admit_or_refuse(void *argument, struct session *session)
{
    const struct acl *acl = argument;
    bool admits = is_open(acl);
    if (session->authenticated == admits) return;
    if (!admits && !session_is(session, SESSION_ADMITTED)) return;
    session->authenticated = admits;
    session->flags ^= SESSION_ADMITTED;
}

/* The default user has changed, perhaps. Links of our own have no user. */
static void follow_default_user(struct acl *acl)
{
    const struct acl_hooks *hooks = &acl->hooks;
    if (hooks->each_session) hooks->each_session(hooks->context, admit_or_refuse, acl);
}

void acl_set_default_password(struct acl *acl, struct str password)
{
    struct buf rule = {0};
    acl_user_apply(acl->default_user, &acl->rules, STR("resetpass"));
    if (password.len) {
        buf_append_char(&rule, '>');
        buf_append_str(&rule, password);
    } else {
        buf_append_c(&rule, "nopass");
    }
    acl_user_apply(acl->default_user, &acl->rules, buf_str(&rule));
    buf_deinit(&rule);
    follow_default_user(acl);
}

void acl_begin_session(const struct acl *acl, struct session *session)
{
    session->user = acl->default_user;
    session->authenticated = is_open(acl);
    session->flags &= ~(uint64_t)SESSION_ADMITTED;
}

struct acl_user *acl_authenticate(const struct acl *acl, struct str name, struct str password)
{
    struct acl_user *user = acl_users_find(&acl->users, name);
    struct acl_password given = acl_password_of(password);
    bool right =
        user ? acl_user_has_password(user, &given) : acl_password_equal(&given, &impossible);
    if (user == NULL || !user->enabled) return NULL;
    return right || user->no_password ? user : NULL;
}

static enum acl_log_context context_of(const struct session *session)
{
    if (session_is(session, SESSION_SCRIPT)) return ACL_LOG_LUA;
    return session_is(session, SESSION_MULTI) ? ACL_LOG_MULTI : ACL_LOG_TOPLEVEL;
}

static void log_denial(struct acl *acl, const struct call *call, struct acl_denial *denial)
{
    struct buf info = {0};
    denial->context = context_of(call->session);
    denial->now_ms = call->host->now_ms;
    if (acl->hooks.describe_session)
        acl->hooks.describe_session(acl->hooks.context, call->session, &info);
    denial->client_info = buf_str(&info);
    acl_log_add(&acl->log, denial);
    buf_deinit(&info);
}

bool acl_login(struct acl *acl, struct call *call, struct str name, struct str password)
{
    struct acl_user *user = acl_authenticate(acl, name, password);
    if (user) {
        call->session->user = user;
        call->session->authenticated = true;
        call->session->flags &= ~(uint64_t)SESSION_ADMITTED;
        return true;
    }
    struct acl_denial denial = {.reason = ACL_LOG_AUTH, .object = call->argv[0], .user = name};
    log_denial(acl, call, &denial);
    return false;
}

/* --- permission --- */

/* One row per verdict: the reply to a client (a format for the command's name), to a script, and at
 * EXEC when rules have changed since. */
struct refusal {
    enum acl_log_reason reason;
    const char *to_client, *to_script, *at_exec;
};

static const struct refusal refusals[] = {
    [ACL_DENIED_COMMAND] = {ACL_LOG_COMMAND,
                            "NOPERM this user has no permissions to run the '%s' command",
                            "ERR The user executing the script can't run this command or "
                            "subcommand",
                            "no permission to execute the command or subcommand"},
    [ACL_DENIED_KEY] = {ACL_LOG_KEY,
                        "NOPERM this user has no permissions to access one of the keys used as "
                        "arguments",
                        "ERR The user executing the script can't access at least one of the keys "
                        "mentioned in the command arguments",
                        "no permission to touch the specified keys"},
    [ACL_DENIED_CHANNEL] = {ACL_LOG_CHANNEL,
                            "NOPERM this user has no permissions to access one of the channels "
                            "used as arguments",
                            "ERR The user executing the script can't publish to the channel "
                            "mentioned in the command",
                            "no permission to access one of the channels used as arguments"},
};

static void write_refusal(const struct refusal *refusal, const struct session *session,
                          const char *full_name, struct buf *error)
{
    static const uint64_t in_exec = SESSION_MULTI | SESSION_DENY_BLOCKING;
    if (session_is(session, SESSION_SCRIPT)) {
        buf_append_c(error, refusal->to_script);
    } else if ((session->flags & in_exec) == in_exec) {
        buf_append_c(error, "NOPERM ACLs rules changed between the moment the transaction was "
                            "accumulated and the EXEC call. This command is no longer allowed for "
                            "the following reason: ");
        buf_append_c(error, refusal->at_exec);
    } else {
        buf_printf(error, refusal->to_client, full_name);
    }
}

static struct acl_request request_of(const struct acl_rules *rules, const struct call *call)
{
    const struct command_ref *ref = acl_rules_ref(rules, call->command);
    return (struct acl_request){
        .command = call->command,
        .container = call->container,
        .id = ref ? ref->id : rules->registry->count,
        .argv = call->argv,
        .argc = call->argc,
    };
}

bool acl_allows(struct acl *acl, struct call *call, struct buf *error)
{
    const struct acl_user *user = call->session->user;
    if (user->unlimited) return true;
    struct acl_request request = request_of(&acl->rules, call);
    enum acl_verdict verdict = acl_user_judge(user, &request);
    acl_request_deinit(&request);
    if (verdict == ACL_ALLOWED) return true;
    const struct command_ref *ref = acl_rules_ref(&acl->rules, call->command);
    const char *full_name = ref ? ref->full_name : call->command->name;
    struct acl_denial denial = {
        .reason = refusals[verdict].reason,
        .object =
            verdict == ACL_DENIED_COMMAND ? str_from_c(full_name) : call->argv[request.denied_at],
        .user = buf_str(&user->name),
    };
    log_denial(acl, call, &denial);
    write_refusal(&refusals[verdict], call->session, full_name, error);
    return false;
}

bool acl_allows_all_keys(const struct acl *acl, const struct call *call)
{
    if (call->session->user->unlimited) return true;
    struct acl_request request = request_of(&acl->rules, call);
    bool allows = acl_user_reads_all_keys(call->session->user, &request);
    acl_request_deinit(&request);
    return allows;
}

/* --- changes --- */

/* A walk over the sessions that a change may end. */
struct eviction {
    struct acl *acl;
    const struct acl_user *user;
    const struct acl_users *replacement;
    struct session *by;
};

static void visit_sessions(struct eviction *eviction, void (*visit)(void *, struct session *))
{
    const struct acl_hooks *hooks = &eviction->acl->hooks;
    if (hooks->each_session) hooks->each_session(hooks->context, visit, eviction);
}

/* The user of the session is about to vanish. */
static void evict(const struct eviction *eviction, struct session *session)
{
    const struct acl_hooks *hooks = &eviction->acl->hooks;
    session->user = eviction->acl->default_user;
    session->authenticated = false;
    if (session == eviction->by)
        session->flags |= SESSION_CLOSE_AFTER_REPLY;
    else if (hooks->end_session)
        hooks->end_session(hooks->context, session);
}

static void evict_of_deleted_user(void *argument, struct session *session)
{
    const struct eviction *eviction = argument;
    if (session->user == eviction->user) evict(eviction, session);
}

static void end_if_it_hears_too_much(void *argument, struct session *session)
{
    const struct eviction *eviction = argument;
    const struct acl_hooks *hooks = &eviction->acl->hooks;
    if (session->user != eviction->user) return;
    if (!session_is(session, SESSION_PUBSUB)) return;
    if (acl_user_may_keep_listening(eviction->user, session)) return;
    if (session == eviction->by)
        session->flags |= SESSION_CLOSE_AFTER_REPLY;
    else if (hooks->end_session)
        hooks->end_session(hooks->context, session);
}

/* Applies the rules to a user nobody has seen yet. */
static bool apply_rules(struct acl *acl, struct acl_user *user, const struct acl_change *change,
                        struct buf *error)
{
    struct acl_grouped grouped;
    struct str unmatched;
    bool fine = acl_group(change->rules, change->rule_count, &grouped, &unmatched);
    if (!fine)
        buf_printf(error, "ERR Unmatched parenthesis in acl selector starting at '%.*s'.",
                   STR_ARG(unmatched));
    for (size_t i = 0; fine && i < grouped.count; i++) {
        struct str rule = buf_str(&grouped.list[i]);
        enum acl_error wrong = acl_user_apply(user, &acl->rules, rule);
        fine = wrong == ACL_OK;
        if (!fine)
            buf_printf(error, "ERR Error in ACL SETUSER modifier '%.*s': %s", STR_ARG(rule),
                       acl_error_text(wrong));
    }
    acl_grouped_deinit(&grouped);
    return fine;
}

bool acl_set_user(struct acl *acl, const struct acl_change *change, struct buf *error)
{
    if (acl_has_blanks(change->name)) {
        buf_append_c(error, "ERR Usernames can't contain spaces or null characters");
        return false;
    }
    struct acl_user *known = acl_users_find(&acl->users, change->name);
    struct acl_user *tried = known ? acl_user_copy(known) : acl_user_new(&acl->rules, change->name);
    if (!apply_rules(acl, tried, change, error)) {
        acl_user_free(tried);
        return false;
    }
    if (known == NULL) {
        acl_users_add(&acl->users, tried);
        return true;
    }
    acl_user_take(known, tried);
    struct eviction eviction = {.acl = acl, .user = known, .by = change->by};
    visit_sessions(&eviction, end_if_it_hears_too_much);
    follow_default_user(acl);
    return true;
}

bool acl_delete_user(struct acl *acl, struct str name, struct session *by)
{
    struct acl_user *user = acl_users_remove(&acl->users, name);
    if (user == NULL) return false;
    struct eviction eviction = {.acl = acl, .user = user, .by = by};
    visit_sessions(&eviction, evict_of_deleted_user);
    acl_user_free(user);
    return true;
}

static bool is_same_user(const struct acl_rules *rules, const struct acl_user *a,
                         const struct acl_user *b)
{
    struct buf one = {0}, other = {0};
    acl_describe_user(a, rules, &one);
    acl_describe_user(b, rules, &other);
    bool same = str_eq(buf_str(&one), buf_str(&other));
    buf_deinit(&one);
    buf_deinit(&other);
    return same;
}

static void rebind_or_evict(void *argument, struct session *session)
{
    const struct eviction *eviction = argument;
    struct acl *acl = eviction->acl;
    if (session->user == acl->default_user || session->user == NULL) return;
    struct acl_user *now = acl_users_find(eviction->replacement, buf_str(&session->user->name));
    if (now && is_same_user(&acl->rules, session->user, now))
        session->user = now;
    else
        evict(eviction, session);
}

void acl_replace_users(struct acl *acl, struct acl_users *users, struct session *by)
{
    struct acl_user *new_default = acl_users_remove(users, STR("default"));
    struct eviction eviction = {.acl = acl, .replacement = users, .by = by};
    visit_sessions(&eviction, rebind_or_evict);
    acl_users_remove(&acl->users, STR("default"));
    acl_users_deinit(&acl->users);
    acl->users = *users;
    *users = (struct acl_users){0};
    acl_user_take(acl->default_user, new_default ? new_default : new_default_user(&acl->rules));
    acl_users_add(&acl->users, acl->default_user);
    eviction.user = acl->default_user;
    visit_sessions(&eviction, end_if_it_hears_too_much);
    follow_default_user(acl);
}
