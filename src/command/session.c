#include "command/session.h"

#include "base/assert.h"
#include "command/multi.h"

void session_init(struct session *session, uint64_t id, struct chain *out)
{
    *session = (struct session){.id = id, .reply = {.out = out, .version = 2}};
    list_init(&session->watched);
}

void session_deinit(struct session *session)
{
    ASSERT(session->blocked == NULL);
    multi_discard(session);
    buf_deinit(&session->name);
    buf_deinit(&session->lib_name);
    buf_deinit(&session->lib_ver);
    map_deinit(&session->channels, NULL);
    map_deinit(&session->patterns, NULL);
    map_deinit(&session->shard_channels, NULL);
    map_deinit(&session->tracking_prefixes, NULL);
}

void session_end_request(struct session *session)
{
    if (session_is(session, SESSION_REPLY_SKIP)) {
        session->flags &= ~(uint64_t)SESSION_REPLY_SKIP;
        session->reply.discards = session_is(session, SESSION_REPLY_OFF);
    }
    if (session_is(session, SESSION_REPLY_SKIP_NEXT)) {
        session->flags &= ~(uint64_t)SESSION_REPLY_SKIP_NEXT;
        session->flags |= SESSION_REPLY_SKIP;
        session->reply.discards = true;
    }
}
