/* Unions, intersections and differences of sorted sets and sets. The members of a set have the
 * score 1. */
#include "base/mem.h"
#include "base/num.h"
#include "command/errors.h"
#include "command/lookup.h"
#include "command/zset.h"
#include "command/zset_commands.h"
#include "store/members.h"

#include <math.h>
#include <stdlib.h>

enum operation { UNION, INTERSECTION, DIFFERENCE };
enum aggregate { AGGREGATE_SUM, AGGREGATE_MIN, AGGREGATE_MAX };

struct source {
    bool exists;
    struct value value;
    double weight;
    size_t len;
};

struct algebra {
    struct call *call;
    enum operation operation;
    enum aggregate aggregate;
    bool stores, only_counts, with_scores;
    int count_at; /* the number of keys; the keys follow */
    size_t count;
    struct source *sources;
    int64_t limit; /* of ZINTERCARD; 0: none */
    struct zset_edit result;
};

/* --- sources --- */

struct source_walk {
    struct zset_walk zset;
    struct members_cursor set;
    struct ranked ranked;
    struct member member;
};

/* The next member with its weighted score; no score is NaN. */
static bool next_member(const struct source *source, struct source_walk *walk, struct str *name,
                        double *score)
{
    if (!source->exists) return false;
    *score = 1;
    if (source->value.type == TYPE_SET) {
        if (!members_next(&source->value, &walk->set, &walk->member)) return false;
        *name = walk->member.name;
    } else {
        if (!zset_walk(&source->value, &walk->zset, &walk->ranked)) return false;
        *name = walk->ranked.name;
        *score = walk->ranked.score;
    }
    *score *= source->weight;
    if (isnan(*score)) *score = 0;
    return true;
}

/* A weighted score that is NaN stays so until it meets another one, as in Redis. */
static bool find_member(const struct source *source, struct str name, double *score)
{
    if (!source->exists) return false;
    *score = 1;
    bool found = source->value.type == TYPE_SET ? members_has(&source->value, name)
                                                : zset_score(&source->value, name, score);
    *score *= source->weight;
    return found;
}

static double aggregated(enum aggregate aggregate, double a, double b)
{
    switch (aggregate) {
    case AGGREGATE_MIN:
        return b < a ? b : a;
    case AGGREGATE_MAX:
        return b > a ? b : a;
    case AGGREGATE_SUM:
        break;
    }
    return isnan(a + b) ? 0 : a + b;
}

/* --- the operations --- */

static void unite(struct algebra *algebra)
{
    struct table *table = &value_zset(&algebra->result.zset)->table;
    struct str name;
    double score;
    for (size_t i = 0; i < algebra->count; i++) {
        struct source_walk walk = {0};
        while (next_member(&algebra->sources[i], &walk, &name, &score)) {
            struct entry *entry = table_find(table, name, table_hash(table, name));
            if (entry == NULL) {
                zset_gather(&algebra->result, name, score);
                continue;
            }
            score = aggregated(algebra->aggregate, entry_score(entry), score);
            entry_set_slot(entry, &score);
        }
    }
}

static int compare_len(const void *a, const void *b)
{
    const struct source *first = a, *second = b;
    return first->len < second->len ? -1 : first->len > second->len;
}

static bool all_have(const struct algebra *algebra, struct str name, double *score)
{
    double other;
    for (size_t i = 1; i < algebra->count; i++) {
        if (!find_member(&algebra->sources[i], name, &other)) return false;
        *score = aggregated(algebra->aggregate, *score, other);
    }
    return true;
}

static bool any_other_has(const struct algebra *algebra, struct str name)
{
    double score;
    for (size_t i = 1; i < algebra->count; i++)
        if (find_member(&algebra->sources[i], name, &score)) return true;
    return false;
}

/* The smallest source is walked, the others are asked. Returns how many members there are. */
static size_t intersect(struct algebra *algebra)
{
    struct source_walk walk = {0};
    struct str name;
    double score;
    size_t found = 0, limit = algebra->limit ? (size_t)algebra->limit : SIZE_MAX;
    qsort(algebra->sources, algebra->count, sizeof(struct source), compare_len);
    while (found < limit && next_member(&algebra->sources[0], &walk, &name, &score)) {
        if (!all_have(algebra, name, &score)) continue;
        if (!algebra->only_counts) zset_gather(&algebra->result, name, score);
        found++;
    }
    return found;
}

static void subtract(struct algebra *algebra)
{
    struct source_walk walk = {0};
    struct str name;
    double score;
    while (next_member(&algebra->sources[0], &walk, &name, &score))
        if (!any_other_has(algebra, name)) zset_gather(&algebra->result, name, score);
}

/* --- arguments --- */

static bool find_source(struct call *call, struct str key, struct source *source)
{
    const struct entry *entry = lookup(call, key, LOOKUP_READ);
    *source = (struct source){.exists = entry != NULL, .weight = 1};
    if (entry == NULL) return true;
    source->value = entry_value(entry);
    if (source->value.type == TYPE_ZSET) {
        source->len = zset_len(&source->value);
    } else if (source->value.type == TYPE_SET) {
        source->len = members_len(&source->value);
    } else {
        call_wrong_type(call);
        return false;
    }
    return true;
}

static bool parse_keys(struct algebra *algebra)
{
    struct call *call = algebra->call;
    int64_t count;
    if (!call_i64(call, algebra->count_at, &count)) return false;
    if (count < 1) {
        reply_error_fmt(call->reply, "ERR at least 1 input key is needed for '%s' command",
                        call->command->name);
        return false;
    }
    if (count > call->argc - algebra->count_at - 1) {
        call_syntax_error(call);
        return false;
    }
    algebra->count = (size_t)count;
    algebra->sources = mem_alloc(algebra->count * sizeof(struct source));
    for (int i = 0; i < (int)count; i++) {
        struct str key = call_arg(call, algebra->count_at + 1 + i);
        if (!find_source(call, key, &algebra->sources[i])) return false;
    }
    return true;
}

static bool parse_weights(struct algebra *algebra, int at)
{
    for (size_t i = 0; i < algebra->count; i++) {
        struct str text = call_arg(algebra->call, at + (int)i);
        if (num_parse_double(text, &algebra->sources[i].weight)) continue;
        reply_error(algebra->call->reply, "ERR weight value is not a float");
        return false;
    }
    return true;
}

static bool parse_aggregate(struct algebra *algebra, int at)
{
    static const char *const WORDS[] = {"sum", "min", "max"};
    for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++) {
        if (!call_is(algebra->call, at, WORDS[i])) continue;
        algebra->aggregate = (enum aggregate)i;
        return true;
    }
    call_syntax_error(algebra->call);
    return false;
}

/* How many arguments the option at `at` takes; 0 after an error. */
static int take_option(struct algebra *algebra, int at)
{
    struct call *call = algebra->call;
    int left = call->argc - at;
    bool combines = algebra->operation != DIFFERENCE && !algebra->only_counts;
    if (combines && (size_t)left > algebra->count && call_is(call, at, "weights"))
        return parse_weights(algebra, at + 1) ? (int)algebra->count + 1 : 0;
    if (combines && left >= 2 && call_is(call, at, "aggregate"))
        return parse_aggregate(algebra, at + 1) ? 2 : 0;
    if (!algebra->stores && !algebra->only_counts && call_is(call, at, "withscores")) {
        algebra->with_scores = true;
        return 1;
    }
    if (algebra->only_counts && left >= 2 && call_is(call, at, "limit")) {
        const char *error = "ERR LIMIT can't be negative";
        return zset_count_arg(call, at + 1, 0, error, &algebra->limit) ? 2 : 0;
    }
    call_syntax_error(call);
    return 0;
}

static bool parse(struct algebra *algebra)
{
    if (!parse_keys(algebra)) return false;
    for (int at = algebra->count_at + 1 + (int)algebra->count; at < algebra->call->argc;) {
        int taken = take_option(algebra, at);
        if (taken == 0) return false;
        at += taken;
    }
    return true;
}

/* --- the commands --- */

static void compute(struct algebra *algebra)
{
    algebra->result = zset_result(algebra->call);
    /* What is only answered stays as it was computed: the small form would lose the sign of
     * zero. */
    if (!algebra->stores) algebra->result.limits = (struct zset_limits){0};
    switch (algebra->operation) {
    case UNION:
        unite(algebra);
        break;
    case INTERSECTION:
        intersect(algebra);
        break;
    case DIFFERENCE:
        subtract(algebra);
        break;
    }
    zset_order(&algebra->result);
}

static void store_result(struct algebra *algebra)
{
    static const char *const EVENTS[] = {"zunionstore", "zinterstore", "zdiffstore"};
    zset_store_result(algebra->call, call_arg(algebra->call, 1), &algebra->result,
                      EVENTS[algebra->operation]);
}

static void reply_result(struct algebra *algebra)
{
    struct value *zset = &algebra->result.zset;
    struct zset_span all = {.to = zset_len(zset)};
    zset_reply_span(algebra->call, zset, &all, algebra->with_scores ? ZSET_SCORES : ZSET_NAMES);
    value_drop(algebra->call->ks, *zset);
}

static void answer(struct call *call, enum operation operation)
{
    struct algebra algebra = {.call = call, .operation = operation, .count_at = 1};
    if (parse(&algebra)) {
        compute(&algebra);
        reply_result(&algebra);
    }
    mem_free(algebra.sources);
}

static void store(struct call *call, enum operation operation)
{
    struct algebra algebra = {.call = call, .operation = operation, .count_at = 2, .stores = true};
    if (parse(&algebra)) {
        compute(&algebra);
        store_result(&algebra);
    }
    mem_free(algebra.sources);
}

void zset_zunion(struct call *call)
{
    answer(call, UNION);
}

void zset_zinter(struct call *call)
{
    answer(call, INTERSECTION);
}

void zset_zdiff(struct call *call)
{
    answer(call, DIFFERENCE);
}

void zset_zunionstore(struct call *call)
{
    store(call, UNION);
}

void zset_zinterstore(struct call *call)
{
    store(call, INTERSECTION);
}

void zset_zdiffstore(struct call *call)
{
    store(call, DIFFERENCE);
}

void zset_zintercard(struct call *call)
{
    struct algebra algebra = {
        .call = call, .operation = INTERSECTION, .count_at = 1, .only_counts = true};
    if (parse(&algebra)) reply_i64(call->reply, (int64_t)intersect(&algebra));
    mem_free(algebra.sources);
}
