/* ACL and its sub-commands. */
#include "command/call.h"
#include "command/category.h"
#include "command/help.h"
#include "io/entropy.h"
#include "server/access.h"
#include "server/acl_describe.h"
#include "server/acl_file.h"
#include "server/families.h"

#define NO_ACL_FILE                                                                                \
    "ERR This Redis instance is not configured to use an ACL file. You may want to specify users " \
    "via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis "      \
    "configuration file set) in order to store users in the Redis configuration."
#define GENPASS_RANGE                                                                              \
    "ERR ACL GENPASS argument must be the number of bits for the output password, a positive "     \
    "number up to 4096"

enum { GENPASS_BITS = 256, GENPASS_BITS_MAX = 4096, BITS_PER_DIGIT = 4 };

static bool too_many_arguments(struct call *call, int max)
{
    if (call->argc <= max) return false;
    reply_error_fmt(call->reply,
                    "ERR unknown subcommand or wrong number of arguments for '%.*s'. Try ACL "
                    "HELP.",
                    STR_ARG(call_arg(call, 1)));
    return true;
}

/* --- users --- */

static void run_setuser(struct call *call)
{
    struct acl_change change = {
        .name = call_arg(call, 2),
        .rules = call->argv + 3,
        .rule_count = (size_t)call->argc - 3,
        .by = call->session,
    };
    struct buf error = {0};
    if (acl_set_user(server_acl(call), &change, &error))
        reply_ok(call->reply);
    else
        reply_error_str(call->reply, buf_str(&error));
    buf_deinit(&error);
}

static void run_deluser(struct call *call)
{
    int64_t deleted = 0;
    for (int i = 2; i < call->argc; i++) {
        if (str_eq(call->argv[i], STR("default"))) {
            reply_error(call->reply, "ERR The 'default' user cannot be removed");
            return;
        }
        deleted += acl_delete_user(server_acl(call), call->argv[i], call->session);
    }
    reply_i64(call->reply, deleted);
}

static void reply_flags(struct call *call, const struct acl_user *user)
{
    struct reply_later later;
    size_t count = 0;
    reply_later_begin(call->reply, &later);
    for (const struct acl_user_flag *flag = acl_user_flags; flag->word; flag++) {
        if (!flag->has(user)) continue;
        reply_bulk_c(call->reply, flag->word);
        count++;
    }
    reply_later_set(call->reply, &later, count);
}

static void reply_passwords(struct call *call, const struct acl_user *user)
{
    struct buf hex = {0};
    reply_array(call->reply, user->password_count);
    for (size_t i = 0; i < user->password_count; i++) {
        buf_clear(&hex);
        acl_password_write(&user->passwords[i], &hex);
        reply_bulk(call->reply, buf_str(&hex));
    }
    buf_deinit(&hex);
}

/* Three pairs of a map: commands, keys, channels. */
static void reply_selector(struct call *call, const struct acl_selector *selector)
{
    struct buf text = {0};
    reply_bulk_c(call->reply, "commands");
    acl_describe_commands(selector, &server_acl(call)->rules, &text);
    reply_bulk(call->reply, buf_str(&text));
    reply_bulk_c(call->reply, "keys");
    buf_clear(&text);
    acl_describe_keys(selector, &text);
    reply_bulk(call->reply, buf_str(&text));
    reply_bulk_c(call->reply, "channels");
    buf_clear(&text);
    acl_describe_channels(selector, &text);
    reply_bulk(call->reply, buf_str(&text));
    buf_deinit(&text);
}

static void run_getuser(struct call *call)
{
    const struct acl_user *user = acl_users_find(&server_acl(call)->users, call_arg(call, 2));
    if (user == NULL) {
        reply_null(call->reply);
        return;
    }
    reply_map(call->reply, 6);
    reply_bulk_c(call->reply, "flags");
    reply_flags(call, user);
    reply_bulk_c(call->reply, "passwords");
    reply_passwords(call, user);
    reply_selector(call, user->selectors[0]);
    reply_bulk_c(call->reply, "selectors");
    reply_array(call->reply, user->selector_count - 1);
    for (size_t i = 1; i < user->selector_count; i++) {
        reply_map(call->reply, 3);
        reply_selector(call, user->selectors[i]);
    }
}

static void run_users(struct call *call)
{
    const struct acl_users *users = &server_acl(call)->users;
    reply_array(call->reply, users->count);
    for (size_t i = 0; i < users->count; i++) {
        reply_bulk(call->reply, buf_str(&users->list[i]->name));
    }
}

static void run_list(struct call *call)
{
    const struct acl *acl = server_acl(call);
    struct buf text = {0};
    reply_array(call->reply, acl->users.count);
    for (size_t i = 0; i < acl->users.count; i++) {
        const struct acl_user *user = acl->users.list[i];
        buf_clear(&text);
        buf_append_c(&text, "user ");
        buf_append_str(&text, buf_str(&user->name));
        buf_append_char(&text, ' ');
        acl_describe_user(user, &acl->rules, &text);
        reply_bulk(call->reply, buf_str(&text));
    }
    buf_deinit(&text);
}

static void run_whoami(struct call *call)
{
    reply_bulk(call->reply, buf_str(&call->session->user->name));
}

/* --- files --- */

static void run_load(struct call *call)
{
    struct acl *acl = server_acl(call);
    struct buf error = {0};
    if (acl->file.len == 0) {
        reply_error(call->reply, NO_ACL_FILE);
    } else if (acl_load(acl, call->session, &error)) {
        reply_ok(call->reply);
    } else {
        reply_error_fmt(call->reply, "ERR %.*s", STR_ARG(error));
    }
    buf_deinit(&error);
}

static void run_save(struct call *call)
{
    const struct acl *acl = server_acl(call);
    struct buf error = {0};
    if (acl->file.len == 0) {
        reply_error(call->reply, NO_ACL_FILE);
    } else if (acl_save(acl, &error)) {
        reply_ok(call->reply);
    } else {
        reply_error_fmt(call->reply, "ERR There was an error trying to save the ACLs: %.*s",
                        STR_ARG(error));
    }
    buf_deinit(&error);
}

/* --- commands and categories --- */

static void list_commands_of(struct call *call, uint32_t category)
{
    const struct registry *registry = server_acl(call)->rules.registry;
    struct reply_later later;
    size_t count = 0;
    reply_later_begin(call->reply, &later);
    for (int id = 0; id < registry->count; id++) {
        if (!(registry->refs[id]->categories & category)) continue;
        reply_bulk_c(call->reply, registry->refs[id]->full_name);
        count++;
    }
    reply_later_array(call->reply, &later, count);
}

static void list_categories(struct call *call)
{
    reply_array(call->reply, CATEGORY_COUNT);
    for (int bit = 0; bit < CATEGORY_COUNT; bit++) reply_bulk_c(call->reply, category_name(bit));
}

static void run_cat(struct call *call)
{
    if (too_many_arguments(call, 3)) return;
    if (call->argc == 2) {
        list_categories(call);
        return;
    }
    uint32_t category = category_find(call_arg(call, 2));
    if (category)
        list_commands_of(call, category);
    else
        reply_error_fmt(call->reply, "ERR Unknown category '%.*s'", STR_ARG(call_arg(call, 2)));
}

static void run_genpass(struct call *call)
{
    int64_t bits = GENPASS_BITS;
    if (too_many_arguments(call, 3)) return;
    if (call->argc == 3 && !call_i64(call, 2, &bits)) return;
    if (bits <= 0 || bits > GENPASS_BITS_MAX) {
        reply_error(call->reply, GENPASS_RANGE);
        return;
    }
    char digits[GENPASS_BITS_MAX / BITS_PER_DIGIT + 1];
    size_t len = (size_t)(bits + BITS_PER_DIGIT - 1) / BITS_PER_DIGIT;
    entropy_hex(digits, len);
    reply_bulk(call->reply, str_of(digits, len));
    explicit_bzero(digits, sizeof(digits));
}

static void reply_dryrun(struct call *call, enum acl_verdict verdict, const char *full_name,
                         struct str denied)
{
    struct buf text = {0};
    switch (verdict) {
    case ACL_ALLOWED:
        reply_ok(call->reply);
        return;
    case ACL_DENIED_COMMAND:
        buf_printf(&text, "This user has no permissions to run the '%s' command", full_name);
        break;
    case ACL_DENIED_KEY:
        buf_printf(&text, "This user has no permissions to access the '%.*s' key", STR_ARG(denied));
        break;
    case ACL_DENIED_CHANNEL:
        buf_printf(&text, "This user has no permissions to access the '%.*s' channel",
                   STR_ARG(denied));
        break;
    }
    reply_bulk(call->reply, buf_str(&text));
    buf_deinit(&text);
}

/* The command of argv[3...], or NULL after the error was answered. */
static const struct command_ref *find_dryrun_command(struct call *call)
{
    const struct registry *registry = server_acl(call)->rules.registry;
    int argc = call->argc - 3;
    const struct command_ref *ref = registry_find(registry, call->argv + 3, argc);
    if (ref == NULL || (ref->subcommands && argc > 1)) {
        reply_error_fmt(call->reply, "ERR Command '%.*s' not found", STR_ARG(call_arg(call, 3)));
        return NULL;
    }
    int arity = ref->command->arity;
    if (arity > 0 ? argc != arity : argc < -arity) {
        reply_error_fmt(call->reply, "ERR wrong number of arguments for '%s' command",
                        ref->full_name);
        return NULL;
    }
    return ref;
}

static void run_dryrun(struct call *call)
{
    const struct acl_user *user = acl_users_find(&server_acl(call)->users, call_arg(call, 2));
    if (user == NULL) {
        reply_error_fmt(call->reply, "ERR User '%.*s' not found", STR_ARG(call_arg(call, 2)));
        return;
    }
    const struct command_ref *ref = find_dryrun_command(call);
    if (ref == NULL) return;
    struct acl_request request = {
        .command = ref->command,
        .container = ref->container,
        .id = ref->id,
        .argv = call->argv + 3,
        .argc = call->argc - 3,
    };
    enum acl_verdict verdict = acl_user_judge(user, &request);
    reply_dryrun(call, verdict, ref->full_name, request.argv[request.denied_at]);
    acl_request_deinit(&request);
}

/* --- log --- */

static void reply_log_entry(struct call *call, const struct acl_log_entry *entry)
{
    struct reply *reply = call->reply;
    reply_map(reply, 10);
    reply_bulk_c(reply, "count");
    reply_i64(reply, (int64_t)entry->count);
    reply_bulk_c(reply, "reason");
    reply_bulk_c(reply, acl_log_reason_word(entry->reason));
    reply_bulk_c(reply, "context");
    reply_bulk_c(reply, acl_log_context_word(entry->context));
    reply_bulk_c(reply, "object");
    reply_bulk(reply, buf_str(&entry->object));
    reply_bulk_c(reply, "username");
    reply_bulk(reply, buf_str(&entry->user));
    reply_bulk_c(reply, "age-seconds");
    reply_double(reply, (double)(call->host->now_ms - entry->updated_ms) / 1000);
    reply_bulk_c(reply, "client-info");
    reply_bulk(reply, buf_str(&entry->client_info));
    reply_bulk_c(reply, "entry-id");
    reply_i64(reply, (int64_t)entry->id);
    reply_bulk_c(reply, "timestamp-created");
    reply_i64(reply, entry->created_ms);
    reply_bulk_c(reply, "timestamp-last-updated");
    reply_i64(reply, entry->updated_ms);
}

static void run_log(struct call *call)
{
    struct acl_log *log = &server_acl(call)->log;
    int64_t wanted = 10;
    if (too_many_arguments(call, 3)) return;
    if (call->argc == 3 && call_is(call, 2, "reset")) {
        acl_log_clear(log);
        reply_ok(call->reply);
        return;
    }
    if (call->argc == 3 && !call_i64(call, 2, &wanted)) return;
    if (wanted < 0) wanted = 0;
    if ((uint64_t)wanted > log->len) wanted = (int64_t)log->len;
    reply_array(call->reply, (size_t)wanted);
    const struct list *at = log->entries.next;
    for (int64_t i = 0; i < wanted; i++, at = at->next) {
        reply_log_entry(call, LIST_ENTRY(at, const struct acl_log_entry, link));
    }
}

static void run_help(struct call *call)
{
    static const char *const lines[] = {
        "CAT [<category>]",
        "    The categories of commands, or the commands of one category.",
        "DELUSER <username> [<username> ...]",
        "    Removes users; their clients are disconnected.",
        "DRYRUN <username> <command> [<arg> ...]",
        "    Tells whether a user could run a command, without running it.",
        "GENPASS [<bits>]",
        "    A random password in hexadecimal, of 256 or the given number of bits.",
        "GETUSER <username>",
        "    All about one user.",
        "LIST",
        "    All users, as the lines of an ACL file.",
        "LOAD",
        "    Replaces the users by those of the ACL file.",
        "LOG [<count> | RESET]",
        "    What was refused lately, or forgets it.",
        "SAVE",
        "    Writes the users to the ACL file.",
        "SETUSER <username> [<rule> ...]",
        "    Creates or changes a user.",
        "USERS",
        "    The names of all users.",
        "WHOAMI",
        "    The name of the user of this connection.",
        NULL,
    };
    help_reply(call, lines);
}

enum {
    EVERYBODY = CMD_NOSCRIPT | CMD_LOADING | CMD_STALE,
    ADMIN = CMD_ADMIN | EVERYBODY,
    OF_ADMIN = CAT_ADMIN | CAT_SLOW | CAT_DANGEROUS,
};

static const struct command acl_subcommands[] = {
    {.name = "cat",
     .run = run_cat,
     .arity = -2,
     .flags = EVERYBODY,
     .categories = CAT_SLOW,
     .summary = "Lists the command categories, or the commands of one.",
     .since = "6.0.0",
     .group = "server",
     .complexity = "O(1), the number of commands being fixed",
     .syntax = "[category]"},
    {.name = "deluser",
     .run = run_deluser,
     .arity = -3,
     .flags = ADMIN,
     .categories = OF_ADMIN,
     .summary = "Removes users and disconnects their clients.",
     .since = "6.0.0",
     .group = "server",
     .complexity = "O(N) in the number of clients for each user",
     .syntax = "username [username ...]"},
    {.name = "dryrun",
     .run = run_dryrun,
     .arity = -4,
     .flags = ADMIN,
     .categories = OF_ADMIN,
     .summary = "Tells whether a user could run a command, without running it.",
     .since = "7.0.0",
     .group = "server",
     .complexity = "O(1)",
     .syntax = "username command [arg [arg ...]]"},
    {.name = "genpass",
     .run = run_genpass,
     .arity = -2,
     .flags = EVERYBODY,
     .categories = CAT_SLOW,
     .summary = "Makes a random password.",
     .since = "6.0.0",
     .group = "server",
     .complexity = "O(1)",
     .syntax = "[bits]"},
    {.name = "getuser",
     .run = run_getuser,
     .arity = 3,
     .flags = ADMIN,
     .categories = OF_ADMIN,
     .summary = "Shows the flags, passwords and rules of a user.",
     .since = "6.0.0",
     .group = "server",
     .complexity = "O(N) in the number of passwords and rules of the user",
     .syntax = "username",
     .history = {{"6.2.0", "Channel patterns are shown."},
                 {"7.0.0",
                  "Selectors are shown; patterns of keys and channels are shown as rules."}}},
    {.name = "help",
     .run = run_help,
     .arity = 2,
     .flags = CMD_LOADING | CMD_STALE,
     .categories = CAT_SLOW,
     .summary = "Lists the sub-commands.",
     .since = "6.0.0",
     .group = "server",
     .complexity = "O(1)",
     .syntax = ""},
    {.name = "list",
     .run = run_list,
     .arity = 2,
     .flags = ADMIN,
     .categories = OF_ADMIN,
     .summary = "Shows all users in the form of an ACL file.",
     .since = "6.0.0",
     .group = "server",
     .complexity = "O(N) in the number of users",
     .syntax = ""},
    {.name = "load",
     .run = run_load,
     .arity = 2,
     .flags = ADMIN,
     .categories = OF_ADMIN,
     .summary = "Replaces the users by those of the ACL file.",
     .since = "6.0.0",
     .group = "server",
     .complexity = "O(N) in the number of users",
     .syntax = ""},
    {.name = "log",
     .run = run_log,
     .arity = -2,
     .flags = ADMIN,
     .categories = OF_ADMIN,
     .summary = "Shows what was refused lately, or forgets it.",
     .since = "6.0.0",
     .group = "server",
     .complexity = "O(N) in the number of entries shown",
     .syntax = "[count | RESET]",
     .history = {{"7.2.0", "Entries have an id and the times of their first and last refusal."}}},
    {.name = "save",
     .run = run_save,
     .arity = 2,
     .flags = ADMIN,
     .categories = OF_ADMIN,
     .summary = "Writes the users to the ACL file.",
     .since = "6.0.0",
     .group = "server",
     .complexity = "O(N) in the number of users",
     .syntax = ""},
    {.name = "setuser",
     .run = run_setuser,
     .arity = -3,
     .flags = ADMIN,
     .categories = OF_ADMIN,
     .summary = "Creates or changes a user by rules.",
     .since = "6.0.0",
     .group = "server",
     .complexity = "O(N) in the number of rules",
     .syntax = "username [rule [rule ...]]",
     .history = {{"6.2.0", "Rules for channels."}, {"7.0.0", "Selectors, and keys by access."}}},
    {.name = "users",
     .run = run_users,
     .arity = 2,
     .flags = ADMIN,
     .categories = OF_ADMIN,
     .summary = "Lists the names of all users.",
     .since = "6.0.0",
     .group = "server",
     .complexity = "O(N) in the number of users",
     .syntax = ""},
    {.name = "whoami",
     .run = run_whoami,
     .arity = 2,
     .flags = EVERYBODY,
     .categories = CAT_SLOW,
     .summary = "Tells the user of this connection.",
     .since = "6.0.0",
     .group = "server",
     .complexity = "O(1)",
     .syntax = ""},
    {0},
};

const struct command acl_commands[] = {
    {.name = "acl",
     .arity = -2,
     .categories = CAT_SLOW,
     .subcommands = acl_subcommands,
     .summary = "A container for commands that manage users and their permissions.",
     .since = "6.0.0",
     .group = "server",
     .complexity = "depends on the sub-command",
     .syntax = ""},
    {0},
};
