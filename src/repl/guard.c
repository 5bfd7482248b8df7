#include "repl/guard.h"

static const char *const names[GUARD_VERDICTS] = {
    [GUARD_OFF] = "off",
    [GUARD_ORDERED] = "ordered",
    [GUARD_NOTHING_TO_LOSE] = "nothing-to-lose",
    [GUARD_MASTER_HAS_DATA] = "master-has-data",
    [GUARD_SAME_HISTORY] = "same-history",
    [GUARD_REFUSED] = "refused",
};

const char *guard_verdict_name(enum guard_verdict verdict)
{
    return names[verdict];
}

enum guard_verdict guard_decide(const struct guard_case *facts)
{
    if (!facts->enabled) return GUARD_OFF;
    if (facts->ordered) return GUARD_ORDERED;
    if (facts->own_keys == 0) return GUARD_NOTHING_TO_LOSE;
    if (facts->masters_keys > 0) return GUARD_MASTER_HAS_DATA;
    if (facts->same_history) return GUARD_SAME_HISTORY;
    return GUARD_REFUSED;
}
