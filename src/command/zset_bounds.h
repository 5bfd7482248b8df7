/* Ranges of scores ("(1 +inf") and of names ("[a (b") as arguments, and the ranks they mean in a
 * sorted set. */
#ifndef SKEIN_COMMAND_ZSET_BOUNDS_H
#define SKEIN_COMMAND_ZSET_BOUNDS_H

#include "command/zset.h"

struct zset_bound {
    enum { BOUND_LOWEST, BOUND_HIGHEST, BOUND_AT } where; /* names only: "-", "+" */
    bool is_open;
    double score;
    struct str name;
};

struct zset_bounds {
    bool by_name;
    struct zset_bound low, high;
};

/* Both answer their errors. */
bool zset_parse_scores(struct call *call, int low_at, int high_at, struct zset_bounds *bounds);
bool zset_parse_names(struct call *call, int low_at, int high_at, struct zset_bounds *bounds);
struct zset_span zset_span_of(const struct value *zset, const struct zset_bounds *bounds);
/* Names have an order only among members of one score. Otherwise a range of names depends on how
 * the sorted set is kept, and so may differ from server to server: it must be recorded by ranks. */
bool zset_span_is_certain(const struct value *zset, const struct zset_bounds *bounds);
/* The ranks between two indexes that may count from the end. */
struct zset_span zset_span_of_ranks(size_t len, int64_t start, int64_t stop);

#endif
