#include "base/mem.h"
#include "command/lookup.h"
#include "command/string.h"
#include "command/string_commands.h"

/* Two strings and, for each pair of beginnings of them, how long the longest sequence is that both
 * contain. */
struct lcs {
    struct str a, b;
    uint32_t *lengths; /* a.len + 1 rows of b.len + 1 */
    size_t i, j;       /* how much of a and b is still to be walked, backwards */
};

/* Bytes that both strings have at these places, next to each other. */
struct lcs_match {
    size_t a, b, len;
};

struct lcs_request {
    bool length_only, indexes, with_lengths;
    int64_t min_len;
};

static uint32_t *lcs_at(const struct lcs *lcs, size_t i, size_t j)
{
    return lcs->lengths + i * (lcs->b.len + 1) + j;
}

static uint32_t higher(uint32_t x, uint32_t y)
{
    return x > y ? x : y;
}

/* The first row and column are zero already. */
static void lcs_fill(struct lcs *lcs)
{
    for (size_t i = 1; i <= lcs->a.len; i++) {
        const uint32_t *above = lcs_at(lcs, i - 1, 0);
        uint32_t *row = lcs_at(lcs, i, 0);
        char byte = lcs->a.ptr[i - 1];
        for (size_t j = 1; j <= lcs->b.len; j++) {
            row[j] = byte == lcs->b.ptr[j - 1] ? above[j - 1] + 1 : higher(above[j], row[j - 1]);
        }
    }
}

/* Walks back from the end to the next run of equal bytes that belongs to the longest sequence. */
static bool lcs_next_match(struct lcs *lcs, struct lcs_match *match)
{
    while (lcs->i && lcs->j && lcs->a.ptr[lcs->i - 1] != lcs->b.ptr[lcs->j - 1]) {
        if (*lcs_at(lcs, lcs->i - 1, lcs->j) > *lcs_at(lcs, lcs->i, lcs->j - 1))
            lcs->i--;
        else
            lcs->j--;
    }
    size_t end = lcs->i;
    while (lcs->i && lcs->j && lcs->a.ptr[lcs->i - 1] == lcs->b.ptr[lcs->j - 1]) {
        lcs->i--;
        lcs->j--;
    }
    *match = (struct lcs_match){lcs->i, lcs->j, end - lcs->i};
    return match->len > 0;
}

static void reply_bounds(struct reply *reply, size_t start, size_t len)
{
    reply_array(reply, 2);
    reply_i64(reply, (int64_t)start);
    reply_i64(reply, (int64_t)(start + len - 1));
}

static void reply_indexes(struct call *call, struct lcs *lcs, const struct lcs_request *request)
{
    struct reply *reply = call->reply;
    uint32_t total = *lcs_at(lcs, lcs->i, lcs->j);
    struct reply_later later;
    struct lcs_match match;
    size_t count = 0;
    reply_map(reply, 2);
    reply_bulk_c(reply, "matches");
    reply_later_begin(reply, &later);
    while (lcs_next_match(lcs, &match)) {
        if ((int64_t)match.len < request->min_len) continue;
        reply_array(reply, request->with_lengths ? 3 : 2);
        reply_bounds(reply, match.a, match.len);
        reply_bounds(reply, match.b, match.len);
        if (request->with_lengths) reply_i64(reply, (int64_t)match.len);
        count++;
    }
    reply_later_array(reply, &later, count);
    reply_bulk_c(reply, "len");
    reply_i64(reply, total);
}

static void reply_sequence(struct call *call, struct lcs *lcs)
{
    struct buf sequence = {0};
    struct lcs_match match;
    size_t at = *lcs_at(lcs, lcs->i, lcs->j);
    buf_reserve(&sequence, at);
    sequence.len = at;
    while (lcs_next_match(lcs, &match)) {
        at -= match.len;
        memcpy(sequence.ptr + at, lcs->a.ptr + match.a, match.len);
    }
    reply_bulk(call->reply, buf_str(&sequence));
    buf_deinit(&sequence);
}

static bool parse_request(struct call *call, struct lcs_request *request)
{
    for (int at = 3; at < call->argc; at++) {
        if (call_is(call, at, "LEN")) {
            request->length_only = true;
        } else if (call_is(call, at, "IDX")) {
            request->indexes = true;
        } else if (call_is(call, at, "WITHMATCHLEN")) {
            request->with_lengths = true;
        } else if (call_is(call, at, "MINMATCHLEN") && at + 1 < call->argc) {
            if (!call_i64(call, ++at, &request->min_len)) return false;
        } else {
            call_syntax_error(call);
            return false;
        }
    }
    if (!request->length_only || !request->indexes) return true;
    reply_error(call->reply, "ERR If you want both the length and indexes, please just use IDX.");
    return false;
}

/* Bounds the work and the memory, both of which are the product of the lengths. */
static bool lcs_alloc(struct call *call, struct lcs *lcs)
{
    size_t bytes;
    if (lcs->a.len >= UINT32_MAX - 1 || lcs->b.len >= UINT32_MAX - 1) {
        reply_error(call->reply, "ERR String too long for LCS");
        return false;
    }
    if (__builtin_mul_overflow((lcs->a.len + 1) * sizeof(uint32_t), lcs->b.len + 1, &bytes) ||
        bytes > (uint64_t)call->host->settings->proto_max_bulk_len) {
        reply_error(call->reply, "ERR Insufficient memory, transient memory for LCS exceeds "
                                 "proto-max-bulk-len");
        return false;
    }
    lcs->lengths = mem_calloc(bytes);
    return true;
}

void string_lcs(struct call *call)
{
    struct entry *a = lookup(call, call_arg(call, 1), LOOKUP_READ);
    struct entry *b = lookup(call, call_arg(call, 2), LOOKUP_READ);
    if ((a && entry_type(a) != TYPE_STRING) || (b && entry_type(b) != TYPE_STRING)) {
        reply_error(call->reply, "ERR The specified keys must contain string values");
        return;
    }
    struct lcs_request request = {0};
    if (!parse_request(call, &request)) return;
    struct string_view view_a, view_b;
    string_view(&view_a, a);
    string_view(&view_b, b);
    struct lcs lcs = {
        .a = view_a.bytes, .b = view_b.bytes, .i = view_a.bytes.len, .j = view_b.bytes.len};
    if (!lcs_alloc(call, &lcs)) return;
    lcs_fill(&lcs);
    if (request.indexes)
        reply_indexes(call, &lcs, &request);
    else if (request.length_only)
        reply_i64(call->reply, *lcs_at(&lcs, lcs.i, lcs.j));
    else
        reply_sequence(call, &lcs);
    mem_free(lcs.lengths);
}
