/* When keys end: setting, removing and asking for it. */
#include "base/num.h"
#include "command/families.h"
#include "command/generic.h"
#include "command/lookup.h"

enum condition {
    WHEN_NONE = 1 << 0,
    WHEN_ANY = 1 << 1,
    WHEN_LATER = 1 << 2,
    WHEN_EARLIER = 1 << 3
};

/* How an argument tells a moment. */
struct time_form {
    int64_t unit_ms;
    bool absolute;
};

static bool parse_condition(struct call *call, int at, unsigned *conditions)
{
    static const struct {
        const char *word;
        enum condition condition;
    } WORDS[] = {{"nx", WHEN_NONE}, {"xx", WHEN_ANY}, {"gt", WHEN_LATER}, {"lt", WHEN_EARLIER}};
    for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++) {
        if (!call_is(call, at, WORDS[i].word)) continue;
        *conditions |= WORDS[i].condition;
        return true;
    }
    reply_error_fmt(call->reply, "ERR Unsupported option %.*s", STR_ARG(call_arg(call, at)));
    return false;
}

static bool parse_conditions(struct call *call, unsigned *conditions)
{
    for (int i = 3; i < call->argc; i++) {
        if (!parse_condition(call, i, conditions)) return false;
    }
    if ((*conditions & WHEN_NONE) && (*conditions & ~(unsigned)WHEN_NONE)) {
        reply_error(call->reply,
                    "ERR NX and XX, GT or LT options at the same time are not compatible");
        return false;
    }
    if ((*conditions & WHEN_LATER) && (*conditions & WHEN_EARLIER)) {
        reply_error(call->reply, "ERR GT and LT options at the same time are not compatible");
        return false;
    }
    return true;
}

static bool parse_moment(struct call *call, struct time_form form, int64_t *at_ms)
{
    if (!call_i64(call, 2, at_ms)) return false;
    int64_t base = form.absolute ? 0 : call->host->now_ms;
    if (num_mul_i64(*at_ms, form.unit_ms, at_ms) && num_add_i64(*at_ms, base, at_ms)) return true;
    reply_error_fmt(call->reply, "ERR invalid expire time in '%s' command", call->command->name);
    return false;
}

/* A key without expiry counts as one that ends after all others. */
static bool is_met(unsigned conditions, int64_t now_set, int64_t at_ms)
{
    bool endless = now_set == NO_EXPIRY;
    if ((conditions & WHEN_NONE) && !endless) return false;
    if ((conditions & WHEN_ANY) && endless) return false;
    if ((conditions & WHEN_LATER) && (endless || at_ms <= now_set)) return false;
    return !(conditions & WHEN_EARLIER) || endless || at_ms < now_set;
}

/* A moment that has passed deletes the key: everywhere, as DEL. */
static void expire_now(struct call *call, struct str key)
{
    lookup_delete(call, key);
    struct str verb = call->host->settings->lazy_expire ? STR("UNLINK") : STR("DEL");
    EFFECTS_ADD(call->effects, verb, key);
    call_changed(call, key);
    call_event(call, EVENT_GENERIC, "del", key);
}

static void expire_later(struct call *call, struct entry *entry, int64_t at_ms)
{
    struct str key = call_arg(call, 1);
    char digits[NUM_I64_MAX];
    keyspace_set_expiry(call->ks, entry, at_ms);
    EFFECTS_ADD(call->effects, STR("PEXPIREAT"), key,
                str_of(digits, num_format_i64(digits, at_ms)));
    call_changed(call, key);
    call_event(call, EVENT_GENERIC, "expire", key);
}

static void expire(struct call *call, struct time_form form)
{
    unsigned conditions = 0;
    int64_t at_ms;
    if (!parse_conditions(call, &conditions) || !parse_moment(call, form, &at_ms)) return;
    struct entry *entry = lookup(call, call_arg(call, 1), LOOKUP_WRITE);
    if (!entry || !is_met(conditions, entry_expire_at(entry), at_ms)) {
        reply_i64(call->reply, 0);
        return;
    }
    if (generic_is_past(call, at_ms))
        expire_now(call, call_arg(call, 1));
    else
        expire_later(call, entry, at_ms);
    reply_i64(call->reply, 1);
}

static void expire_in_s(struct call *call)
{
    expire(call, (struct time_form){1000, false});
}

static void expire_in_ms(struct call *call)
{
    expire(call, (struct time_form){1, false});
}

static void expire_at_s(struct call *call)
{
    expire(call, (struct time_form){1000, true});
}

static void expire_at_ms(struct call *call)
{
    expire(call, (struct time_form){1, true});
}

static void persist(struct call *call)
{
    struct str key = call_arg(call, 1);
    struct entry *entry = lookup(call, key, LOOKUP_WRITE);
    bool had = entry && entry_has_expiry(entry);
    if (had) {
        keyspace_set_expiry(call->ks, entry, NO_EXPIRY);
        call_changed(call, key);
        call_event(call, EVENT_GENERIC, "persist", key);
    }
    reply_i64(call->reply, had);
}

/* Seconds are rounded to the nearest. */
static void tell(struct call *call, struct time_form form)
{
    const struct entry *entry = generic_find(call, call_arg(call, 1));
    if (!entry || !entry_has_expiry(entry)) {
        reply_i64(call->reply, entry ? -1 : -2);
        return;
    }
    int64_t at_ms = entry_expire_at(entry) - (form.absolute ? 0 : call->host->now_ms);
    if (at_ms < 0) at_ms = 0;
    int64_t half = form.unit_ms / 2;
    reply_i64(call->reply, at_ms / form.unit_ms + (at_ms % form.unit_ms >= half && half > 0));
}

static void ttl(struct call *call)
{
    tell(call, (struct time_form){1000, false});
}

static void pttl(struct call *call)
{
    tell(call, (struct time_form){1, false});
}

static void expiretime(struct call *call)
{
    tell(call, (struct time_form){1000, true});
}

static void pexpiretime(struct call *call)
{
    tell(call, (struct time_form){1, true});
}

#define EXPIRE(run_, since_)                                                                       \
    .run = (run_), .arity = -3, .flags = CMD_WRITE | CMD_FAST, .categories = CAT_KEYSPACE,         \
    .keys = {KEY_ONE(KEY_RW | KEY_UPDATE, 1)}, .since = (since_), .group = "generic",              \
    .complexity = "O(1)", .history = {{"7.0.0", "Takes the options `NX`, `XX`, `GT` and `LT`."}}
#define ASK(run_, since_)                                                                          \
    .run = (run_), .arity = 2, .flags = CMD_READONLY | CMD_FAST, .categories = CAT_KEYSPACE,       \
    .keys = {KEY_ONE(KEY_RO | KEY_ACCESS, 1)}, .since = (since_), .group = "generic",              \
    .complexity = "O(1)", .syntax = "key"

const struct command expire_commands[] = {
    {
        .name = "expire",
        EXPIRE(expire_in_s, "1.0.0"),
        .summary = "Makes a key expire in a number of seconds.",
        .syntax = "key seconds [NX | XX | GT | LT]@7.0.0",
    },
    {
        .name = "pexpire",
        EXPIRE(expire_in_ms, "2.6.0"),
        .summary = "Makes a key expire in a number of milliseconds.",
        .syntax = "key milliseconds [NX | XX | GT | LT]@7.0.0",
    },
    {
        .name = "expireat",
        EXPIRE(expire_at_s, "1.2.0"),
        .summary = "Makes a key expire at a Unix time in seconds.",
        .syntax = "key unix-time-seconds [NX | XX | GT | LT]@7.0.0",
    },
    {
        .name = "pexpireat",
        EXPIRE(expire_at_ms, "2.6.0"),
        .summary = "Makes a key expire at a Unix time in milliseconds.",
        .syntax = "key unix-time-milliseconds [NX | XX | GT | LT]@7.0.0",
    },
    {
        .name = "persist",
        .run = persist,
        .arity = 2,
        .flags = CMD_WRITE | CMD_FAST,
        .categories = CAT_KEYSPACE,
        .keys = {KEY_ONE(KEY_RW | KEY_UPDATE, 1)},
        .since = "2.2.0",
        .group = "generic",
        .complexity = "O(1)",
        .syntax = "key",
        .summary = "Makes a key stay until it is deleted.",
    },
    {
        .name = "ttl",
        ASK(ttl, "1.0.0"),
        .tips = {"nondeterministic_output"},
        .history = {{"2.8.0", "Answers -2 for a key that does not exist."}},
        .summary = "Tells in how many seconds a key expires.",
    },
    {
        .name = "pttl",
        ASK(pttl, "2.6.0"),
        .tips = {"nondeterministic_output"},
        .history = {{"2.8.0", "Answers -2 for a key that does not exist."}},
        .summary = "Tells in how many milliseconds a key expires.",
    },
    {
        .name = "expiretime",
        ASK(expiretime, "7.0.0"),
        .summary = "Tells at which Unix time in seconds a key expires.",
    },
    {
        .name = "pexpiretime",
        ASK(pexpiretime, "7.0.0"),
        .summary = "Tells at which Unix time in milliseconds a key expires.",
    },
    {0},
};
