#include "command/bitmap.h"
#include "command/bitmap_bits.h"
#include "command/lookup.h"
#include "command/string.h"

/* The part of a string that BITCOUNT and BITPOS look at, in bits. `start` and `end` as they were
 * given. */
struct scan {
    struct str bytes;
    int64_t start, end;
    bool in_bits; /* positions are those of bits, not of bytes */
    uint64_t from, to;
};

static bool parse_unit(struct call *call, int at, struct scan *scan)
{
    scan->in_bits = call_is(call, at, "BIT");
    if (scan->in_bits || call_is(call, at, "BYTE")) return true;
    call_syntax_error(call);
    return false;
}

static int64_t from_end(int64_t at, int64_t len)
{
    if (at >= 0) return at;
    return at < -len ? 0 : at + len;
}

/* Turns positions into a range of bits, which is empty when the end lies before the start. */
static void scan_limit(struct scan *scan)
{
    int64_t unit = scan->in_bits ? 1 : 8;
    int64_t len = (int64_t)scan->bytes.len * (8 / unit);
    int64_t start = from_end(scan->start, len), end = from_end(scan->end, len);
    if (end >= len) end = len - 1;
    scan->from = scan->to = 0;
    if (start > end) return;
    scan->from = (uint64_t)(start * unit);
    scan->to = (uint64_t)((end + 1) * unit);
}

/* False when the answer has been given. */
static bool parse_count(struct call *call, struct scan *scan)
{
    if (call->argc == 2) return true;
    if (call->argc < 4 || call->argc > 5) {
        call_syntax_error(call);
        return false;
    }
    if (!call_i64(call, 2, &scan->start) || !call_i64(call, 3, &scan->end)) return false;
    if (scan->start < 0 && scan->end < 0 && scan->start > scan->end) {
        reply_i64(call->reply, 0);
        return false;
    }
    return call->argc == 4 || parse_unit(call, 4, scan);
}

void bitmap_bitcount(struct call *call)
{
    bool failed = false;
    struct entry *entry = lookup_type(call, call_arg(call, 1), LOOKUP_READ, TYPE_STRING, &failed);
    if (failed) return;
    if (!entry) {
        reply_i64(call->reply, 0);
        return;
    }
    struct string_view view;
    string_view(&view, entry);
    struct scan scan = {.bytes = view.bytes, .end = -1};
    if (!parse_count(call, &scan)) return;
    scan_limit(&scan);
    reply_i64(call->reply, (int64_t)bits_count(scan.bytes, scan.from, scan.to));
}

static bool parse_position(struct call *call, struct scan *scan)
{
    if (call->argc > 6) {
        call_syntax_error(call);
        return false;
    }
    if (call->argc > 3 && !call_i64(call, 3, &scan->start)) return false;
    if (call->argc > 5 && !parse_unit(call, 5, scan)) return false;
    return call->argc <= 4 || call_i64(call, 4, &scan->end);
}

/* The string counts as followed by zeroes without end, unless the caller said where to stop. */
static int64_t find_position(const struct scan *scan, bool on, bool end_given)
{
    if (scan->from == scan->to) return -1;
    uint64_t found = bits_find(scan->bytes, scan->from, scan->to, on);
    if (found < scan->to) return (int64_t)found;
    return on || end_given ? -1 : (int64_t)scan->to;
}

void bitmap_bitpos(struct call *call)
{
    bool failed = false;
    int64_t bit;
    if (!call_i64(call, 2, &bit)) return;
    if (bit != 0 && bit != 1) {
        reply_error(call->reply, "ERR The bit argument must be 1 or 0.");
        return;
    }
    struct entry *entry = lookup_type(call, call_arg(call, 1), LOOKUP_READ, TYPE_STRING, &failed);
    if (failed) return;
    if (!entry) {
        reply_i64(call->reply, bit ? -1 : 0);
        return;
    }
    struct string_view view;
    string_view(&view, entry);
    struct scan scan = {.bytes = view.bytes, .end = -1};
    if (!parse_position(call, &scan)) return;
    scan_limit(&scan);
    reply_i64(call->reply, find_position(&scan, bit, call->argc > 4));
}
