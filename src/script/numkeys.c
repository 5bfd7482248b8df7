#include "script/numkeys.h"

bool numkeys_read(struct call *call, int *count)
{
    int64_t number;
    if (!call_i64(call, 2, &number)) return false;
    if (number > call->argc - 3) {
        reply_error(call->reply, "ERR Number of keys can't be greater than number of args");
        return false;
    }
    if (number < 0) {
        reply_error(call->reply, "ERR Number of keys can't be negative");
        return false;
    }
    *count = (int)number;
    return true;
}
