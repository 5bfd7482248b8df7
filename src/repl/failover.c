#include "repl/failover.h"

static bool is_target(const struct failover_target *target,
                      const struct failover_candidate *replica)
{
    return target->port == replica->port && str_eq_nocase(str_from_c(target->host), replica->host);
}

static const struct failover_candidate *find_target(const struct failover_target *target,
                                                    const struct failover_candidate *replicas,
                                                    size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is_target(target, &replicas[i])) return &replicas[i];
    }
    return NULL;
}

static bool set_target(struct failover_target *target, struct str host, int port)
{
    *target = (struct failover_target){.port = port};
    if (host.len > FAILOVER_HOST_MAX) return false;
    if (host.len) memcpy(target->host, host.ptr, host.len);
    return true;
}

enum failover_refusal failover_begin(struct failover *failover, const struct failover_order *order,
                                     const struct failover_candidate *replicas, size_t count,
                                     int64_t now_ms)
{
    if (failover->state != FAILOVER_NONE) return FAILOVER_RUNS_ALREADY;
    if (count == 0) return FAILOVER_NO_REPLICAS;
    if (order->force && (order->timeout_ms == 0 || order->host.len == 0))
        return FAILOVER_FORCE_NEEDS_TARGET;
    struct failover_target target;
    if (!set_target(&target, order->host, order->port)) return FAILOVER_UNKNOWN_TARGET;
    if (order->host.len) {
        const struct failover_candidate *replica = find_target(&target, replicas, count);
        if (replica == NULL) return FAILOVER_UNKNOWN_TARGET;
        if (!replica->is_online) return FAILOVER_TARGET_OFFLINE;
    }
    bool endless = order->timeout_ms == 0 || order->timeout_ms > INT64_MAX - now_ms;
    *failover = (struct failover){FAILOVER_WAITING, target, order->force,
                                  endless ? INT64_MAX : now_ms + order->timeout_ms};
    return FAILOVER_ACCEPTED;
}

static enum failover_action hand_over(struct failover *failover)
{
    failover->state = FAILOVER_HANDING_OVER;
    failover->deadline_ms = INT64_MAX;
    return FAILOVER_FOLLOW_TARGET;
}

enum failover_action failover_on_ack(struct failover *failover,
                                     const struct failover_candidate *replica, int64_t offset)
{
    if (failover->state != FAILOVER_WAITING) return FAILOVER_DO_NOTHING;
    if (!replica->is_online || replica->acked != offset) return FAILOVER_DO_NOTHING;
    if (failover->target.host[0] && !is_target(&failover->target, replica))
        return FAILOVER_DO_NOTHING;
    if (!set_target(&failover->target, replica->host, replica->port)) return FAILOVER_DO_NOTHING;
    return hand_over(failover);
}

enum failover_action failover_on_tick(struct failover *failover, int64_t now_ms)
{
    if (failover->state != FAILOVER_WAITING || now_ms < failover->deadline_ms)
        return FAILOVER_DO_NOTHING;
    if (failover->is_forced) return hand_over(failover);
    return failover_abort(failover);
}

enum failover_action failover_on_answer(struct failover *failover, bool accepted)
{
    if (failover->state != FAILOVER_HANDING_OVER) return FAILOVER_DO_NOTHING;
    if (!accepted) return failover_abort(failover);
    failover->state = FAILOVER_NONE;
    return FAILOVER_RESUME_WRITES;
}

enum failover_action failover_abort(struct failover *failover)
{
    enum failover_state before = failover->state;
    failover->state = FAILOVER_NONE;
    switch (before) {
    case FAILOVER_NONE:
        break;
    case FAILOVER_WAITING:
        return FAILOVER_RESUME_WRITES;
    case FAILOVER_HANDING_OVER:
        return FAILOVER_RESUME_AS_MASTER;
    }
    return FAILOVER_DO_NOTHING;
}

const char *failover_state_name(enum failover_state state)
{
    switch (state) {
    case FAILOVER_NONE:
        return "no-failover";
    case FAILOVER_WAITING:
        return "waiting-for-sync";
    case FAILOVER_HANDING_OVER:
        return "failover-in-progress";
    }
    return "";
}
