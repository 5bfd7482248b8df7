#include "server/client_line.h"

#include "command/blocking.h"
#include "server/acl.h"

enum { LINE_PIECES = 64 };

struct flag_letter {
    uint64_t flag;
    char letter;
};

/* A replica that monitors is shown as a monitor only. */
static const struct flag_letter letters[] = {
    {SESSION_MASTER, 'M'},         {SESSION_PUBSUB, 'P'},      {SESSION_MULTI, 'x'},
    {SESSION_BLOCKED, 'b'},        {SESSION_TRACKING, 't'},    {SESSION_TRACKING_BROKEN_REDIR, 'R'},
    {SESSION_TRACKING_BCAST, 'B'}, {SESSION_DIRTY_CAS, 'd'},   {SESSION_CLOSE_AFTER_REPLY, 'c'},
    {SESSION_CLOSE_ASAP, 'A'},     {SESSION_UNIX_SOCKET, 'U'}, {SESSION_NO_EVICT, 'e'},
    {SESSION_NO_TOUCH, 'T'},
};

static void append_flags(const struct client *client, struct buf *out)
{
    const struct session *session = &client->session;
    size_t before = out->len;
    if (session_is(session, SESSION_MONITOR))
        buf_append_char(out, 'O');
    else if (session_is(session, SESSION_REPLICA))
        buf_append_char(out, 'S');
    for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
        bool shown = session_is(session, letters[i].flag);
        if (letters[i].flag == SESSION_BLOCKED) shown = shown || client->waits;
        if (shown) buf_append_char(out, letters[i].letter);
    }
    if (out->len == before) buf_append_char(out, 'N');
}

static void append_identity(const struct client *client, struct buf *out)
{
    char peer[CONN_ADDRESS_MAX], local[CONN_ADDRESS_MAX];
    int64_t now_us = loop_now_us(client->clients->loop);
    buf_printf(out, "id=%llu addr=%s laddr=%s fd=%d name=%.*s age=%lld idle=%lld flags=",
               (unsigned long long)client->session.id, conn_peer(client->conn, peer),
               conn_local(client->conn, local), conn_fd(client->conn),
               STR_ARG(buf_str(&client->session.name)),
               (long long)(now_us - client->created_us) / 1000000,
               (long long)(now_us - client->active_us) / 1000000);
    append_flags(client, out);
}

static size_t bytes_of(const struct request_view *request)
{
    size_t bytes = 0;
    for (int i = 0; i < request->argc; i++) bytes += request->argv[i].len;
    return bytes;
}

static size_t running_argv_bytes(const struct client *client)
{
    const struct clients *clients = client->clients;
    return clients->running == client ? bytes_of(clients->running_request) : 0;
}

/* A session that waits keeps its request, which client_memory counts. */
static size_t kept_argv_bytes(const struct client *client)
{
    if (!session_is(&client->session, SESSION_BLOCKED)) return 0;
    struct request_view kept = blocking_request(&client->session);
    return bytes_of(&kept);
}

static void append_memory(const struct client *client, struct buf *out)
{
    const struct session *session = &client->session;
    struct iovec pieces[LINE_PIECES];
    int waiting = chain_pieces(&client->out, pieces, LINE_PIECES);
    size_t held = client->out.len ? client->out.held_bytes : 0;
    size_t argv_bytes = running_argv_bytes(client);
    buf_printf(out,
               " qbuf=%zu qbuf-free=%zu argv-mem=%zu multi-mem=%zu rbs=%zu rbp=%zu obl=%zu oll=%d "
               "omem=%zu tot-mem=%zu",
               client->in.len, client->in.capacity - client->in.len,
               argv_bytes + kept_argv_bytes(client), session->queued_bytes, client->out.held_bytes,
               client->out.held_bytes, client->out.len, waiting, held,
               client_memory(client) + argv_bytes);
}

static void append_state(const struct client *client, struct buf *out)
{
    const struct session *session = &client->session;
    bool in_multi = session_is(session, SESSION_MULTI);
    buf_printf(out, " db=%d sub=%zu psub=%zu ssub=%zu multi=%lld", session->db,
               session->channels.len, session->patterns.len, session->shard_channels.len,
               in_multi ? (long long)session->queued_count : -1);
    append_memory(client, out);
}

static void append_doings(const struct client *client, const struct acl *acl, struct buf *out)
{
    const struct session *session = &client->session;
    const struct command_ref *last =
        session->last_command ? acl_rules_ref(&acl->rules, session->last_command) : NULL;
    bool tracks = session_is(session, SESSION_TRACKING);
    struct str user = session->user ? buf_str(&session->user->name) : STR("(superuser)");
    buf_printf(out, " events=%s%s cmd=%s user=%.*s redir=%lld resp=%d lib-name=%.*s lib-ver=%.*s",
               client->waits ? "" : "r", client->wants_write ? "w" : "",
               last ? last->full_name : "NULL", STR_ARG(user),
               tracks ? (long long)session->tracking_redirect : -1, session->reply.version,
               STR_ARG(buf_str(&session->lib_name)), STR_ARG(buf_str(&session->lib_ver)));
}

void client_line(const struct client *client, const struct acl *acl, struct buf *out)
{
    append_identity(client, out);
    append_state(client, out);
    append_doings(client, acl, out);
}
