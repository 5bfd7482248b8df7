#include "server/client_filter.h"

#include "base/num.h"
#include "server/server.h"

enum client_type client_type_of(const struct client *client)
{
    const struct session *session = &client->session;
    if (session_is(session, SESSION_MASTER)) return TYPE_MASTER;
    bool monitors = session_is(session, SESSION_MONITOR);
    if (session_is(session, SESSION_REPLICA) && !monitors) return TYPE_REPLICA;
    return session_is(session, SESSION_PUBSUB) ? TYPE_PUBSUB : TYPE_NORMAL;
}

bool client_filter_type(struct call *call, int at, enum client_type *type)
{
    static const struct {
        const char *word;
        enum client_type type;
    } words[] = {
        {"normal", TYPE_NORMAL}, {"slave", TYPE_REPLICA}, {"replica", TYPE_REPLICA},
        {"pubsub", TYPE_PUBSUB}, {"master", TYPE_MASTER},
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (!call_is(call, at, words[i].word)) continue;
        *type = words[i].type;
        return true;
    }
    reply_error_fmt(call->reply, "ERR Unknown client type '%.*s'", STR_ARG(call_arg(call, at)));
    return false;
}

static bool read_id(struct call *call, int at, struct client_filter *filter)
{
    int64_t id;
    if (!num_parse_i64(call_arg(call, at), &id) || id < 1) {
        reply_error(call->reply, "ERR client-id should be greater than 0");
        return false;
    }
    filter->id = (uint64_t)id;
    return true;
}

static bool read_type(struct call *call, int at, struct client_filter *filter)
{
    return client_filter_type(call, at, &filter->type);
}

static bool read_user(struct call *call, int at, struct client_filter *filter)
{
    filter->user = acl_users_find(&server_of(call)->acl.users, call_arg(call, at));
    if (filter->user) return true;
    reply_error_fmt(call->reply, "ERR No such user '%.*s'", STR_ARG(call_arg(call, at)));
    return false;
}

static bool read_address(struct call *call, int at, struct client_filter *filter)
{
    filter->address = call_arg(call, at);
    return true;
}

static bool read_local_address(struct call *call, int at, struct client_filter *filter)
{
    filter->local_address = call_arg(call, at);
    return true;
}

static bool read_skipme(struct call *call, int at, struct client_filter *filter)
{
    filter->skips_me = call_is(call, at, "yes");
    if (filter->skips_me || call_is(call, at, "no")) return true;
    call_syntax_error(call);
    return false;
}

static const struct filter_option {
    const char *word;
    bool (*read)(struct call *call, int at, struct client_filter *filter);
} options[] = {
    {"id", read_id},        {"type", read_type},           {"user", read_user},
    {"addr", read_address}, {"laddr", read_local_address}, {"skipme", read_skipme},
};

static const struct filter_option *find_option(const struct call *call, int at)
{
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (call_is(call, at, options[i].word)) return &options[i];
    }
    return NULL;
}

bool client_filter_parse(struct call *call, struct client_filter *filter)
{
    for (int i = 2; i < call->argc; i += 2) {
        const struct filter_option *option = find_option(call, i);
        if (option == NULL || i + 1 == call->argc) {
            call_syntax_error(call);
            return false;
        }
        if (!option->read(call, i + 1, filter)) return false;
    }
    return true;
}

static bool is_at(struct str wanted, const char *address)
{
    return wanted.ptr == NULL || str_eq(wanted, str_from_c(address));
}

bool client_filter_takes(const struct client_filter *filter, const struct client *client,
                         const struct session *me)
{
    char peer[CONN_ADDRESS_MAX], local[CONN_ADDRESS_MAX];
    const struct session *session = &client->session;
    if (filter->skips_me && session == me) return false;
    if (filter->id && session->id != filter->id) return false;
    if (filter->type && client_type_of(client) != filter->type) return false;
    if (filter->user && session->user != filter->user) return false;
    return is_at(filter->address, conn_peer(client->conn, peer)) &&
           is_at(filter->local_address, conn_local(client->conn, local));
}
