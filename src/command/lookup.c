#include "command/lookup.h"

#include "command/errors.h"
#include "command/execute.h"

enum {
    LFU_COUNTER_MASK = 0xff,
    LFU_COUNTER_MAX = 255,
    LFU_INITIAL = 5,
    LFU_MINUTES_SHIFT = 8,
    LFU_MINUTES_MASK = 0xffff,
};

/* --- access --- */

static uint32_t lru_clock(const struct host *host)
{
    return (uint32_t)(host->now_ms / 1000) & ENTRY_ACCESS_MASK;
}

static uint32_t lfu_minutes(const struct host *host)
{
    return (uint32_t)(host->now_ms / 60000) & LFU_MINUTES_MASK;
}

uint32_t access_now(const struct host *host)
{
    if (!host->settings->lfu) return lru_clock(host);
    return lfu_minutes(host) << LFU_MINUTES_SHIFT | LFU_INITIAL;
}

uint32_t access_lfu_counter(const struct host *host, uint32_t access)
{
    uint32_t counter = access & LFU_COUNTER_MASK;
    int64_t decay_time = host->settings->lfu_decay_time;
    if (decay_time == 0) return counter;
    uint32_t elapsed = (lfu_minutes(host) - (access >> LFU_MINUTES_SHIFT)) & LFU_MINUTES_MASK;
    int64_t periods = elapsed / decay_time;
    return periods >= counter ? 0 : counter - (uint32_t)periods;
}

/* The higher the counter, the less likely a hit raises it. */
static uint32_t lfu_raised(struct host *host, uint32_t counter)
{
    if (counter == LFU_COUNTER_MAX) return counter;
    double above = counter > LFU_INITIAL ? counter - LFU_INITIAL : 0;
    double chance = 1.0 / (above * (double)host->settings->lfu_log_factor + 1);
    return counter + (prng_unit(&host->store->prng) < chance);
}

uint32_t access_after_touch(struct host *host, uint32_t access)
{
    if (!host->settings->lfu) return lru_clock(host);
    uint32_t counter = lfu_raised(host, access_lfu_counter(host, access));
    return lfu_minutes(host) << LFU_MINUTES_SHIFT | counter;
}

int64_t access_idle_s(const struct host *host, uint32_t access)
{
    return (int64_t)((lru_clock(host) - access) & ENTRY_ACCESS_MASK);
}

/* --- keys --- */

bool entry_is_expired(const struct host *host, const struct entry *entry)
{
    int64_t at = entry_expire_at(entry);
    return at != NO_EXPIRY && at <= host->now_ms;
}

/* What a master or a file tells us was done when the key was there, whatever our clock says. */
static bool keeps_expired(const struct call *call)
{
    const struct executor *executor = call->host->executor;
    if (executor && (executor->state & GATE_LOADING)) return true;
    return call->session && session_is(call->session, SESSION_MASTER);
}

void lookup_remove_expired(struct call *call, struct keyspace *ks, struct entry *entry)
{
    struct buf key = {0};
    buf_append_str(&key, entry_key(entry));
    keyspace_remove(ks, buf_str(&key));
    call->host->stats.expired++;
    struct str effect[] = {STR("DEL"), buf_str(&key)};
    effects_add_before(call->effects, ks->id, effect, 2);
    call_changed_in(call, ks, buf_str(&key));
    call->changes--; /* the deletion is an effect of its own, not a change by this request */
    call_event_in(call, EVENT_EXPIRED, "expired", ks, buf_str(&key));
    buf_deinit(&key);
}

bool lookup_expire(struct call *call, struct keyspace *ks, struct entry *entry)
{
    const struct host *host = call->host;
    if (!entry_is_expired(host, entry) || keeps_expired(call)) return false;
    if (!host->settings->is_replica && !host->settings->keeps_expired)
        lookup_remove_expired(call, ks, entry);
    return true;
}

/* The reads of a client with CLIENT NO-TOUCH leave the age alone, but for the command that is
 * there to change it. */
static bool touches_key(const struct call *call, enum lookup_mode mode)
{
    if (mode == LOOKUP_PEEK) return false;
    if (!session_is(call->session, SESSION_NO_TOUCH)) return true;
    return strcmp(call->command->name, "touch") == 0;
}

struct entry *lookup_in(struct call *call, struct keyspace *ks, struct str key,
                        enum lookup_mode mode)
{
    struct host *host = call->host;
    struct entry *entry = keyspace_find(ks, key);
    if (entry && entry_has_expiry(entry) && lookup_expire(call, ks, entry)) entry = NULL;
    if (mode == LOOKUP_READ) {
        if (entry)
            host->stats.hits++;
        else
            host->stats.misses++;
        if (entry == NULL) call_event_in(call, EVENT_KEY_MISS, "keymiss", ks, key);
    }
    if (entry && touches_key(call, mode)) {
        entry_set_access(entry, access_after_touch(host, entry_access(entry)));
    }
    return entry;
}

struct entry *lookup(struct call *call, struct str key, enum lookup_mode mode)
{
    return lookup_in(call, call->ks, key, mode);
}

struct entry *lookup_type(struct call *call, struct str key, enum lookup_mode mode,
                          enum value_type type, bool *failed)
{
    struct entry *entry = lookup_in(call, call->ks, key, mode);
    *failed = entry && entry_type(entry) != type;
    if (!*failed) return entry;
    call_wrong_type(call);
    return NULL;
}

bool lookup_delete(struct call *call, struct str key)
{
    return keyspace_remove(call->ks, key);
}
