#include "base/mem.h"
#include "base/num.h"
#include "command/zset.h"
#include "command/zset_commands.h"

#include <math.h>

/* ZADD's options, and what came of it. */
struct addition {
    bool nx, xx, gt, lt, ch, incr;
    int first;      /* the first score */
    double *scores; /* all of them, before anything is changed */
    int64_t added, updated;
    bool processed; /* INCR: there is a score to answer */
    double score;
};

static bool take_option(struct call *call, int at, struct addition *addition)
{
    const struct {
        const char *word;
        bool *flag;
    } options[] = {{"nx", &addition->nx}, {"xx", &addition->xx}, {"gt", &addition->gt},
                   {"lt", &addition->lt}, {"ch", &addition->ch}, {"incr", &addition->incr}};
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (!call_is(call, at, options[i].word)) continue;
        *options[i].flag = true;
        return true;
    }
    return false;
}

static const char *refusal(const struct call *call, const struct addition *addition)
{
    int rest = call->argc - addition->first;
    if (rest % 2 || rest == 0) return "ERR syntax error";
    if (addition->nx && addition->xx)
        return "ERR XX and NX options at the same time are not compatible";
    if ((addition->nx && (addition->gt || addition->lt)) || (addition->gt && addition->lt))
        return "ERR GT, LT, and/or NX options at the same time are not compatible";
    if (addition->incr && rest > 2)
        return "ERR INCR option supports a single increment-element pair";
    return NULL;
}

static bool parse(struct call *call, struct addition *addition)
{
    addition->first = 2;
    while (addition->first < call->argc && take_option(call, addition->first, addition))
        addition->first++;
    const char *error = refusal(call, addition);
    if (error) {
        reply_error(call->reply, error);
        return false;
    }
    int count = (call->argc - addition->first) / 2;
    addition->scores = mem_alloc((size_t)count * sizeof(double));
    for (int i = 0; i < count; i++) {
        if (!call_double(call, addition->first + i * 2, &addition->scores[i])) return false;
    }
    return true;
}

/* Whether a member with this score gets the other one. */
static bool may_update(const struct addition *addition, double score, double fresh)
{
    if (addition->nx || (addition->gt && fresh <= score)) return false;
    return !(addition->lt && fresh >= score);
}

/* False when the sum is no number. */
static bool add_one(struct zset_edit *edit, struct addition *addition, struct str name,
                    double fresh)
{
    double score;
    if (!zset_score(&edit->zset, name, &score)) {
        if (addition->xx) return true;
        zset_add(edit, name, fresh);
        addition->added++;
    } else {
        if (addition->incr && !addition->nx) fresh += score;
        if (isnan(fresh)) return false;
        if (!may_update(addition, score, fresh)) return true;
        if (fresh != score) {
            zset_rescore(edit, name, fresh);
            addition->updated++;
        }
    }
    addition->score = fresh;
    addition->processed = true;
    return true;
}

static void reply_addition(struct call *call, const struct addition *addition)
{
    if (!addition->incr)
        reply_i64(call->reply, addition->added + (addition->ch ? addition->updated : 0));
    else if (addition->processed)
        reply_double(call->reply, addition->score);
    else
        reply_null(call->reply);
}

/* An increment is recorded by its result, which no rounding can change any more. */
static void record(struct call *call, const struct addition *addition)
{
    char digits[NUM_DOUBLE_MAX];
    EFFECTS_ADD(call->effects, STR("ZADD"), call_arg(call, 1),
                str_of(digits, num_format_double(digits, addition->score)),
                call_arg(call, addition->first + 1));
}

static void add_all(struct zset_change *change, struct addition *addition)
{
    struct call *call = change->call;
    bool sound = true;
    zset_begin(change);
    for (int at = addition->first, i = 0; sound && at < call->argc; at += 2, i++)
        sound = add_one(&change->edit, addition, call_arg(call, at + 1), addition->scores[i]);
    zset_store(change);
    if (sound)
        reply_addition(call, addition);
    else
        reply_error(call->reply, "ERR resulting score is not a number (NaN)");
    int64_t changes = addition->added + addition->updated;
    if (changes == 0) return;
    zset_announce(change, addition->incr ? "zincr" : "zadd");
    call->changes += (uint64_t)changes - 1;
    if (addition->incr) record(call, addition);
}

static void add(struct call *call, struct addition *addition)
{
    struct zset_change change;
    if (parse(call, addition) && zset_open(call, call_arg(call, 1), &change)) {
        if (change.entry == NULL && addition->xx)
            reply_addition(call, addition);
        else
            add_all(&change, addition);
    }
    mem_free(addition->scores);
}

void zset_zadd(struct call *call)
{
    struct addition addition = {0};
    add(call, &addition);
}

void zset_zincrby(struct call *call)
{
    struct addition addition = {.incr = true};
    add(call, &addition);
}

void zset_zrem(struct call *call)
{
    struct zset_change change;
    int64_t removed = 0;
    if (!zset_open(call, call_arg(call, 1), &change)) return;
    if (change.entry == NULL) {
        reply_i64(call->reply, 0);
        return;
    }
    zset_begin(&change);
    for (int i = 2; i < call->argc; i++) removed += zset_remove(&change.edit, call_arg(call, i));
    zset_store(&change);
    if (removed) {
        zset_announce(&change, "zrem");
        call->changes += (uint64_t)removed - 1;
    }
    reply_i64(call->reply, removed);
}
