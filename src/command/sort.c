/* SORT and SORT_RO. */
#include "base/mem.h"
#include "command/blocking.h"
#include "command/command.h"
#include "command/errors.h"
#include "command/families.h"
#include "command/generic.h"
#include "command/keys_special.h"
#include "command/lookup.h"
#include "command/sort_items.h"
#include "store/sequence.h"

struct sorting {
    struct call *call;
    bool only_reads; /* SORT_RO */
    bool keeps_order;
    struct sort_order order;
    struct sort_pattern by;
    struct sort_pattern *gets;
    size_t get_count;
    int64_t offset, limit; /* a negative limit: none */
    int target_at;         /* 0: the elements are answered */

    struct value source;
    struct sort_items items;
    struct sort_window window; /* of the items: what is answered */
};

/* --- arguments --- */

static bool may_read(struct call *call, const char *option)
{
    struct host *host = call->host;
    if (!host->may_read_all_keys || host->may_read_all_keys(host->owner, call)) return true;
    reply_error_fmt(call->reply,
                    "ERR %s option of SORT denied due to insufficient ACL permissions.", option);
    return false;
}

/* A pattern that names the same for all elements leaves them as they are. */
static bool parse_by(struct sorting *sorting, int at)
{
    struct str text = call_arg(sorting->call, at);
    sorting->by = sort_pattern_parse(text);
    sorting->order.by = &sorting->by;
    if (sorting->by.names == SORT_KEY) return may_read(sorting->call, "BY");
    sorting->keeps_order = true;
    return true;
}

static bool parse_get(struct sorting *sorting, int at)
{
    if (!may_read(sorting->call, "GET")) return false;
    if (sorting->gets == NULL)
        sorting->gets = mem_alloc((size_t)sorting->call->argc * sizeof(struct sort_pattern));
    sorting->gets[sorting->get_count++] = sort_pattern_parse(call_arg(sorting->call, at));
    return true;
}

static bool parse_limit(struct sorting *sorting, int at)
{
    return call_i64(sorting->call, at, &sorting->offset) &&
           call_i64(sorting->call, at + 1, &sorting->limit);
}

static bool parse_store(struct sorting *sorting, int at)
{
    sorting->target_at = at;
    return true;
}

static bool take_word(struct sorting *sorting, int at)
{
    if (call_is(sorting->call, at, "asc"))
        sorting->order.descending = false;
    else if (call_is(sorting->call, at, "desc"))
        sorting->order.descending = true;
    else if (call_is(sorting->call, at, "alpha"))
        sorting->order.alphabetical = true;
    else
        return false;
    return true;
}

/* How many arguments the option at `at` takes; 0 after an error. */
static int take_option(struct sorting *sorting, int at)
{
    static const struct {
        const char *word;
        int values;
        bool writes;
        bool (*parse)(struct sorting *sorting, int at);
    } OPTIONS[] = {{"limit", 2, false, parse_limit},
                   {"store", 1, true, parse_store},
                   {"by", 1, false, parse_by},
                   {"get", 1, false, parse_get}};
    if (take_word(sorting, at)) return 1;
    for (size_t i = 0; i < sizeof(OPTIONS) / sizeof(OPTIONS[0]); i++) {
        if (OPTIONS[i].writes && sorting->only_reads) continue;
        if (at + OPTIONS[i].values >= sorting->call->argc) continue;
        if (!call_is(sorting->call, at, OPTIONS[i].word)) continue;
        return OPTIONS[i].parse(sorting, at + 1) ? OPTIONS[i].values + 1 : 0;
    }
    call_syntax_error(sorting->call);
    return 0;
}

static bool parse(struct sorting *sorting)
{
    sorting->limit = -1;
    for (int at = 2; at < sorting->call->argc;) {
        int taken = take_option(sorting, at);
        if (taken == 0) return false;
        at += taken;
    }
    return true;
}

/* --- sorting --- */

/* NULL when there is no such key, or (*failed) when it holds something else. */
static const struct value *find_source(struct sorting *sorting, bool *failed)
{
    struct call *call = sorting->call;
    const struct entry *entry = lookup(call, call_arg(call, 1), LOOKUP_READ);
    *failed = false;
    if (entry == NULL) return NULL;
    sorting->source = entry_value(entry);
    enum value_type type = sorting->source.type;
    if (type == TYPE_LIST || type == TYPE_SET || type == TYPE_ZSET) return &sorting->source;
    call_wrong_type(call);
    *failed = true;
    return NULL;
}

static struct sort_window window_of(const struct sorting *sorting, size_t available)
{
    struct sort_window window = {.to = available};
    if (sorting->offset > 0)
        window.from = (uint64_t)sorting->offset < available ? (size_t)sorting->offset : available;
    if (sorting->limit >= 0 && (uint64_t)sorting->limit < available - window.from)
        window.to = window.from + (size_t)sorting->limit;
    return window;
}

/* What leaves the client, by name or in a script, has an order even if it comes from a set. */
static void insist_on_order(struct sorting *sorting)
{
    bool leaves = sorting->target_at || session_is(sorting->call->session, SESSION_SCRIPT);
    if (!sorting->keeps_order || sorting->source.type != TYPE_SET || !leaves) return;
    sorting->keeps_order = false;
    sorting->order.alphabetical = true;
    sorting->order.by = NULL;
}

/* Lists and sorted sets that keep their order are loaded as far as they are wanted. */
static bool sort(struct sorting *sorting)
{
    bool failed;
    const struct value *source = find_source(sorting, &failed);
    if (failed) return false;
    insist_on_order(sorting);
    size_t available = sort_items_available(source);
    struct sort_window all = {.to = available};
    sorting->window = window_of(sorting, available);
    if (sorting->keeps_order && source && source->type != TYPE_SET) {
        struct sort_window part = sorting->window;
        size_t len = part.to - part.from;
        if (sorting->order.descending)
            part = (struct sort_window){available - part.to, available - part.from, true};
        sort_items_load(&sorting->items, source, &part);
        sorting->window = (struct sort_window){.to = len};
        return true;
    }
    sort_items_load(&sorting->items, source, &all);
    if (sorting->keeps_order || sort_items_order(&sorting->items, sorting->call, &sorting->order))
        return true;
    reply_error(sorting->call->reply, "ERR One or more scores can't be converted into double");
    return false;
}

/* --- results --- */

/* Gives each element, or what the patterns name for it (NULL: nothing), to `take`. */
static void give_all(struct sorting *sorting,
                     void (*take)(struct sorting *sorting, const struct str *text, void *context),
                     void *context)
{
    struct buf key = {0};
    struct sort_found found;
    for (size_t i = sorting->window.from; i < sorting->window.to; i++) {
        const struct str *element = &sorting->items.list[i].element;
        if (sorting->get_count == 0) take(sorting, element, context);
        for (size_t j = 0; j < sorting->get_count; j++) {
            bool exists =
                sort_pattern_find(sorting->call, &sorting->gets[j], *element, &key, &found);
            take(sorting, exists ? &found.text : NULL, context);
        }
    }
    buf_deinit(&key);
}

static size_t result_len(const struct sorting *sorting)
{
    size_t len = sorting->window.to - sorting->window.from;
    return sorting->get_count ? len * sorting->get_count : len;
}

static void take_reply(struct sorting *sorting, const struct str *text, void *context)
{
    (void)context;
    if (text)
        reply_bulk(sorting->call->reply, *text);
    else
        reply_null(sorting->call->reply);
}

struct collection {
    struct sequence sequence;
    size_t len;
    bool too_long; /* an element that no list can hold */
};

static void take_element(struct sorting *sorting, const struct str *text, void *context)
{
    struct collection *result = context;
    struct str element = text ? *text : STR("");
    (void)sorting;
    if (element.len > SEQUENCE_ELEMENT_MAX) result->too_long = true;
    if (result->too_long) return;
    sequence_reserve(&result->sequence, element.len, 1);
    sequence_insert(&result->sequence, result->len++, element);
}

static void put_result(struct call *call, struct str key, struct value list, size_t len)
{
    bool is_new = lookup(call, key, LOOKUP_WRITE) == NULL;
    keyspace_put(call->ks, key, list, NO_EXPIRY);
    if (is_new)
        generic_added(call, call->ks, key);
    else
        blocking_ready(call->host->blocking, call->ks, key);
    call_changed(call, key);
    call->changes += len - 1;
    call_event(call, EVENT_LIST, "sortstore", key);
    reply_i64(call->reply, (int64_t)len);
}

static void delete_target(struct call *call, struct str key)
{
    if (lookup(call, key, LOOKUP_WRITE) && lookup_delete(call, key)) {
        call_changed(call, key);
        call_event(call, EVENT_GENERIC, "del", key);
    }
    reply_i64(call->reply, 0);
}

static void store(struct sorting *sorting)
{
    struct call *call = sorting->call;
    struct str key = call_arg(call, sorting->target_at);
    struct epochs *epochs = &call->ks->store->epochs;
    struct collection result = {
        .sequence = {.epochs = epochs,
                     .limit = sequence_limit_of(call->host->settings->list_max_listpack_size),
                     .list = sequence_new(epochs)}};
    give_all(sorting, take_element, &result);
    if (!result.too_long && result.len) {
        put_result(call, key, result.sequence.list, result.len);
        return;
    }
    value_drop(call->ks, result.sequence.list);
    if (result.too_long)
        reply_error(call->reply, ERR_STRING_TOO_BIG);
    else
        delete_target(call, key);
}

static void answer(struct sorting *sorting)
{
    if (sorting->target_at) {
        store(sorting);
    } else {
        reply_array(sorting->call->reply, result_len(sorting));
        give_all(sorting, take_reply, NULL);
    }
}

static void run(struct call *call, bool only_reads)
{
    struct sorting sorting = {.call = call, .only_reads = only_reads};
    if (parse(&sorting) && sort(&sorting)) answer(&sorting);
    sort_items_deinit(&sorting.items);
    mem_free(sorting.gets);
}

static void run_sort(struct call *call)
{
    run(call, false);
}

static void run_sort_ro(struct call *call)
{
    run(call, true);
}

/* --- the rows --- */

#define SORT                                                                                       \
    .arity = -2, .group = "generic",                                                               \
    .categories = CAT_SET | CAT_SORTEDSET | CAT_LIST | CAT_DANGEROUS,                              \
    .complexity = "O(N+M*log(M)) with N the elements and M those answered; O(N) without an order"
#define PATTERN_KEYS                                                                               \
    {                                                                                              \
        .flags = KEY_RO | KEY_ACCESS, .begin = KEYS_BEGIN_UNKNOWN, .find = KEYS_FIND_UNKNOWN,      \
        .notes = "What `BY` and `GET` name depends on the elements."                               \
    }
#define OPTIONS                                                                                    \
    "key [BY pattern] [LIMIT <offset count>] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA]"

const struct command sort_commands[] = {
    {
        .name = "sort",
        .run = run_sort,
        SORT,
        .flags = CMD_WRITE | CMD_DENYOOM,
        .keys = {KEY_ONE(KEY_RO | KEY_ACCESS, 1),
                 PATTERN_KEYS,
                 {.flags = KEY_OW | KEY_UPDATE,
                  .begin = KEYS_BEGIN_UNKNOWN,
                  .find = KEYS_FIND_UNKNOWN,
                  .notes = "`STORE` may stand anywhere among the options."}},
        .find_keys = keys_of_sort,
        .summary = "Puts the elements of a list, a set or a sorted set in order; may store them.",
        .since = "1.0.0",
        .syntax = OPTIONS " [STORE destination]",
    },
    {
        .name = "sort_ro",
        .run = run_sort_ro,
        SORT,
        .flags = CMD_READONLY,
        .keys = {KEY_ONE(KEY_RO | KEY_ACCESS, 1), PATTERN_KEYS},
        .find_keys = keys_of_sort_ro,
        .summary = "Puts the elements of a list, a set or a sorted set in order.",
        .since = "7.0.0",
        .syntax = OPTIONS,
    },
    {0},
};
