#include "command/call.h"

#include "base/num.h"
#include "command/blocking.h"
#include "command/errors.h"
#include "command/watch.h"

void call_changed_in(struct call *call, struct keyspace *ks, struct str key)
{
    struct host *host = call->host;
    call->changes++;
    if (host->watches) watch_changed(host->watches, ks, key);
    blocking_changed(host->blocking, ks, key);
    if (host->on_changed) host->on_changed(host->owner, call->session, ks, key);
}

void call_changed(struct call *call, struct str key)
{
    call_changed_in(call, call->ks, key);
}

void call_event_in(struct call *call, enum event_class what, const char *event, struct keyspace *ks,
                   struct str key)
{
    struct host *host = call->host;
    if ((host->events_wanted & what) == 0 || host->on_event == NULL) return;
    host->on_event(host->owner, what, event, ks, key);
}

void call_event(struct call *call, enum event_class what, const char *event, struct str key)
{
    call_event_in(call, what, event, call->ks, key);
}

bool call_i64(struct call *call, int at, int64_t *number)
{
    if (num_parse_i64(call->argv[at], number)) return true;
    reply_error(call->reply, ERR_NOT_INTEGER);
    return false;
}

bool call_i64_in(struct call *call, int at, int64_t low, int64_t high, int64_t *number)
{
    if (!call_i64(call, at, number)) return false;
    if (*number >= low && *number <= high) return true;
    if (low == 0 && high == INT64_MAX)
        reply_error(call->reply, ERR_NOT_POSITIVE);
    else
        reply_error(call->reply, ERR_OUT_OF_RANGE);
    return false;
}

bool call_double(struct call *call, int at, double *number)
{
    if (num_parse_double(call->argv[at], number)) return true;
    reply_error(call->reply, ERR_NOT_FLOAT);
    return false;
}

bool call_is(const struct call *call, int at, const char *word)
{
    return str_is(call->argv[at], word);
}

void call_syntax_error(struct call *call)
{
    reply_error(call->reply, ERR_SYNTAX);
}

void call_wrong_type(struct call *call)
{
    reply_error(call->reply, ERR_WRONG_TYPE);
}

void call_arity_error(struct call *call)
{
    const char *container = call->container ? call->container->name : "";
    reply_error_fmt(call->reply, "ERR wrong number of arguments for '%s%s%s' command", container,
                    call->container ? "|" : "", call->command->name);
}
