#include "command/random_count.h"

#include "command/errors.h"

bool random_count_arg(struct call *call, int at, int64_t *count)
{
    if (!call_i64(call, at, count)) return false;
    if (*count >= -INT64_MAX) return true;
    reply_error_fmt(call->reply, "%s, value must between %lld and %lld", ERR_OUT_OF_RANGE,
                    (long long)-INT64_MAX, (long long)INT64_MAX);
    return false;
}

bool random_count_allowed(struct call *call, int64_t count)
{
    if (count >= -RANDOM_REPEATED_MAX) return true;
    reply_error(call->reply, ERR_OUT_OF_RANGE);
    return false;
}
