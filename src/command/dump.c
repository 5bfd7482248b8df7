/* DUMP and RESTORE: a value as bytes that another server can take. */
#include "command/dump.h"

#include "base/mem.h"
#include "base/num.h"
#include "command/errors.h"
#include "command/families.h"
#include "command/generic.h"
#include "command/lookup.h"
#include "snapshot/rdb_value.h"

static void dump(struct call *call)
{
    const struct entry *entry = lookup(call, call_arg(call, 1), LOOKUP_READ);
    struct buf payload = {0};
    if (!entry) {
        reply_null(call->reply);
        return;
    }
    struct value value = entry_value(entry);
    rdb_dump(&payload, &value);
    reply_bulk(call->reply, buf_str(&payload));
    buf_deinit(&payload);
}

struct restore_request {
    struct str key, payload;
    int64_t ttl;
    bool replace, absolute;
    int64_t idle_s, frequency; /* -1: not given */
};

static bool parse_number_option(struct call *call, int at, struct restore_request *request)
{
    if (call_is(call, at, "idletime")) {
        if (!call_i64(call, at + 1, &request->idle_s)) return false;
        if (request->idle_s >= 0) return true;
        reply_error(call->reply, "ERR Invalid IDLETIME value, must be >= 0");
        return false;
    }
    if (!call_i64(call, at + 1, &request->frequency)) return false;
    if (request->frequency >= 0 && request->frequency <= 255) return true;
    reply_error(call->reply, "ERR Invalid FREQ value, must be >= 0 and <= 255");
    return false;
}

/* Idle time and frequency exclude each other: an access word holds one of them. */
static bool parse_options(struct call *call, struct restore_request *request)
{
    for (int i = 4; i < call->argc; i++) {
        bool has_value = i + 1 < call->argc;
        bool idle = call_is(call, i, "idletime") && request->frequency == -1;
        bool frequency = call_is(call, i, "freq") && request->idle_s == -1;
        if (call_is(call, i, "replace")) {
            request->replace = true;
        } else if (call_is(call, i, "absttl")) {
            request->absolute = true;
        } else if (has_value && (idle || frequency)) {
            if (!parse_number_option(call, i++, request)) return false;
        } else {
            call_syntax_error(call);
            return false;
        }
    }
    return true;
}

static bool parse_request(struct call *call, struct restore_request *request)
{
    *request = (struct restore_request){
        .key = call_arg(call, 1), .payload = call_arg(call, 3), .idle_s = -1, .frequency = -1};
    if (!parse_options(call, request)) return false;
    if (!request->replace && lookup(call, request->key, LOOKUP_WRITE)) {
        reply_error(call->reply, ERR_BUSY_KEY);
        return false;
    }
    if (!call_i64(call, 2, &request->ttl)) return false;
    if (request->ttl >= 0) return true;
    reply_error(call->reply, "ERR Invalid TTL value, must be >= 0");
    return false;
}

/* The access word that says what the request asks for, or 0 to keep that of a key made now. */
static uint32_t wanted_access(const struct call *call, const struct restore_request *request)
{
    uint32_t now = access_now(call->host);
    if (request->frequency >= 0 && call->host->settings->lfu) {
        return (now & ~(uint32_t)0xff) | (uint32_t)request->frequency;
    }
    if (request->idle_s >= 0 && !call->host->settings->lfu) {
        return (now - (uint32_t)request->idle_s) & ENTRY_ACCESS_MASK;
    }
    return 0;
}

/* A relative time is recorded as the moment it means. */
static void record(struct call *call, int64_t at_ms)
{
    size_t argc = (size_t)call->argc;
    struct str *argv = mem_alloc((argc + 1) * sizeof(*argv));
    char digits[NUM_I64_MAX];
    memcpy(argv, call->argv, argc * sizeof(*argv));
    argv[2] = str_of(digits, num_format_i64(digits, at_ms));
    argv[argc] = STR("ABSTTL");
    effects_add(call->effects, argv, argc + 1);
    mem_free(argv);
}

/* What has expired already is not created, but what it would replace goes. */
static void vanish(struct call *call, struct str key, bool deleted)
{
    if (!deleted) {
        effects_none(call->effects);
        return;
    }
    EFFECTS_ADD(call->effects, call->host->settings->lazy_server_del ? STR("UNLINK") : STR("DEL"),
                key);
    call_changed(call, key);
    call_event(call, EVENT_GENERIC, "del", key);
}

static void create(struct call *call, const struct restore_request *request,
                   struct rdb_reader *reader, struct value value, int64_t at_ms)
{
    struct entry *entry = rdb_put_value(reader, request->key, value, at_ms);
    uint32_t access = wanted_access(call, request);
    if (access) entry_set_access(entry, access);
    if (at_ms != NO_EXPIRY && !request->absolute) record(call, at_ms);
    generic_added(call, call->ks, request->key);
    call_changed(call, request->key);
    call_event(call, EVENT_GENERIC, "restore", request->key);
}

/* The moment of expiry, NO_EXPIRY for a time of zero. A sum that overflows is further away than
 * anything. */
static int64_t expiry_of(const struct call *call, const struct restore_request *request)
{
    int64_t at_ms;
    if (request->ttl == 0) return NO_EXPIRY;
    if (request->absolute) return request->ttl;
    return num_add_i64(request->ttl, call->host->now_ms, &at_ms) ? at_ms : INT64_MAX;
}

static void put(struct call *call, const struct restore_request *request, struct rdb_reader *reader,
                struct value value)
{
    int64_t at_ms = expiry_of(call, request);
    bool deleted = request->replace && lookup_delete(call, request->key);
    if (at_ms != NO_EXPIRY && generic_is_past(call, at_ms)) {
        if (value.type != TYPE_STRING) value_drop(call->ks, value);
        vanish(call, request->key, deleted);
    } else {
        create(call, request, reader, value, at_ms);
    }
    reply_ok(call->reply);
}

struct rdb_limits dump_limits(const struct command_settings *settings)
{
    return (struct rdb_limits){
        .hash = {.entries = (size_t)settings->hash_max_listpack_entries,
                 .bytes = (size_t)settings->hash_max_listpack_value},
        .set = {.integers = (size_t)settings->set_max_intset_entries,
                .entries = (size_t)settings->set_max_listpack_entries,
                .bytes = (size_t)settings->set_max_listpack_value},
        .zset = {.entries = (size_t)settings->zset_max_listpack_entries,
                 .bytes = (size_t)settings->zset_max_listpack_value},
        .list = sequence_limit_of(settings->list_max_listpack_size),
    };
}

static void restore(struct call *call)
{
    struct rdb_limits limits = dump_limits(call->host->settings);
    struct rdb_reader reader = {.ks = call->ks, .limits = &limits};
    struct restore_request request;
    struct value value;
    if (!parse_request(call, &request)) return;
    switch (rdb_undump(&reader, request.payload, &value)) {
    case RDB_SOUND:
        put(call, &request, &reader, value);
        break;
    case RDB_BAD_FOOTER:
        reply_error(call->reply, ERR_BAD_DUMP);
        break;
    case RDB_BAD_VALUE:
        reply_error(call->reply, "ERR Bad data format");
        break;
    }
    rdb_reader_deinit(&reader);
}

#define RESTORE                                                                                    \
    .arity = -4, .categories = CAT_KEYSPACE | CAT_DANGEROUS,                                       \
    .keys = {KEY_ONE(KEY_OW | KEY_UPDATE, 1)},                                                     \
    .complexity = "O(N) with N the size of the value, O(N*log(N)) for sorted sets",                \
    .syntax = "key ttl serialized-value [REPLACE]@3.0.0 [ABSTTL]@5.0.0 "                           \
              "[IDLETIME seconds]@5.0.0 [FREQ frequency]@5.0.0",                                   \
    .history = {{"3.0.0", "Takes the option `REPLACE`."},                                          \
                {"5.0.0", "Takes the option `ABSTTL`."},                                           \
                {"5.0.0", "Takes the options `IDLETIME` and `FREQ`."}}

const struct command dump_commands[] = {
    {
        .name = "dump",
        .run = dump,
        .arity = 2,
        .flags = CMD_READONLY,
        .categories = CAT_KEYSPACE,
        .keys = {KEY_ONE(KEY_RO | KEY_ACCESS, 1)},
        .summary = "Gives the value of a key as bytes another server can restore.",
        .since = "2.6.0",
        .group = "generic",
        .complexity = "O(N) with N the size of the value",
        .syntax = "key",
        .tips = {"nondeterministic_output"},
    },
    {
        .name = "restore",
        .run = restore,
        RESTORE,
        .flags = CMD_WRITE | CMD_DENYOOM,
        .summary = "Creates a key from the bytes DUMP gave.",
        .since = "2.6.0",
        .group = "generic",
    },
    {
        .name = "restore-asking",
        .run = restore,
        RESTORE,
        .flags = CMD_WRITE | CMD_DENYOOM | CMD_ASKING,
        .summary = "Creates a key as RESTORE does, while its slot moves to another node.",
        .since = "3.0.0",
        .group = "server",
        .for_servers = true,
    },
    {0},
};
