#include "command/errors.h"
#include "command/lookup.h"
#include "command/string.h"
#include "command/string_commands.h"

void string_strlen(struct call *call)
{
    bool failed = false;
    struct entry *entry = lookup_type(call, call_arg(call, 1), LOOKUP_READ, TYPE_STRING, &failed);
    if (failed) return;
    struct string_view view;
    string_view(&view, entry);
    reply_i64(call->reply, (int64_t)view.bytes.len);
}

void string_append(struct call *call)
{
    bool failed = false;
    struct str key = call_arg(call, 1), more = call_arg(call, 2);
    struct entry *entry = lookup_type(call, key, LOOKUP_WRITE, TYPE_STRING, &failed);
    if (failed) return;
    struct string_view view;
    string_view(&view, entry);
    size_t len = view.bytes.len;
    if (!entry) {
        string_put_arg(call, key, 2, NO_EXPIRY);
    } else {
        if (!string_may_grow(call, len, more.len)) return;
        char *bytes = string_writable(call, key, entry, len + more.len);
        if (more.len) memcpy(bytes + len, more.ptr, more.len);
    }
    string_changed(call, key, "append");
    reply_i64(call->reply, (int64_t)(len + more.len));
}

void string_setrange(struct call *call)
{
    bool failed = false;
    int64_t offset;
    struct str key = call_arg(call, 1), part = call_arg(call, 3);
    if (!call_i64(call, 2, &offset)) return;
    if (offset < 0) {
        reply_error(call->reply, "ERR offset is out of range");
        return;
    }
    struct entry *entry = lookup_type(call, key, LOOKUP_WRITE, TYPE_STRING, &failed);
    if (failed) return;
    struct string_view view;
    string_view(&view, entry);
    size_t len = view.bytes.len;
    if (part.len == 0) {
        reply_i64(call->reply, (int64_t)len);
        return;
    }
    if (!string_may_grow(call, (uint64_t)offset, part.len)) return;
    size_t end = (size_t)offset + part.len;
    if (end > len) len = end;
    memcpy(string_writable(call, key, entry, len) + offset, part.ptr, part.len);
    string_changed(call, key, "setrange");
    reply_i64(call->reply, (int64_t)len);
}

/* A position counted from the end when it is negative, and not before the start. */
static int64_t position(int64_t at, int64_t len)
{
    if (at >= 0) return at;
    return at < -len ? 0 : at + len;
}

void string_getrange(struct call *call)
{
    bool failed = false;
    int64_t start, end;
    if (!call_i64(call, 2, &start) || !call_i64(call, 3, &end)) return;
    struct entry *entry = lookup_type(call, call_arg(call, 1), LOOKUP_READ, TYPE_STRING, &failed);
    if (failed) return;
    struct string_view view;
    string_view(&view, entry);
    int64_t len = (int64_t)view.bytes.len;
    bool backwards = start < 0 && end < 0 && start > end;
    start = position(start, len);
    end = position(end, len);
    if (end >= len) end = len - 1;
    if (backwards || start > end)
        reply_bulk(call->reply, STR(""));
    else
        string_reply_range(call, entry, (size_t)start, (size_t)(end - start) + 1);
}
