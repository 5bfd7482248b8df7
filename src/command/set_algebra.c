/* Intersections, unions and differences of sets. */
#include "base/mem.h"
#include "command/errors.h"
#include "command/set.h"
#include "command/set_commands.h"

#include <stdlib.h>

/* The sets a command names; missing keys are left out. */
struct operands {
    struct value *list;
    size_t count;
    size_t missing;
    bool lacks_first;
};

static void operands_deinit(struct operands *operands)
{
    mem_free(operands->list);
}

/* False after an error; nothing is held then. */
static bool operands_find(struct operands *operands, struct call *call, int from, int to)
{
    size_t room = (size_t)(to - from) * sizeof(*operands->list);
    *operands = (struct operands){.list = mem_alloc(room + 1)};
    for (int i = from; i < to; i++) {
        bool failed;
        struct entry *entry = lookup_type(call, call_arg(call, i), LOOKUP_READ, TYPE_SET, &failed);
        if (failed) {
            operands_deinit(operands);
            return false;
        }
        if (entry == NULL) {
            operands->missing++;
            operands->lacks_first |= i == from;
            continue;
        }
        operands->list[operands->count++] = entry_value(entry);
    }
    return true;
}

/* Where the members of the result go: each is given once. */
struct result {
    struct call *call;
    struct members_edit *edit; /* NULL: to the client, or nowhere */
    bool replies;
    size_t count, limit;
};

static bool take(struct result *result, struct str name)
{
    if (result->edit) members_add(result->edit, name);
    if (result->replies) reply_bulk(result->call->reply, name);
    return ++result->count != result->limit;
}

static int compare_lengths(const void *a, const void *b)
{
    size_t left = members_len(a), right = members_len(b);
    return (left > right) - (left < right);
}

static bool is_in_all(const struct operands *operands, size_t from, struct str name)
{
    for (size_t i = from; i < operands->count; i++) {
        if (!members_has(&operands->list[i], name)) return false;
    }
    return true;
}

/* Walks over the smallest set and asks the others, the small ones first. */
static void intersect(struct operands *operands, struct result *result)
{
    struct members_cursor cursor = {0};
    struct member member;
    if (operands->missing || operands->count == 0) return;
    qsort(operands->list, operands->count, sizeof(*operands->list), compare_lengths);
    while (members_next(&operands->list[0], &cursor, &member)) {
        if (is_in_all(operands, 1, member.name) && !take(result, member.name)) return;
    }
}

static bool is_in_any(const struct operands *operands, size_t from, struct str name)
{
    for (size_t i = from; i < operands->count; i++) {
        if (members_has(&operands->list[i], name)) return true;
    }
    return false;
}

/* The big ones are asked first: they are the likeliest to have it. */
static void subtract(struct operands *operands, struct result *result)
{
    struct members_cursor cursor = {0};
    struct member member;
    if (operands->lacks_first || operands->count == 0) return;
    struct operands others = {.list = operands->list + 1, .count = operands->count - 1};
    for (size_t i = 0; i < others.count; i++) {
        if (others.list[i].object == operands->list[0].object) return;
    }
    while (members_next(&operands->list[0], &cursor, &member)) {
        if (!is_in_any(&others, 0, member.name)) take(result, member.name);
    }
}

static void unite(struct operands *operands, struct result *result)
{
    for (size_t i = 0; i < operands->count; i++) {
        struct members_cursor cursor = {0};
        struct member member;
        while (members_next(&operands->list[i], &cursor, &member)) take(result, member.name);
    }
}

typedef void operation(struct operands *operands, struct result *result);

/* An empty set that takes whatever comes. */
static struct members_edit new_edit(struct call *call)
{
    struct members_edit edit = {.store = call->host->store, .limits = set_limits(call)};
    members_begin(&edit, STR("0"), 0);
    return edit;
}

static void answer(struct call *call, operation *operate)
{
    struct operands operands;
    struct reply_later later;
    if (!operands_find(&operands, call, 1, call->argc)) return;
    struct result result = {.call = call, .replies = true};
    reply_later_begin(call->reply, &later);
    operate(&operands, &result);
    reply_later_set(call->reply, &later, result.count);
    operands_deinit(&operands);
}

void set_sinter(struct call *call)
{
    answer(call, intersect);
}

void set_sdiff(struct call *call)
{
    answer(call, subtract);
}

/* A member of several sets must be answered once, so the union is built first. */
void set_sunion(struct call *call)
{
    struct operands operands;
    if (!operands_find(&operands, call, 1, call->argc)) return;
    struct members_edit edit = new_edit(call);
    struct result result = {.call = call, .edit = &edit};
    unite(&operands, &result);
    set_reply_all(call, &edit.set);
    value_drop(call->ks, edit.set);
    operands_deinit(&operands);
}

/* --- storing --- */

static void put_result(struct call *call, struct value set, const char *event)
{
    struct str key = call_arg(call, 1);
    bool existed = lookup(call, key, LOOKUP_WRITE) != NULL;
    keyspace_put(call->ks, key, set, NO_EXPIRY);
    if (!existed) call_event(call, EVENT_NEW, "new", key);
    call_changed(call, key);
    call_event(call, EVENT_SET, event, key);
}

static void put_nothing(struct call *call, struct value set)
{
    struct str key = call_arg(call, 1);
    value_drop(call->ks, set);
    if (!lookup(call, key, LOOKUP_WRITE) || !lookup_delete(call, key)) return;
    call_changed(call, key);
    call_event(call, EVENT_GENERIC, "del", key);
}

static void keep(struct call *call, operation *operate, const char *event)
{
    struct operands operands;
    if (!operands_find(&operands, call, 2, call->argc)) return;
    struct members_edit edit = new_edit(call);
    struct result result = {.call = call, .edit = &edit};
    operate(&operands, &result);
    operands_deinit(&operands);
    size_t count = members_len(&edit.set);
    if (count > 0)
        put_result(call, edit.set, event);
    else
        put_nothing(call, edit.set);
    reply_i64(call->reply, (int64_t)count);
}

void set_sinterstore(struct call *call)
{
    keep(call, intersect, "sinterstore");
}

void set_sunionstore(struct call *call)
{
    keep(call, unite, "sunionstore");
}

void set_sdiffstore(struct call *call)
{
    keep(call, subtract, "sdiffstore");
}

/* --- counting --- */

/* SINTERCARD numkeys key ... [LIMIT limit]: both numbers, or an error. */
static bool parse_card(struct call *call, int64_t *keys, int64_t *limit)
{
    if (!num_parse_i64(call_arg(call, 1), keys) || *keys < 1) {
        reply_error(call->reply, "ERR numkeys should be greater than 0");
        return false;
    }
    if (*keys > call->argc - 2) {
        reply_error(call->reply, "ERR Number of keys can't be greater than number of args");
        return false;
    }
    for (int i = 2 + (int)*keys; i < call->argc; i += 2) {
        if (!call_is(call, i, "limit") || i + 1 == call->argc) {
            call_syntax_error(call);
            return false;
        }
        if (!num_parse_i64(call_arg(call, i + 1), limit) || *limit < 0) {
            reply_error(call->reply, "ERR LIMIT can't be negative");
            return false;
        }
    }
    return true;
}

void set_sintercard(struct call *call)
{
    struct operands operands;
    int64_t keys, limit = 0;
    if (!parse_card(call, &keys, &limit)) return;
    if (!operands_find(&operands, call, 2, 2 + (int)keys)) return;
    struct result result = {.call = call, .limit = (size_t)limit};
    intersect(&operands, &result);
    reply_i64(call->reply, (int64_t)result.count);
    operands_deinit(&operands);
}
