#include "server/login_guard.h"

#include "base/buf.h"
#include "base/mem.h"

#include <sys/param.h>

struct login_failures {
    struct list link;
    struct buf address;
    unsigned count;
    int64_t last_ms, next_ms;
};

void login_guard_init(struct login_guard *guard, struct hash_seed seed)
{
    *guard = (struct login_guard){.by_address.seed = seed};
    list_init(&guard->by_age);
}

static void forget(struct login_guard *guard, struct login_failures *failures)
{
    map_remove(&guard->by_address, buf_str(&failures->address));
    list_remove(&failures->link);
    buf_deinit(&failures->address);
    mem_free(failures);
}

void login_guard_deinit(struct login_guard *guard)
{
    LIST_FOREACH(at, after, &guard->by_age)
    {
        forget(guard, LIST_ENTRY(at, struct login_failures, link));
    }
    map_deinit(&guard->by_address, NULL);
}

static struct login_failures *remember(struct login_guard *guard, struct str address)
{
    if (guard->by_address.len == LOGIN_ADDRESSES_MAX) {
        forget(guard, LIST_ENTRY(guard->by_age.next, struct login_failures, link));
    }
    struct login_failures *failures = mem_new(struct login_failures);
    list_init(&failures->link);
    buf_append_str(&failures->address, address);
    map_put(&guard->by_address, address, failures);
    return failures;
}

static bool is_forgiven(const struct login_failures *failures, int64_t now_ms)
{
    return now_ms - failures->last_ms > LOGIN_FORGIVEN_AFTER_MS;
}

/* The delay after so many failures: it doubles up to its maximum. */
static int64_t delay_after(unsigned count)
{
    int64_t delay_ms = LOGIN_FIRST_DELAY_MS;
    if (count < LOGIN_FREE_FAILURES) return 0;
    for (unsigned i = LOGIN_FREE_FAILURES; i < count && delay_ms < LOGIN_DELAY_MAX_MS; i++) {
        delay_ms *= 2;
    }
    return MIN(delay_ms, LOGIN_DELAY_MAX_MS);
}

void login_guard_failed(struct login_guard *guard, struct str address, int64_t now_ms)
{
    struct login_failures *failures = map_get(&guard->by_address, address);
    if (failures == NULL) failures = remember(guard, address);
    if (is_forgiven(failures, now_ms)) failures->count = 0;
    failures->count++;
    failures->last_ms = now_ms;
    failures->next_ms = now_ms + delay_after(failures->count);
    list_remove(&failures->link);
    list_append(&guard->by_age, &failures->link);
}

void login_guard_succeeded(struct login_guard *guard, struct str address)
{
    struct login_failures *failures = map_get(&guard->by_address, address);
    if (failures) forget(guard, failures);
}

int64_t login_guard_delay_ms(struct login_guard *guard, struct str address, int64_t now_ms)
{
    const struct login_failures *failures = map_get(&guard->by_address, address);
    if (failures == NULL || is_forgiven(failures, now_ms)) return 0;
    return MAX(0, failures->next_ms - now_ms);
}
