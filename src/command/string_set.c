#include "command/string_commands.h"

#include "base/num.h"
#include "command/errors.h"
#include "command/lookup.h"
#include "command/string.h"

enum set_flag {
    SET_NX = 1 << 0,
    SET_XX = 1 << 1,
    SET_GET = 1 << 2,
    SET_KEEPTTL = 1 << 3,
    SET_PERSIST = 1 << 4,
    SET_EX = 1 << 5,
    SET_PX = 1 << 6,
    SET_EXAT = 1 << 7,
    SET_PXAT = 1 << 8,
    SET_TIMES = SET_EX | SET_PX | SET_EXAT | SET_PXAT,
    SET_TTL = SET_TIMES | SET_KEEPTTL | SET_PERSIST,
};

enum { FOR_SET = 1, FOR_GETEX = 2 };

/* What a request of the SET kind asks for; positions are those of arguments. */
struct set_request {
    uint32_t flags;
    int value_at;
    int time_at; /* of SET_TIMES */
};

struct set_option {
    const char *word;
    uint32_t flag;
    uint32_t excludes;
    uint32_t commands;
};

static const struct set_option set_options[] = {
    {"NX", SET_NX, SET_XX, FOR_SET},
    {"XX", SET_XX, SET_NX, FOR_SET},
    {"GET", SET_GET, 0, FOR_SET},
    {"KEEPTTL", SET_KEEPTTL, SET_TTL & ~SET_KEEPTTL, FOR_SET},
    {"PERSIST", SET_PERSIST, SET_TTL & ~SET_PERSIST, FOR_GETEX},
    {"EX", SET_EX, SET_TTL & ~SET_EX, FOR_SET | FOR_GETEX},
    {"PX", SET_PX, SET_TTL & ~SET_PX, FOR_SET | FOR_GETEX},
    {"EXAT", SET_EXAT, SET_TTL & ~SET_EXAT, FOR_SET | FOR_GETEX},
    {"PXAT", SET_PXAT, SET_TTL & ~SET_PXAT, FOR_SET | FOR_GETEX},
};

static const struct set_option *find_option(const struct call *call, int at, uint32_t command)
{
    for (size_t i = 0; i < sizeof(set_options) / sizeof(set_options[0]); i++) {
        const struct set_option *option = &set_options[i];
        if (option->commands & command && call_is(call, at, option->word)) return option;
    }
    return NULL;
}

/* Reads options from argument `at` on; answers a syntax error. */
static bool parse_options(struct call *call, int at, uint32_t command, struct set_request *request)
{
    for (; at < call->argc; at++) {
        const struct set_option *option = find_option(call, at, command);
        if (!option || request->flags & option->excludes ||
            (option->flag & SET_TIMES && at + 1 == call->argc)) {
            call_syntax_error(call);
            return false;
        }
        request->flags |= option->flag;
        if (option->flag & SET_TIMES) request->time_at = ++at;
    }
    return true;
}

/* The absolute time a request's EX, PX, EXAT or PXAT means; NO_EXPIRY without one. Answers errors.
 * */
static bool request_expiry(struct call *call, const struct set_request *request, int64_t *at_ms)
{
    *at_ms = NO_EXPIRY;
    if (!(request->flags & SET_TIMES)) return true;
    int64_t time;
    if (!call_i64(call, request->time_at, &time)) return false;
    bool fits = time > 0;
    if (request->flags & (SET_EX | SET_EXAT)) fits = fits && num_mul_i64(time, 1000, &time);
    if (request->flags & (SET_EX | SET_PX))
        fits = fits && num_add_i64(time, call->host->now_ms, &time);
    if (!fits) {
        reply_error_fmt(call->reply, "ERR invalid expire time in '%s' command",
                        call->command->name);
        return false;
    }
    *at_ms = time;
    return true;
}

/* Records the request in its absolute form unless it is that already. */
static void record_set(struct call *call, const struct set_request *request, int64_t expire_at_ms)
{
    if (!call->effects->wanted || request->flags & SET_PXAT) return;
    struct str argv[6] = {STR_INIT("SET"), call_arg(call, 1), call_arg(call, request->value_at)};
    size_t argc = 3;
    char digits[NUM_I64_MAX];
    if (expire_at_ms != NO_EXPIRY) {
        argv[argc++] = STR("PXAT");
        argv[argc++] = str_of(digits, num_format_i64(digits, expire_at_ms));
    } else if (request->flags & SET_GET) {
        if (request->flags & SET_NX) argv[argc++] = STR("NX");
        if (request->flags & SET_XX) argv[argc++] = STR("XX");
        if (request->flags & SET_KEEPTTL) argv[argc++] = STR("KEEPTTL");
    } else {
        return;
    }
    effects_add(call->effects, argv, argc);
}

static void put_and_announce(struct call *call, const struct set_request *request,
                             int64_t expire_at_ms)
{
    struct str key = call_arg(call, 1);
    string_put_arg(call, key, request->value_at, expire_at_ms);
    string_changed(call, key, "set");
    if (request->flags & SET_TIMES) call_event(call, EVENT_GENERIC, "expire", key);
}

/* What SET's options need to know of the key as it is. False when the answer has been given. */
static bool look_before_set(struct call *call, const struct set_request *request,
                            int64_t *expire_at_ms)
{
    bool failed = false;
    struct str key = call_arg(call, 1);
    struct entry *entry = request->flags & SET_GET
                              ? lookup_type(call, key, LOOKUP_READ, TYPE_STRING, &failed)
                              : lookup(call, key, LOOKUP_WRITE);
    if (failed) return false;
    bool refused = request->flags & (entry ? SET_NX : SET_XX);
    if (request->flags & SET_GET) {
        if (entry)
            string_reply(call, entry);
        else
            reply_null(call->reply);
    } else if (refused) {
        reply_null(call->reply);
    }
    if (entry && request->flags & SET_KEEPTTL) *expire_at_ms = entry_expire_at(entry);
    return !refused;
}

static void set_with_options(struct call *call)
{
    struct set_request request = {.value_at = 2};
    int64_t expire_at_ms;
    if (!parse_options(call, 3, FOR_SET, &request)) return;
    if (!request_expiry(call, &request, &expire_at_ms)) return;
    if (request.flags & (SET_NX | SET_XX | SET_GET | SET_KEEPTTL) &&
        !look_before_set(call, &request, &expire_at_ms)) {
        return;
    }
    put_and_announce(call, &request, expire_at_ms);
    record_set(call, &request, request.flags & SET_TIMES ? expire_at_ms : NO_EXPIRY);
    if (!(request.flags & SET_GET)) reply_ok(call->reply);
}

void string_set(struct call *call)
{
    if (call->argc > 3) {
        set_with_options(call);
        return;
    }
    put_and_announce(call, &(struct set_request){.value_at = 2}, NO_EXPIRY);
    reply_ok(call->reply);
}

void string_setnx(struct call *call)
{
    bool exists = lookup(call, call_arg(call, 1), LOOKUP_WRITE) != NULL;
    if (!exists) put_and_announce(call, &(struct set_request){.value_at = 2}, NO_EXPIRY);
    reply_i64(call->reply, !exists);
}

static void set_for_time(struct call *call, uint32_t unit)
{
    struct set_request request = {.flags = unit, .value_at = 3, .time_at = 2};
    int64_t expire_at_ms;
    if (!request_expiry(call, &request, &expire_at_ms)) return;
    put_and_announce(call, &request, expire_at_ms);
    record_set(call, &request, expire_at_ms);
    reply_ok(call->reply);
}

void string_setex(struct call *call)
{
    set_for_time(call, SET_EX);
}

void string_psetex(struct call *call)
{
    set_for_time(call, SET_PX);
}

void string_getset(struct call *call)
{
    struct set_request request = {.flags = SET_GET, .value_at = 2};
    int64_t expire_at_ms = NO_EXPIRY;
    if (!look_before_set(call, &request, &expire_at_ms)) return;
    put_and_announce(call, &request, NO_EXPIRY);
    record_set(call, &request, NO_EXPIRY);
}

/* The key under argument 1, answered with its value or with null. */
static struct entry *get(struct call *call)
{
    bool failed = false;
    struct entry *entry = lookup_type(call, call_arg(call, 1), LOOKUP_READ, TYPE_STRING, &failed);
    if (failed) return NULL;
    if (entry)
        string_reply(call, entry);
    else
        reply_null(call->reply);
    return entry;
}

void string_get(struct call *call)
{
    get(call);
}

static void delete_key(struct call *call)
{
    struct str key = call_arg(call, 1);
    lookup_delete(call, key);
    call_changed(call, key);
    call_event(call, EVENT_GENERIC, "del", key);
    EFFECTS_ADD(call->effects, STR("DEL"), key);
}

void string_getdel(struct call *call)
{
    if (get(call)) delete_key(call);
}

static void change_expiry(struct call *call, struct entry *entry, int64_t expire_at_ms)
{
    struct str key = call_arg(call, 1);
    keyspace_set_expiry(call->ks, entry, expire_at_ms);
    call_changed(call, key);
    call_event(call, EVENT_GENERIC, expire_at_ms == NO_EXPIRY ? "persist" : "expire", key);
    if (expire_at_ms == NO_EXPIRY) {
        EFFECTS_ADD(call->effects, STR("PERSIST"), key);
        return;
    }
    char digits[NUM_I64_MAX];
    struct str at = str_of(digits, num_format_i64(digits, expire_at_ms));
    EFFECTS_ADD(call->effects, STR("PEXPIREAT"), key, at);
}

void string_getex(struct call *call)
{
    struct set_request request = {0};
    bool failed = false;
    int64_t expire_at_ms;
    if (!parse_options(call, 2, FOR_GETEX, &request)) return;
    struct entry *entry = lookup_type(call, call_arg(call, 1), LOOKUP_READ, TYPE_STRING, &failed);
    if (failed) return;
    if (!entry) {
        reply_null(call->reply);
        return;
    }
    if (!request_expiry(call, &request, &expire_at_ms)) return;
    string_reply(call, entry);
    bool timed = request.flags & SET_TIMES;
    if (timed && expire_at_ms <= call->host->now_ms)
        delete_key(call);
    else if (timed || (request.flags & SET_PERSIST && entry_has_expiry(entry))) {
        change_expiry(call, entry, expire_at_ms);
    }
}

void string_mget(struct call *call)
{
    reply_array(call->reply, (size_t)(call->argc - 1));
    for (int i = 1; i < call->argc; i++) {
        struct entry *entry = lookup(call, call_arg(call, i), LOOKUP_READ);
        if (entry && entry_type(entry) == TYPE_STRING)
            string_reply(call, entry);
        else
            reply_null(call->reply);
    }
}

static void set_pairs(struct call *call)
{
    for (int i = 1; i < call->argc; i += 2) {
        string_put_arg(call, call_arg(call, i), i + 1, NO_EXPIRY);
        string_changed(call, call_arg(call, i), "set");
    }
}

void string_mset(struct call *call)
{
    if (call->argc % 2 == 0) {
        call_arity_error(call);
        return;
    }
    set_pairs(call);
    reply_ok(call->reply);
}

void string_msetnx(struct call *call)
{
    if (call->argc % 2 == 0) {
        call_arity_error(call);
        return;
    }
    for (int i = 1; i < call->argc; i += 2) {
        if (!lookup(call, call_arg(call, i), LOOKUP_WRITE)) continue;
        reply_i64(call->reply, 0);
        return;
    }
    set_pairs(call);
    reply_i64(call->reply, 1);
}
