#include "command/scan_request.h"

#include "base/glob.h"
#include "base/mem.h"

enum {
    SCAN_COUNT = 10,
    SCAN_STEPS_PER_KEY = 10, /* empty buckets one call may pass for each key asked for */
};
static const uint64_t CURSOR_END = (uint64_t)1 << 48;

/* As strtoul reads it: a sign is allowed, what does not fit is not, and nothing means 0. */
static bool parse_cursor(struct str text, uint64_t *cursor)
{
    bool negative = text.len > 0 && text.ptr[0] == '-';
    bool has_sign = negative || (text.len > 0 && text.ptr[0] == '+');
    if (has_sign) text = str_from(text, 1);
    *cursor = 0;
    if (text.len == 0) return !has_sign;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') return false;
        if (__builtin_mul_overflow(*cursor, 10, cursor)) return false;
        if (__builtin_add_overflow(*cursor, (uint64_t)(text.ptr[i] - '0'), cursor)) return false;
    }
    if (negative) *cursor = -*cursor;
    return true;
}

bool scan_parse_cursor(struct call *call, int at, struct scan_request *request)
{
    if (parse_cursor(call_arg(call, at), &request->cursor)) return true;
    reply_error(call->reply, "ERR invalid cursor");
    return false;
}

static bool parse_option(struct call *call, int at, struct scan_request *request)
{
    if (at + 1 < call->argc && call_is(call, at, "count")) {
        if (!call_i64(call, at + 1, &request->count)) return false;
        if (request->count >= 1) return true;
    } else if (at + 1 < call->argc && call_is(call, at, "match")) {
        request->pattern = call_arg(call, at + 1);
        request->has_pattern = !glob_is_all(request->pattern);
        return true;
    } else if (request->takes_type && at + 1 < call->argc && call_is(call, at, "type")) {
        request->type = call_arg(call, at + 1);
        return request->has_type = true;
    }
    call_syntax_error(call);
    return false;
}

bool scan_parse_options(struct call *call, int from, struct scan_request *request)
{
    request->count = SCAN_COUNT;
    for (int i = from; i < call->argc; i += 2) {
        if (!parse_option(call, i, request)) return false;
    }
    return true;
}

bool scan_wants(const struct scan_request *request, struct str name)
{
    return !request->has_pattern || glob_match(request->pattern, name);
}

static void found(void *context, struct entry *entry)
{
    struct scan_found *all = context;
    if (all->count == all->capacity) {
        all->capacity = all->capacity ? all->capacity * 2 : 32;
        all->list = mem_realloc(all->list, all->capacity * sizeof(struct entry *));
    }
    all->list[all->count++] = entry;
}

uint64_t scan_collect(const struct table *table, const struct scan_request *request,
                      struct scan_found *all)
{
    int64_t count = request->count;
    int64_t steps = count > INT64_MAX / SCAN_STEPS_PER_KEY ? INT64_MAX : count * SCAN_STEPS_PER_KEY;
    uint64_t cursor = request->cursor;
    if (cursor >= CURSOR_END) return 0;
    do {
        cursor = table_scan(table, cursor, found, all);
    } while (cursor && steps-- > 0 && all->count < (uint64_t)count);
    return cursor;
}

void scan_found_deinit(struct scan_found *all)
{
    mem_free(all->list);
    *all = (struct scan_found){0};
}
