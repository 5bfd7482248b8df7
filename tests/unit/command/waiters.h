/* Several sessions on the store of one harness, of which some wait: for tests of blocking commands.
 */
#ifndef SKEIN_TESTS_COMMAND_WAITERS_H
#define SKEIN_TESTS_COMMAND_WAITERS_H

#include "command/blocking.h"
#include "unit/command/harness.h"

enum { WAITERS_MAX = 64 };

struct waiters {
    struct harness *h;
    struct blocking blocking;
    struct session sessions[WAITERS_MAX];
    struct chain outs[WAITERS_MAX];
    size_t count;
    struct buf got;
};

static inline void waiters_init(struct waiters *waiters, struct harness *h, size_t count)
{
    memset(waiters, 0, sizeof(*waiters));
    waiters->h = h;
    waiters->count = count;
    blocking_init(&waiters->blocking, &h->host, (struct hash_seed){5, 6});
    h->host.blocking = &waiters->blocking;
    for (size_t i = 0; i < count; i++) {
        session_init(&waiters->sessions[i], 100 + i, &waiters->outs[i]);
        waiters->sessions[i].authenticated = true;
    }
}

static inline void waiters_deinit(struct waiters *waiters)
{
    blocking_leave(&waiters->blocking, &waiters->h->session);
    for (size_t i = 0; i < waiters->count; i++) {
        blocking_leave(&waiters->blocking, &waiters->sessions[i]);
        session_deinit(&waiters->sessions[i]);
        chain_deinit(&waiters->outs[i]);
    }
    blocking_deinit(&waiters->blocking);
    buf_deinit(&waiters->got);
}

/* Session `at` sends a request; nothing is served yet. */
static inline void waiters_send(struct waiters *waiters, size_t at, const char *line)
{
    struct words words = {0};
    words_split(&words, str_from_c(line));
    struct request_view request = {.argv = words.list, .argc = (int)words.count};
    execute(&waiters->h->executor, &waiters->sessions[at], &request, ORIGIN_CLIENT);
    words_deinit(&words);
}

/* What session `at` received since it was asked last. */
static inline const char *waiters_got(struct waiters *waiters, size_t at)
{
    struct chain *out = &waiters->outs[at];
    buf_clear(&waiters->got);
    chain_copy(out, buf_reserve(&waiters->got, out->len + 1));
    waiters->got.len = out->len;
    chain_consume(out, out->len);
    return buf_c(&waiters->got);
}

#endif
