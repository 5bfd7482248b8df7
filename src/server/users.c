/* What the server and its ACL owe each other: clients to end, settings to follow, lines for a
 * rewritten configuration. */
#include "server/server.h"

#include "base/mem.h"
#include "server/acl_describe.h"
#include "server/acl_file.h"
#include "server/client_line.h"
#include "server/config_words.h"

static void each_session(void *context, void (*visit)(void *argument, struct session *session),
                         void *argument)
{
    struct server *server = context;
    LIST_FOREACH(at, after, &server->clients.all)
    {
        visit(argument, &LIST_ENTRY(at, struct client, node)->session);
    }
}

static void end_session(void *context, struct session *session)
{
    (void)context;
    if (session->link) client_close_soon(client_of(session), CLOSED_BY_US);
}

static void describe_session(void *context, const struct session *session, struct buf *out)
{
    const struct server *server = context;
    if (session->link) client_line(session->link, &server->acl, out);
}

void server_init_users(struct server *server)
{
    struct acl_hooks hooks = {
        .context = server,
        .each_session = each_session,
        .end_session = end_session,
        .describe_session = describe_session,
    };
    acl_init(&server->acl, &server->registry, &hooks);
    acl_set_default_password(&server->acl, buf_str(&server->config.security.requirepass));
}

bool server_load_users(struct server *server, struct buf *why)
{
    const struct config_security *security = &server->config.security;
    struct acl_startup startup = {.users = &security->users, .file = security->aclfile};
    return acl_start(&server->acl, &startup, why);
}

void server_apply_users(struct server *server)
{
    const struct config_security *security = &server->config.security;
    acl_log_limit(&server->acl.log, (size_t)security->acllog_max_len);
    server->acl.rules.all_channels_first =
        security->acl_pubsub_default == CONFIG_PUBSUB_ALLCHANNELS;
    tracking_limit(&server->tracking, server->config.clients.tracking_table_max_keys);
}

/* The words of a `user` line. */
static struct config_words line_of(const struct acl *acl, const struct acl_user *user)
{
    struct buf text = {0};
    buf_append_str(&text, buf_str(&user->name));
    buf_append_char(&text, ' ');
    acl_describe_user(user, &acl->rules, &text);
    struct str rest = buf_str(&text);
    struct str *list = mem_alloc((text.len + 1) * sizeof(*list));
    struct config_args args = {.list = list};
    while (str_split(&rest, ' ', &list[args.count])) args.count++;
    struct config_words words = config_words_new(args);
    mem_free(list);
    buf_deinit(&text);
    return words;
}

/* Users that live in a file of their own stay out of the configuration. */
void server_refresh_users(void *context)
{
    struct server *server = context;
    struct config_users *users = &server->config.security.users;
    const struct acl *acl = &server->acl;
    for (size_t i = 0; i < users->count; i++) config_words_clear(&users->lines[i]);
    users->count = 0;
    if (acl->file.len) return;
    users->lines = mem_realloc(users->lines, (acl->users.count + 1) * sizeof(*users->lines));
    for (size_t i = 0; i < acl->users.count; i++) {
        users->lines[users->count++] = line_of(acl, acl->users.list[i]);
    }
}
