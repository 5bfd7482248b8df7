#include "repl/progress.h"

#include "base/assert.h"

void progress_init(struct progress *progress, int64_t now_ms)
{
    *progress = (struct progress){.heard_ms = now_ms};
}

void progress_queue(struct progress *progress, int64_t now_ms)
{
    ASSERT(progress->state != REPLICA_ONLINE);
    progress->state = REPLICA_WAITING;
    progress->heard_ms = now_ms;
}

static void set_place(struct progress *progress, int64_t offset)
{
    progress->start = progress->sent = progress->acked = offset;
    progress->fsynced = 0;
    progress->has_acked = false;
}

void progress_begin(struct progress *progress, int64_t offset, int64_t now_ms)
{
    ASSERT(progress->state == REPLICA_WAITING);
    progress->state = REPLICA_SENDING;
    set_place(progress, offset);
    progress->heard_ms = now_ms;
}

static void go_online(struct progress *progress, bool muted, int64_t now_ms)
{
    progress->state = REPLICA_ONLINE;
    progress->is_muted = muted;
    progress->heard_ms = now_ms;
}

void progress_ready(struct progress *progress, bool by_mark, int64_t now_ms)
{
    ASSERT(progress->state == REPLICA_SENDING);
    go_online(progress, by_mark, now_ms);
}

void progress_continue(struct progress *progress, int64_t offset, int64_t now_ms)
{
    ASSERT(progress->state == REPLICA_HANDSHAKE);
    set_place(progress, offset);
    progress->continues = true;
    go_online(progress, false, now_ms);
}

void progress_sent(struct progress *progress, int64_t offset)
{
    ASSERT(progress_may_flow(progress) && offset >= progress->sent);
    progress->sent = offset;
}

enum ack_verdict progress_ack(struct progress *progress, int64_t offset, int64_t fsynced,
                              int64_t now_ms)
{
    if (progress->state != REPLICA_ONLINE) return ACK_IGNORED;
    if (offset < 0 || offset > progress->sent || fsynced > offset) return ACK_FORGED;
    /* redis-cli --replica says 0 and never more: a sign of life that confirms nothing. Whoever has
     * loaded a snapshot cannot have less than it. */
    if (offset != 0 && offset < progress->acked) return ACK_BACKWARDS;
    progress->heard_ms = now_ms;
    if (offset >= progress->acked) {
        progress->acked = offset;
        progress->has_acked = true;
        if (fsynced > progress->fsynced) progress->fsynced = fsynced;
    }
    if (!progress->is_muted) return ACK_TAKEN;
    progress->is_muted = false;
    return ACK_FIRST;
}

bool progress_is_lost(const struct progress *progress, int64_t now_ms, int64_t timeout_ms)
{
    if (progress->state != REPLICA_ONLINE && progress->state != REPLICA_SENDING) return false;
    if (progress->state == REPLICA_ONLINE && progress->is_silent) return false;
    return now_ms - progress->heard_ms > timeout_ms;
}

int64_t progress_lag_s(const struct progress *progress, int64_t now_ms)
{
    return now_ms > progress->heard_ms ? (now_ms - progress->heard_ms) / 1000 : 0;
}

bool progress_is_good(const struct progress *progress, int64_t now_ms, int64_t max_lag_s)
{
    return progress->state == REPLICA_ONLINE && progress->has_acked &&
           progress_lag_s(progress, now_ms) <= max_lag_s;
}

bool progress_too_few(size_t good, int64_t min_replicas, int64_t max_lag_s)
{
    return min_replicas > 0 && max_lag_s > 0 && good < (uint64_t)min_replicas;
}

const char *replica_state_name(enum replica_state state)
{
    static const char *const names[REPLICA_STATES] = {
        [REPLICA_HANDSHAKE] = "handshake",
        [REPLICA_WAITING] = "wait_bgsave",
        [REPLICA_SENDING] = "send_bulk",
        [REPLICA_ONLINE] = "online",
    };
    return names[state];
}
