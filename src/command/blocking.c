#include "command/blocking.h"

#include "base/assert.h"
#include "base/mem.h"
#include "base/num.h"
#include "command/lookup.h"

#include <math.h>

enum { US_PER_MS = 1000, BARREN_MAX = 8 };

/* A session that waits. One allocation holds it, its places in queues and its request. */
struct blocked {
    struct session *session; /* NULL: it left while its request ran again */
    struct list of_all;
    struct deadline deadline;
    enum blocked_on on;
    void (*timed_out)(struct host *host, struct session *session);
    bool until_gone;
    bool is_running; /* its request runs again ... */
    bool waits_on;   /* ... and found nothing again */
    uint64_t equals; /* 0: nobody is its equal */
    struct str woken_by;
    size_t bytes;
    int argc;
    struct str *argv;
    size_t place_count;
    struct blocking_place places[];
};

void blocking_init(struct blocking *blocking, struct host *host, struct hash_seed seed)
{
    *blocking = (struct blocking){.host = host, .told_us = INT64_MAX};
    blocking_queues_init(&blocking->queues, seed);
    list_init(&blocking->all);
}

void blocking_deinit(struct blocking *blocking)
{
    ASSERT(blocking->count == 0);
    blocking_queues_deinit(&blocking->queues);
    deadlines_deinit(&blocking->deadlines);
}

int64_t blocking_next_deadline(const struct blocking *blocking)
{
    const struct deadline *first = deadlines_first(&blocking->deadlines);
    return first ? first->at_us : INT64_MAX;
}

static void tell_deadline(struct blocking *blocking)
{
    int64_t next_us = blocking_next_deadline(blocking);
    if (next_us == blocking->told_us) return;
    blocking->told_us = next_us;
    if (blocking->deadline_changed) blocking->deadline_changed(blocking->owner, next_us);
}

/* --- beginning --- */

static size_t size_of(const struct blocking_wait *wait, const struct str *argv, int argc)
{
    size_t bytes = sizeof(struct blocked) + wait->key_count * sizeof(struct blocking_place);
    bytes += (size_t)argc * sizeof(struct str);
    for (int i = 0; i < argc; i++) bytes += argv[i].len;
    return bytes;
}

static void copy_request(struct blocked *blocked, const struct str *argv, int argc)
{
    blocked->argv = (struct str *)(void *)&blocked->places[blocked->place_count];
    blocked->argc = argc;
    char *at = (char *)&blocked->argv[argc];
    for (int i = 0; i < argc; i++) {
        blocked->argv[i] = (struct str){at, argv[i].len};
        if (argv[i].len) memcpy(at, argv[i].ptr, argv[i].len);
        at += argv[i].len;
    }
}

static struct blocked *blocked_new(const struct call *call, const struct blocking_wait *wait)
{
    const struct str *argv = wait->again ? wait->again : call->argv;
    int argc = wait->again ? wait->again_argc : call->argc;
    size_t bytes = size_of(wait, argv, argc);
    struct blocked *blocked = mem_alloc(bytes);
    *blocked = (struct blocked){
        .session = call->session,
        .on = wait->on,
        .timed_out = wait->timed_out,
        .until_gone = wait->until_gone,
        .bytes = bytes,
        .place_count = wait->key_count,
    };
    copy_request(blocked, argv, argc);
    return blocked;
}

static void join_queues(struct blocking *blocking, struct blocked *blocked, const struct call *call,
                        const struct blocking_wait *wait)
{
    for (size_t i = 0; i < wait->key_count; i++) {
        struct blocking_place *place = &blocked->places[i];
        *place = (struct blocking_place){.by = blocked, .until_gone = wait->until_gone};
        blocking_queue_join(&blocking->queues, place, call->ks->id, wait->type, wait->keys[i]);
    }
    if (wait->equals.len == 0) return;
    struct hash_seed seed = blocking->queues.by_name.seed;
    blocked->equals = hash_bytes(seed, wait->equals.ptr, wait->equals.len) | 1;
}

static void set_deadline(struct blocking *blocking, struct blocked *blocked, int64_t timeout_ms)
{
    if (timeout_ms == 0) return;
    int64_t span_us, at_us;
    bool fits = num_mul_i64(timeout_ms, US_PER_MS, &span_us) &&
                num_add_i64(blocking->host->executor->last_clock_us, span_us, &at_us);
    deadlines_add(&blocking->deadlines, &blocked->deadline, fits ? at_us : INT64_MAX - 1);
    tell_deadline(blocking);
}

/* The replication stream never waits, nor does a file that is loaded: what follows must come. */
static bool may_wait(const struct call *call)
{
    bool is_loading = (call->host->executor->state & GATE_LOADING) != 0;
    return call->host->blocking && !is_loading &&
           !session_is(call->session, SESSION_DENY_BLOCKING | SESSION_MASTER);
}

void blocking_wait(struct call *call, const struct blocking_wait *wait)
{
    struct session *session = call->session;
    struct blocking *blocking = call->host->blocking;
    if (!may_wait(call)) {
        (wait->denied ? wait->denied : wait->timed_out)(call->host, session);
        return;
    }
    if (session->blocked) {
        ASSERT(session->blocked->is_running);
        session->blocked->waits_on = true;
        return;
    }
    struct blocked *blocked = blocked_new(call, wait);
    list_append(&blocking->all, &blocked->of_all);
    join_queues(blocking, blocked, call, wait);
    set_deadline(blocking, blocked, wait->timeout_ms);
    blocking->count++;
    blocking->until_gone_count += wait->until_gone;
    session->blocked = blocked;
    session->flags |= SESSION_BLOCKED;
}

/* --- ending --- */

/* Takes it out of everything; it is still its session's. */
static void detach(struct blocking *blocking, struct blocked *blocked)
{
    for (size_t i = 0; i < blocked->place_count; i++) {
        blocking_queue_leave(&blocking->queues, &blocked->places[i]);
    }
    list_remove(&blocked->of_all);
    deadlines_remove(&blocking->deadlines, &blocked->deadline);
    blocking->count--;
    blocking->until_gone_count -= blocked->until_gone;
    blocked->session->flags &= ~(uint64_t)SESSION_BLOCKED;
    tell_deadline(blocking);
}

static void release(struct blocking *blocking, struct blocked *blocked, enum unblock_reason reason)
{
    struct session *session = blocked->session;
    detach(blocking, blocked);
    if (blocking->released) blocking->released(blocking->owner, session, reason);
    session->blocked = NULL;
    mem_free(blocked);
}

void blocking_end(struct blocking *blocking, struct session *session, enum unblock_reason reason)
{
    if (session->blocked) release(blocking, session->blocked, reason);
}

static void end_with_timeout(struct blocking *blocking, struct blocked *blocked)
{
    blocked->timed_out(blocking->host, blocked->session);
    release(blocking, blocked, UNBLOCKED_TIMEOUT);
}

bool blocking_unblock(struct blocking *blocking, struct session *session, bool with_error)
{
    struct blocked *blocked = session->blocked;
    if (blocked == NULL || blocked->is_running || blocked->on == BLOCKED_ON_WORK) return false;
    if (!with_error) {
        end_with_timeout(blocking, blocked);
        return true;
    }
    reply_error(&session->reply, "UNBLOCKED client unblocked via CLIENT UNBLOCK");
    release(blocking, blocked, UNBLOCKED_ERROR);
    return true;
}

void blocking_refuse_all(struct blocking *blocking, const char *error)
{
    LIST_FOREACH(at, after, &blocking->all)
    {
        struct blocked *blocked = LIST_ENTRY(at, struct blocked, of_all);
        if (blocked->on == BLOCKED_ON_WORK) continue;
        reply_error(&blocked->session->reply, error);
        release(blocking, blocked, UNBLOCKED_REFUSED);
    }
}

void blocking_leave(struct blocking *blocking, struct session *session)
{
    struct blocked *blocked = session->blocked;
    if (blocked == NULL) return;
    detach(blocking, blocked);
    session->blocked = NULL;
    blocked->session = NULL;
    if (!blocked->is_running) mem_free(blocked);
}

void blocking_expire(struct blocking *blocking, int64_t now_us)
{
    struct deadline *first;
    while ((first = deadlines_first(&blocking->deadlines)) && first->at_us <= now_us) {
        char *bytes = (char *)first - offsetof(struct blocked, deadline);
        end_with_timeout(blocking, (struct blocked *)(void *)bytes);
    }
}

struct request_view blocking_request(const struct session *session)
{
    const struct blocked *blocked = session->blocked;
    return (struct request_view){.argv = blocked->argv, .argc = blocked->argc};
}

size_t blocking_memory(const struct session *session)
{
    return session->blocked ? session->blocked->bytes : 0;
}

/* --- keys that become ready --- */

static const enum value_type waited_for[] = {TYPE_LIST, TYPE_ZSET, TYPE_STREAM};

static bool is_waited_for(enum value_type type)
{
    return type == TYPE_LIST || type == TYPE_ZSET || type == TYPE_STREAM;
}

static void mark_filled(struct blocking *blocking, struct blocking_queue *queue)
{
    queue->filled = true;
    blocking_queue_mark_ready(&blocking->queues, queue);
}

void blocking_ready(struct blocking *blocking, struct keyspace *ks, struct str key)
{
    if (blocking == NULL || blocking->queues.by_name.len == 0) return;
    const struct entry *entry = keyspace_find(ks, key);
    if (entry == NULL || !is_waited_for(entry_type(entry))) return;
    struct blocking_queue *queue =
        blocking_queue_find(&blocking->queues, ks->id, entry_type(entry), key);
    if (queue) mark_filled(blocking, queue);
}

/* Whether the key is really gone is seen when its queue is served: it may be about to be deleted
 * now, or come back until then. */
void blocking_changed(struct blocking *blocking, struct keyspace *ks, struct str key)
{
    if (blocking == NULL || blocking->until_gone_count == 0) return;
    for (size_t i = 0; i < sizeof(waited_for) / sizeof(waited_for[0]); i++) {
        struct blocking_queue *queue =
            blocking_queue_find(&blocking->queues, ks->id, waited_for[i], key);
        if (queue && queue->until_gone_count) blocking_queue_mark_ready(&blocking->queues, queue);
    }
}

void blocking_replaced(struct blocking *blocking, struct keyspace *ks)
{
    if (blocking == NULL) return;
    /* In an empty database nothing can be ready. */
    if (ks->table.len == 0 && blocking->until_gone_count == 0) return;
    struct map_cursor cursor = {0};
    struct str name;
    void *value;
    while (map_next(&blocking->queues.by_name, &cursor, &name, &value)) {
        struct blocking_queue *queue = value;
        if (queue->db == ks->id) mark_filled(blocking, queue);
    }
}

/* --- serving --- */

static bool holds_its_type(const struct blocking *blocking, const struct blocking_queue *queue)
{
    const struct keyspace *ks = &blocking->host->store->dbs[queue->db];
    const struct entry *entry = keyspace_find(ks, blocking_queue_key(queue));
    return entry && entry_type(entry) == queue->type && !entry_is_expired(blocking->host, entry);
}

/* Those whose equals found nothing in this walk; when there are too many to note, the rest is
 * tried. */
struct barren {
    uint64_t equals[BARREN_MAX];
    size_t count;
};

static bool is_barren(const struct barren *barren, const struct blocked *blocked)
{
    for (size_t i = 0; i < barren->count; i++) {
        if (barren->equals[i] == blocked->equals) return true;
    }
    return false;
}

static void note_barren(struct barren *barren, const struct blocked *blocked)
{
    if (blocked->equals && barren->count < BARREN_MAX) {
        barren->equals[barren->count++] = blocked->equals;
    }
}

static enum execute_verdict run(struct blocking *blocking, struct blocked *blocked)
{
    struct session *session = blocked->session;
    struct request_view request = {.argv = blocked->argv, .argc = blocked->argc};
    if (blocking->run_again) return blocking->run_again(blocking->owner, session, &request);
    return execute(blocking->host->executor, session, &request, ORIGIN_CLIENT);
}

/* False when it must wait on because clients are paused. */
static bool try_again(struct blocking *blocking, struct blocked *blocked, struct str key)
{
    blocked->is_running = true;
    blocked->waits_on = false;
    blocked->woken_by = key;
    blocked->session->flags &= ~(uint64_t)SESSION_BLOCKED;
    enum execute_verdict verdict = run(blocking, blocked);
    blocked->is_running = false;
    if (blocked->session == NULL) {
        mem_free(blocked);
    } else if (blocked->waits_on || verdict == EXECUTE_WAIT) {
        blocked->session->flags |= SESSION_BLOCKED;
    } else {
        release(blocking, blocked, UNBLOCKED_SERVED);
    }
    return verdict == EXECUTE_DONE;
}

bool blocking_run(struct blocking *blocking, struct session *session)
{
    ASSERT(session->blocked && session->blocked->on != BLOCKED_ON_KEYS);
    return try_again(blocking, session->blocked, STR(""));
}

/* False when the rest must be served later. */
static bool serve_queue(struct blocking *blocking, struct blocking_queue *queue)
{
    struct barren barren = {.count = 0};
    struct blocking_place *place;
    bool filled = queue->filled;
    queue->filled = false;
    while ((place = blocking_walk_next(&blocking->queues))) {
        struct blocked *blocked = place->by;
        bool is_there = holds_its_type(blocking, queue);
        if (is_there ? !filled : queue->until_gone_count == 0) return true;
        if ((!is_there && !place->until_gone) || is_barren(&barren, blocked)) continue;
        size_t count_before = blocking->count;
        if (!try_again(blocking, blocked, blocking_queue_key(queue))) {
            queue->filled = queue->filled || filled;
            return false;
        }
        if (is_there && blocking->count == count_before) note_barren(&barren, blocked);
    }
    return true;
}

void blocking_serve(struct blocking *blocking)
{
    struct blocking_queues *queues = &blocking->queues;
    if (queues->walked || blocking->host->executor->depth) return;
    bool goes_on = true;
    while (goes_on && !list_is_empty(&queues->ready)) {
        struct blocking_queue *queue = LIST_ENTRY(queues->ready.next, struct blocking_queue, ready);
        list_remove(&queue->ready);
        blocking_walk_begin(queues, queue);
        goes_on = serve_queue(blocking, queue);
        if (!goes_on) blocking_queue_mark_ready(queues, queue);
        blocking_walk_end(queues);
    }
}

bool blocking_woken_by(const struct call *call, struct str *key)
{
    const struct blocked *blocked = call->session->blocked;
    if (blocked == NULL || !blocked->is_running) return false;
    *key = blocked->woken_by;
    return true;
}

struct blocking_keys blocking_keys_to_try(const struct call *call, struct blocking_keys named)
{
    const struct blocked *blocked = call->session->blocked;
    if (blocked == NULL || !blocked->is_running) return named;
    return (struct blocking_keys){&blocked->woken_by, 1};
}

/* --- what handlers share --- */

#define ERR_TIMEOUT_RANGE    "ERR timeout is out of range"
#define ERR_TIMEOUT_NEGATIVE "ERR timeout is negative"

/* The time must be expressible as a point of the wall clock. */
static bool check_timeout(struct call *call, int64_t timeout_ms)
{
    const char *error = NULL;
    if (timeout_ms < 0) error = ERR_TIMEOUT_NEGATIVE;
    if (timeout_ms > INT64_MAX - call->host->now_ms) error = ERR_TIMEOUT_RANGE;
    if (error) reply_error(call->reply, error);
    return error == NULL;
}

bool blocking_timeout_s(struct call *call, int at, int64_t *timeout_ms)
{
    long double seconds;
    if (!num_parse_long_double(call_arg(call, at), &seconds)) {
        reply_error(call->reply, "ERR timeout is not a float or out of range");
        return false;
    }
    long double ms = ceill(seconds * 1000);
    if (ms >= (long double)INT64_MAX || ms <= (long double)INT64_MIN) {
        reply_error(call->reply, ms < 0 ? ERR_TIMEOUT_NEGATIVE : ERR_TIMEOUT_RANGE);
        return false;
    }
    *timeout_ms = (int64_t)ms;
    return check_timeout(call, *timeout_ms);
}

bool blocking_timeout_ms(struct call *call, int at, int64_t *timeout_ms)
{
    if (!num_parse_i64(call_arg(call, at), timeout_ms)) {
        reply_error(call->reply, "ERR timeout is not an integer or out of range");
        return false;
    }
    return check_timeout(call, *timeout_ms);
}

void blocking_reply_null(struct host *host, struct session *session)
{
    (void)host;
    reply_null(&session->reply);
}

void blocking_reply_null_array(struct host *host, struct session *session)
{
    (void)host;
    reply_null_array(&session->reply);
}
