/* CLIENT TRACKING, CACHING, GETREDIR and TRACKINGINFO. */
#include "base/mem.h"
#include "command/errors.h"
#include "server/access.h"
#include "server/tracking.h"

#include <stdlib.h>

/* Options as they are read. */
struct request {
    struct tracking_options options;
    struct str *prefixes;
    int64_t redirect;
};

static bool read_redirect(struct call *call, int at, struct request *request)
{
    struct delivery *delivery = server_tracking(call)->delivery;
    if (request->redirect) {
        reply_error(call->reply, "ERR A client can only redirect to a single other client");
        return false;
    }
    if (!call_i64(call, at, &request->redirect)) return false;
    if (request->redirect < 0 ||
        delivery->find(delivery->context, (uint64_t)request->redirect) == NULL) {
        reply_error(call->reply, "ERR The client ID you want redirect to does not exist");
        return false;
    }
    request->options.redirect = (uint64_t)request->redirect;
    return true;
}

static uint64_t mode_of(const struct call *call, int at)
{
    static const struct {
        const char *word;
        uint64_t flag;
    } modes[] = {
        {"bcast", SESSION_TRACKING_BCAST},
        {"optin", SESSION_TRACKING_OPTIN},
        {"optout", SESSION_TRACKING_OPTOUT},
        {"noloop", SESSION_TRACKING_NOLOOP},
    };
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (call_is(call, at, modes[i].word)) return modes[i].flag;
    }
    return 0;
}

static bool read_options(struct call *call, struct request *request)
{
    for (int i = 3; i < call->argc; i++) {
        uint64_t mode = mode_of(call, i);
        bool has_value = i + 1 < call->argc;
        if (mode) {
            request->options.flags |= mode;
        } else if (has_value && call_is(call, i, "redirect")) {
            if (!read_redirect(call, ++i, request)) return false;
        } else if (has_value && call_is(call, i, "prefix")) {
            request->prefixes[request->options.prefix_count++] = call_arg(call, ++i);
        } else {
            call_syntax_error(call);
            return false;
        }
    }
    return true;
}

/* What is wrong with options among each other or with what the session does already, or NULL. */
static const char *conflict(const struct session *session, const struct tracking_options *options)
{
    uint64_t flags = options->flags, now = session->flags;
    if (!(flags & SESSION_TRACKING_BCAST) && options->prefix_count)
        return "ERR PREFIX option requires BCAST mode to be enabled";
    if ((now & SESSION_TRACKING) && ((now ^ flags) & SESSION_TRACKING_BCAST))
        return "ERR You can't switch BCAST mode on/off before disabling tracking for this client, "
               "and then re-enabling it with a different mode.";
    if ((flags & SESSION_TRACKING_BCAST) &&
        (flags & (SESSION_TRACKING_OPTIN | SESSION_TRACKING_OPTOUT)))
        return "ERR OPTIN and OPTOUT are not compatible with BCAST";
    if ((flags & SESSION_TRACKING_OPTIN) && (flags & SESSION_TRACKING_OPTOUT))
        return "ERR You can't specify both OPTIN mode and OPTOUT mode";
    if (((flags & SESSION_TRACKING_OPTIN) && (now & SESSION_TRACKING_OPTOUT)) ||
        ((flags & SESSION_TRACKING_OPTOUT) && (now & SESSION_TRACKING_OPTIN)))
        return "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, "
               "and then re-enabling it with a different mode.";
    return NULL;
}

static bool overlap(struct str a, struct str b)
{
    return str_starts_with(a, b) || str_starts_with(b, a);
}

static bool collides_with_own(struct call *call, struct str prefix)
{
    struct map_cursor cursor = {0};
    struct str own;
    while (map_next(&call->session->tracking_prefixes, &cursor, &own, NULL)) {
        if (!overlap(own, prefix)) continue;
        reply_error_fmt(call->reply,
                        "ERR Prefix '%.*s' overlaps with an existing prefix '%.*s'. Prefixes for a "
                        "single client must not overlap.",
                        STR_ARG(prefix), STR_ARG(own));
        return true;
    }
    return false;
}

/* A key must not be announced twice to one client. */
static bool prefixes_collide(struct call *call, const struct tracking_options *options)
{
    for (size_t i = 0; i < options->prefix_count; i++) {
        if (collides_with_own(call, options->prefixes[i])) return true;
        for (size_t j = i + 1; j < options->prefix_count; j++) {
            if (!overlap(options->prefixes[i], options->prefixes[j])) continue;
            reply_error_fmt(call->reply,
                            "ERR Prefix '%.*s' overlaps with another provided prefix '%.*s'. "
                            "Prefixes for a single client must not overlap.",
                            STR_ARG(options->prefixes[i]), STR_ARG(options->prefixes[j]));
            return true;
        }
    }
    return false;
}

static void switch_on(struct call *call, const struct tracking_options *options)
{
    const char *error = conflict(call->session, options);
    if (error) {
        reply_error(call->reply, error);
        return;
    }
    if (prefixes_collide(call, options)) return;
    tracking_begin(server_tracking(call), call->session, options);
    reply_ok(call->reply);
}

void tracking_command(struct call *call)
{
    struct request request = {
        .prefixes = mem_alloc((size_t)call->argc * sizeof(struct str)),
    };
    request.options.prefixes = request.prefixes;
    if (!read_options(call, &request)) {
        /* the error is answered */
    } else if (call_is(call, 2, "on")) {
        switch_on(call, &request.options);
    } else if (call_is(call, 2, "off")) {
        tracking_leave(server_tracking(call), call->session);
        reply_ok(call->reply);
    } else {
        call_syntax_error(call);
    }
    mem_free(request.prefixes);
}

void tracking_caching_command(struct call *call)
{
    struct session *session = call->session;
    if (!session_is(session, SESSION_TRACKING)) {
        reply_error(call->reply, "ERR CLIENT CACHING can be called only when the client is in "
                                 "tracking mode with OPTIN or OPTOUT mode enabled");
        return;
    }
    bool yes = call_is(call, 2, "yes");
    if (!yes && !call_is(call, 2, "no")) {
        call_syntax_error(call);
    } else if (!session_is(session, yes ? SESSION_TRACKING_OPTIN : SESSION_TRACKING_OPTOUT)) {
        reply_error_fmt(call->reply,
                        "ERR CLIENT CACHING %s is only valid when tracking is enabled in %s mode.",
                        yes ? "YES" : "NO", yes ? "OPTIN" : "OPTOUT");
    } else {
        session->flags |= SESSION_TRACKING_CACHING;
        reply_ok(call->reply);
    }
}

/* -1 without tracking, 0 without a redirection. */
static int64_t redirection(const struct session *session)
{
    return session_is(session, SESSION_TRACKING) ? (int64_t)session->tracking_redirect : -1;
}

void tracking_getredir_command(struct call *call)
{
    reply_i64(call->reply, redirection(call->session));
}

static void reply_flags(struct call *call)
{
    const struct session *session = call->session;
    bool caching = session_is(session, SESSION_TRACKING_CACHING);
    bool optin = session_is(session, SESSION_TRACKING_OPTIN);
    bool optout = session_is(session, SESSION_TRACKING_OPTOUT);
    const struct {
        bool shown;
        const char *word;
    } words[] = {
        {!session_is(session, SESSION_TRACKING), "off"},
        {session_is(session, SESSION_TRACKING), "on"},
        {session_is(session, SESSION_TRACKING_BCAST), "bcast"},
        {optin, "optin"},
        {optin && caching, "caching-yes"},
        {optout, "optout"},
        {optout && caching, "caching-no"},
        {session_is(session, SESSION_TRACKING_NOLOOP), "noloop"},
        {session_is(session, SESSION_TRACKING_BROKEN_REDIR), "broken_redirect"},
    };
    struct reply_later later;
    size_t count = 0;
    reply_later_begin(call->reply, &later);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (!words[i].shown) continue;
        reply_bulk_c(call->reply, words[i].word);
        count++;
    }
    reply_later_set(call->reply, &later, count);
}

static int compare(const void *a, const void *b)
{
    const struct str *one = a, *other = b;
    return str_cmp(*one, *other);
}

static void reply_prefixes(struct call *call)
{
    const struct map *prefixes = &call->session->tracking_prefixes;
    struct str *sorted = mem_alloc((prefixes->len + 1) * sizeof(*sorted));
    struct map_cursor cursor = {0};
    size_t count = 0;
    while (map_next(prefixes, &cursor, &sorted[count], NULL)) count++;
    qsort(sorted, count, sizeof(*sorted), compare);
    reply_array(call->reply, count);
    for (size_t i = 0; i < count; i++) reply_bulk(call->reply, sorted[i]);
    mem_free(sorted);
}

void tracking_info_command(struct call *call)
{
    reply_map(call->reply, 3);
    reply_bulk_c(call->reply, "flags");
    reply_flags(call);
    reply_bulk_c(call->reply, "redirect");
    reply_i64(call->reply, redirection(call->session));
    reply_bulk_c(call->reply, "prefixes");
    reply_prefixes(call);
}
