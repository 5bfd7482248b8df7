/* Searches: the members of a sorted set whose positions lie in a circle or a box. */
#include "base/mem.h"
#include "base/num.h"
#include "command/errors.h"
#include "command/geo.h"
#include "command/geo_commands.h"
#include "command/lookup.h"
#include "command/zset.h"

#include <stdlib.h>

/* A member that was found; its name is read again by its rank. */
struct hit {
    size_t rank, order; /* of being found */
    double score, distance;
    struct geo_point point;
};

struct search {
    struct call *call;
    /* Which command it is. */
    int source_at;
    bool takes_shape; /* GEOSEARCH: center and shape are options */
    bool takes_store; /* GEORADIUS: so is the target */
    bool from_member; /* GEORADIUSBYMEMBER */
    bool keeps;       /* GEOSEARCHSTORE */

    bool exists;
    struct value zset;
    struct geo_shape shape;
    double unit; /* metres */
    bool has_center_member, has_center_point, has_circle, has_box;
    bool with_distance, with_score, with_point;
    bool any, stores_distance;
    int64_t limit; /* 0: none */
    enum { NO_ORDER, NEAREST, FARTHEST } order;
    int target_at; /* 0: the members are answered */

    struct hit *hits;
    size_t count, capacity;
};

/* --- arguments --- */

static bool length_arg(struct call *call, int at, const char *error, double *length)
{
    if (num_parse_double(call_arg(call, at), length)) return true;
    reply_error(call->reply, error);
    return false;
}

static bool parse_circle(struct search *search, int at)
{
    struct call *call = search->call;
    double radius;
    if (!length_arg(call, at, "ERR need numeric radius", &radius)) return false;
    if (radius < 0) {
        reply_error(call->reply, "ERR radius cannot be negative");
        return false;
    }
    if (!geo_unit_arg(call, at + 1, &search->unit)) return false;
    search->shape.is_box = false;
    search->shape.width = search->shape.height = 2 * (radius * search->unit);
    search->has_circle = true;
    return true;
}

static bool parse_box(struct search *search, int at)
{
    struct call *call = search->call;
    double width, height;
    if (!length_arg(call, at, "ERR need numeric width", &width) ||
        !length_arg(call, at + 1, "ERR need numeric height", &height))
        return false;
    if (width < 0 || height < 0) {
        reply_error(call->reply, "ERR height or width cannot be negative");
        return false;
    }
    if (!geo_unit_arg(call, at + 2, &search->unit)) return false;
    search->shape.is_box = true;
    search->shape.width = width * search->unit;
    search->shape.height = height * search->unit;
    search->has_box = true;
    return true;
}

static bool parse_center_point(struct search *search, int at)
{
    search->has_center_point = true;
    return geo_point_arg(search->call, at, &search->shape.center);
}

/* Of a key that does not exist every member will do: there is nothing to find. */
static bool parse_center_member(struct search *search, int at)
{
    double score;
    search->has_center_member = true;
    if (!search->exists) return true;
    if (!zset_score(&search->zset, call_arg(search->call, at), &score)) {
        reply_error(search->call->reply, "ERR could not decode requested zset member");
        return false;
    }
    search->shape.center = geo_decode(score);
    return true;
}

static bool parse_count(struct search *search, int at)
{
    if (!call_i64(search->call, at, &search->limit)) return false;
    if (search->limit > 0) return true;
    reply_error(search->call->reply, "ERR COUNT must be > 0");
    return false;
}

static bool parse_store(struct search *search, int at)
{
    search->target_at = at;
    search->stores_distance = false;
    return true;
}

static bool parse_store_distance(struct search *search, int at)
{
    search->target_at = at;
    search->stores_distance = true;
    return true;
}

static bool take_flag(struct search *search, int at)
{
    const struct {
        const char *word;
        bool *flag, takes;
    } flags[] = {{"withdist", &search->with_distance, true},
                 {"withhash", &search->with_score, true},
                 {"withcoord", &search->with_point, true},
                 {"any", &search->any, true},
                 {"storedist", &search->stores_distance, search->keeps}};
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (!flags[i].takes || !call_is(search->call, at, flags[i].word)) continue;
        *flags[i].flag = true;
        return true;
    }
    if (call_is(search->call, at, "asc"))
        search->order = NEAREST;
    else if (call_is(search->call, at, "desc"))
        search->order = FARTHEST;
    else
        return false;
    return true;
}

/* How many arguments the option at `at` takes; 0 after an error. */
static int take_option(struct search *search, int at)
{
    const struct {
        const char *word;
        int values;
        bool takes;
        bool (*parse)(struct search *search, int at);
    } options[] = {
        {"count", 1, true, parse_count},
        {"store", 1, search->takes_store, parse_store},
        {"storedist", 1, search->takes_store, parse_store_distance},
        {"frommember", 1, search->takes_shape && !search->has_center_point, parse_center_member},
        {"fromlonlat", 2, search->takes_shape && !search->has_center_member, parse_center_point},
        {"byradius", 2, search->takes_shape && !search->has_box, parse_circle},
        {"bybox", 3, search->takes_shape && !search->has_circle, parse_box},
    };
    if (take_flag(search, at)) return 1;
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (!options[i].takes || at + options[i].values >= search->call->argc ||
            !call_is(search->call, at, options[i].word))
            continue;
        return options[i].parse(search, at + 1) ? options[i].values + 1 : 0;
    }
    call_syntax_error(search->call);
    return 0;
}

/* The arguments of GEORADIUS and GEORADIUSBYMEMBER that have their places. */
static bool parse_fixed(struct search *search)
{
    if (search->takes_shape) return true;
    if (!search->from_member) return parse_center_point(search, 2) && parse_circle(search, 4);
    if (!search->exists) return true;
    return parse_center_member(search, 2) && parse_circle(search, 3);
}

static bool is_complete(const struct search *search)
{
    struct call *call = search->call;
    if (search->target_at && (search->with_distance || search->with_score || search->with_point)) {
        reply_error_fmt(call->reply,
                        "ERR %s is not compatible with WITHDIST, WITHHASH and WITHCOORD options",
                        search->keeps ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS");
    } else if (search->takes_shape && !search->has_center_member && !search->has_center_point) {
        reply_error_fmt(call->reply,
                        "ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for %.*s",
                        STR_ARG(call_arg(call, 0)));
    } else if (search->takes_shape && !search->has_circle && !search->has_box) {
        reply_error_fmt(call->reply,
                        "ERR exactly one of BYRADIUS and BYBOX can be specified for %.*s",
                        STR_ARG(call_arg(call, 0)));
    } else if (search->any && search->limit == 0) {
        reply_error(call->reply, "ERR the ANY argument requires COUNT argument");
    } else {
        return true;
    }
    return false;
}

static bool parse(struct search *search)
{
    struct call *call = search->call;
    int options_at = search->source_at + 1;
    bool failed;
    search->exists = zset_find(call, call_arg(call, search->source_at), &search->zset, &failed);
    if (failed || !parse_fixed(search)) return false;
    if (!search->takes_shape) options_at = search->from_member ? 5 : 6;
    for (int at = options_at; at < call->argc;) {
        int taken = take_option(search, at);
        if (taken == 0) return false;
        at += taken;
    }
    return is_complete(search);
}

/* --- finding --- */

static bool is_enough(const struct search *search)
{
    return search->any && search->count >= (size_t)search->limit;
}

static void add_hit(struct search *search, const struct hit *hit)
{
    if (search->count == search->capacity) {
        search->capacity = search->capacity ? search->capacity * 2 : 16;
        search->hits = mem_realloc(search->hits, search->capacity * sizeof(struct hit));
    }
    search->hits[search->count++] = *hit;
}

static void find_in_range(struct search *search, const struct geo_range *range)
{
    const struct value *zset = &search->zset;
    struct zset_cursor cursor;
    struct ranked member;
    size_t rank = zset_rank_of_score(zset, range->from, false);
    bool more = zset_seek(zset, &cursor, rank);
    for (; more && !is_enough(search); more = zset_next(&cursor), rank++) {
        zset_get(&cursor, &member);
        if (member.score >= range->to) break;
        struct hit hit = {.rank = rank, .order = search->count, .score = member.score};
        hit.point = geo_decode(member.score);
        if (geo_shape_has(&search->shape, hit.point, &hit.distance)) add_hit(search, &hit);
    }
}

static int compare_found(const struct hit *a, const struct hit *b)
{
    return a->order < b->order ? -1 : a->order > b->order;
}

static int compare_near(const void *a, const void *b)
{
    const struct hit *first = a, *second = b;
    if (first->distance < second->distance) return -1;
    if (first->distance > second->distance) return 1;
    return compare_found(first, second);
}

static int compare_far(const void *a, const void *b)
{
    const struct hit *first = a, *second = b;
    if (first->distance > second->distance) return -1;
    if (first->distance < second->distance) return 1;
    return compare_found(first, second);
}

static void find(struct search *search)
{
    struct geo_range ranges[GEO_CELLS_MAX];
    size_t count = geo_shape_ranges(&search->shape, ranges);
    for (size_t i = 0; i < count; i++) find_in_range(search, &ranges[i]);
    /* A limit means the nearest ones, unless any will do. */
    if (search->limit && !search->any && search->order == NO_ORDER) search->order = NEAREST;
    if (search->order != NO_ORDER && search->count)
        qsort(search->hits, search->count, sizeof(struct hit),
              search->order == NEAREST ? compare_near : compare_far);
    if (search->limit && (size_t)search->limit < search->count)
        search->count = (size_t)search->limit;
}

/* --- answers --- */

static void read_member(const struct search *search, const struct hit *hit, struct ranked *member)
{
    struct zset_cursor cursor;
    zset_seek(&search->zset, &cursor, hit->rank);
    zset_get(&cursor, member);
}

static void reply_hit(struct search *search, const struct hit *hit)
{
    struct reply *reply = search->call->reply;
    struct ranked member;
    size_t extras = (size_t)search->with_distance + search->with_score + search->with_point;
    read_member(search, hit, &member);
    if (extras) reply_array(reply, extras + 1);
    reply_bulk(reply, member.name);
    if (search->with_distance) geo_reply_distance(search->call, hit->distance / search->unit);
    if (search->with_score) reply_i64(reply, (int64_t)hit->score);
    if (search->with_point) geo_reply_point(search->call, hit->point);
}

static void store_hits(struct search *search)
{
    struct zset_edit result = zset_result(search->call);
    struct ranked member;
    for (size_t i = 0; i < search->count; i++) {
        const struct hit *hit = &search->hits[i];
        double score = search->stores_distance ? hit->distance / search->unit : hit->score;
        read_member(search, hit, &member);
        zset_gather(&result, member.name, score);
    }
    zset_order(&result);
    uint64_t changes = search->call->changes;
    zset_store_result(search->call, call_arg(search->call, search->target_at), &result,
                      search->takes_shape ? "geosearchstore" : "georadiusstore");
    if (search->count && search->call->changes > changes)
        search->call->changes += search->count - 1;
}

static void answer(struct search *search)
{
    if (search->exists) find(search);
    if (search->target_at) {
        store_hits(search);
    } else {
        reply_array(search->call->reply, search->count);
        for (size_t i = 0; i < search->count; i++) reply_hit(search, &search->hits[i]);
    }
}

static void run(struct search search)
{
    if (search.keeps) search.target_at = 1;
    if (parse(&search)) answer(&search);
    mem_free(search.hits);
}

void geo_geosearch(struct call *call)
{
    run((struct search){.call = call, .source_at = 1, .takes_shape = true});
}

void geo_geosearchstore(struct call *call)
{
    run((struct search){.call = call, .source_at = 2, .takes_shape = true, .keeps = true});
}

void geo_georadius(struct call *call)
{
    run((struct search){.call = call, .source_at = 1, .takes_store = true});
}

void geo_georadius_ro(struct call *call)
{
    run((struct search){.call = call, .source_at = 1});
}

void geo_georadiusbymember(struct call *call)
{
    run((struct search){.call = call, .source_at = 1, .takes_store = true, .from_member = true});
}

void geo_georadiusbymember_ro(struct call *call)
{
    run((struct search){.call = call, .source_at = 1, .from_member = true});
}
