/* Positions: adding, reading, and the distance between two. */
#include "command/geo.h"

#include "base/mem.h"
#include "base/num.h"
#include "command/geo_commands.h"
#include "command/zset.h"
#include "command/zset_commands.h"

#include <math.h>
#include <stdio.h>

bool geo_point_arg(struct call *call, int at, struct geo_point *point)
{
    if (!call_double(call, at, &point->lon) || !call_double(call, at + 1, &point->lat))
        return false;
    if (geo_is_on_map(*point)) return true;
    reply_error_fmt(call->reply, "ERR invalid longitude,latitude pair %f,%f", point->lon,
                    point->lat);
    return false;
}

bool geo_unit_arg(struct call *call, int at, double *metres)
{
    static const struct {
        const char *name;
        double metres;
    } UNITS[] = {{"m", 1}, {"km", 1000}, {"ft", 0.3048}, {"mi", 1609.34}};
    for (size_t i = 0; i < sizeof(UNITS) / sizeof(UNITS[0]); i++) {
        if (!call_is(call, at, UNITS[i].name)) continue;
        *metres = UNITS[i].metres;
        return true;
    }
    reply_error(call->reply, "ERR unsupported unit provided. please use M, KM, FT, MI");
    return false;
}

/* Rounded to four digits as a whole number of ten-thousandths; half the way around the earth is
 * less than 10^8 of any unit. */
void geo_reply_distance(struct call *call, double distance)
{
    char digits[NUM_I64_MAX + 8];
    long long parts = llrint(distance * 10000);
    int len = snprintf(digits, sizeof(digits), "%lld.%04lld", parts / 10000, parts % 10000);
    reply_bulk(call->reply, str_of(digits, (size_t)len));
}

void geo_reply_point(struct call *call, struct geo_point point)
{
    reply_array(call->reply, 2);
    reply_human_double(call->reply, point.lon);
    reply_human_double(call->reply, point.lat);
}

/* --- adding --- */

/* ZADD's request is made of the options, and a score in the place of two coordinates. */
struct zadd {
    struct str *argv;
    char (*digits)[NUM_I64_MAX];
    int argc;
};

static int skip_options(const struct call *call)
{
    int at = 2;
    while (at < call->argc &&
           (call_is(call, at, "nx") || call_is(call, at, "xx") || call_is(call, at, "ch")))
        at++;
    return at;
}

static bool has_both(const struct call *call, int end)
{
    bool nx = false, xx = false;
    for (int at = 2; at < end; at++) {
        nx |= call_is(call, at, "nx");
        xx |= call_is(call, at, "xx");
    }
    return nx && xx;
}

static bool add_scores(struct call *call, struct zadd *zadd, int at)
{
    for (int i = 0; at < call->argc; at += 3, i++) {
        struct geo_point point;
        if (!geo_point_arg(call, at, &point)) return false;
        size_t len = num_format_u64(zadd->digits[i], geo_encode(point));
        zadd->argv[zadd->argc++] = str_of(zadd->digits[i], len);
        zadd->argv[zadd->argc++] = call_arg(call, at + 2);
    }
    return true;
}

/* Runs as ZADD, and is recorded as that when anything changed. */
static void run_zadd(struct call *call, const struct zadd *zadd)
{
    const struct str *argv = call->argv;
    int argc = call->argc;
    uint64_t changes = call->changes;
    call->argv = zadd->argv;
    call->argc = zadd->argc;
    zset_zadd(call);
    if (call->changes > changes) effects_add(call->effects, zadd->argv, (size_t)zadd->argc);
    call->argv = argv;
    call->argc = argc;
}

void geo_geoadd(struct call *call)
{
    int first = skip_options(call), rest = call->argc - first;
    if (rest % 3 || has_both(call, first)) {
        call_syntax_error(call);
        return;
    }
    struct zadd zadd = {
        .argv = mem_alloc((size_t)call->argc * sizeof(struct str)),
        .digits = mem_alloc((size_t)(rest / 3 + 1) * sizeof(*zadd.digits)),
        .argc = first,
    };
    zadd.argv[0] = STR("ZADD");
    for (int i = 1; i < first; i++) zadd.argv[i] = call_arg(call, i);
    if (add_scores(call, &zadd, first)) run_zadd(call, &zadd);
    mem_free(zadd.argv);
    mem_free(zadd.digits);
}

/* --- reading --- */

static bool find_point(const struct value *zset, struct str member, struct geo_point *point)
{
    double score;
    if (!zset_score(zset, member, &score)) return false;
    *point = geo_decode(score);
    return true;
}

/* Answers for each member, or with `miss` for one that is none. */
static void answer_each(struct call *call, void (*answer)(struct call *, struct geo_point),
                        void (*miss)(struct reply *))
{
    struct value zset;
    struct geo_point point;
    bool failed, exists = zset_find(call, call_arg(call, 1), &zset, &failed);
    if (failed) return;
    reply_array(call->reply, (size_t)call->argc - 2);
    for (int i = 2; i < call->argc; i++) {
        if (exists && find_point(&zset, call_arg(call, i), &point))
            answer(call, point);
        else
            miss(call->reply);
    }
}

void geo_geopos(struct call *call)
{
    answer_each(call, geo_reply_point, reply_null_array);
}

static void reply_text(struct call *call, struct geo_point point)
{
    char text[GEO_TEXT_LEN];
    geo_text(point, text);
    reply_bulk(call->reply, str_of(text, GEO_TEXT_LEN));
}

void geo_geohash(struct call *call)
{
    answer_each(call, reply_text, reply_null);
}

void geo_geodist(struct call *call)
{
    struct value zset;
    struct geo_point a, b;
    double metres = 1;
    bool failed;
    if (call->argc == 5 && !geo_unit_arg(call, 4, &metres)) return;
    if (call->argc > 5) {
        call_syntax_error(call);
        return;
    }
    bool exists = zset_find(call, call_arg(call, 1), &zset, &failed);
    if (failed) return;
    if (exists && find_point(&zset, call_arg(call, 2), &a) &&
        find_point(&zset, call_arg(call, 3), &b))
        geo_reply_distance(call, geo_distance(a, b) / metres);
    else
        reply_null(call->reply);
}
