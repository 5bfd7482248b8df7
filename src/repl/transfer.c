#include "repl/transfer.h"

#include "base/num.h"

void transfer_reader_init(struct transfer_reader *reader, uint64_t max_len)
{
    *reader = (struct transfer_reader){.max_len = max_len};
}

/* --- the first line --- */

static enum transfer_event begin_by_mark(struct transfer_reader *reader, struct str mark)
{
    if (mark.len != TRANSFER_MARK_LEN) return TRANSFER_INVALID;
    memcpy(reader->mark, mark.ptr, TRANSFER_MARK_LEN);
    reader->state = TRANSFER_BY_MARK;
    return TRANSFER_PAYLOAD;
}

static enum transfer_event begin_by_len(struct transfer_reader *reader, struct str digits)
{
    uint64_t len;
    if (!num_parse_u64(digits, &len) || len == 0) return TRANSFER_INVALID;
    if (len > reader->max_len) return TRANSFER_TOO_BIG;
    reader->left = reader->total = len;
    reader->state = TRANSFER_BY_LEN;
    return TRANSFER_PAYLOAD;
}

static enum transfer_event judge_head(struct transfer_reader *reader)
{
    struct str head = {reader->head, reader->head_len};
    if (head.len && head.ptr[head.len - 1] == '\r') head.len--;
    reader->head_len = head.len;
    if (str_starts_with(head, STR("-"))) return TRANSFER_REFUSED;
    if (str_starts_with(head, STR("$EOF:"))) return begin_by_mark(reader, str_from(head, 5));
    if (str_starts_with(head, STR("$"))) return begin_by_len(reader, str_from(head, 1));
    return TRANSFER_INVALID;
}

/* PAYLOAD: the head is over. */
static enum transfer_event read_head(struct transfer_reader *reader, struct str *in)
{
    while (in->len) {
        char c = in->ptr[0];
        *in = str_from(*in, 1);
        if (c == '\n') {
            if (reader->head_len == 0) continue;
            return judge_head(reader);
        }
        if (reader->head_len == TRANSFER_HEAD_MAX) return TRANSFER_INVALID;
        reader->head[reader->head_len++] = c;
    }
    return TRANSFER_MORE;
}

/* --- the snapshot --- */

static enum transfer_event end(struct transfer_reader *reader)
{
    reader->state = TRANSFER_DONE;
    return TRANSFER_END;
}

static enum transfer_event give(struct transfer_reader *reader, struct str bytes,
                                struct str *payload)
{
    reader->received += bytes.len;
    if (reader->received > reader->max_len) return TRANSFER_TOO_BIG;
    *payload = bytes;
    return TRANSFER_PAYLOAD;
}

static enum transfer_event read_by_len(struct transfer_reader *reader, struct str *in,
                                       struct str *payload)
{
    if (reader->left == 0) return end(reader);
    if (in->len == 0) return TRANSFER_MORE;
    struct str bytes = str_first(*in, reader->left < in->len ? (size_t)reader->left : in->len);
    reader->left -= bytes.len;
    *in = str_from(*in, bytes.len);
    return give(reader, bytes, payload);
}

/* The greatest beginning of the mark that `bytes` end with, less than a whole one. */
static size_t match_tail(const char *mark, struct str bytes)
{
    size_t longest = bytes.len < TRANSFER_MARK_LEN ? bytes.len : TRANSFER_MARK_LEN - 1;
    for (size_t len = longest; len > 0; len--) {
        if (memcmp(bytes.ptr + bytes.len - len, mark, len) == 0) return len;
    }
    return 0;
}

/* What was held back as a possible mark meets the bytes that follow it. When it was none, the
 * first of the held bytes are payload: they are the mark's own, so nothing had to be kept. */
static enum transfer_event go_on_matching(struct transfer_reader *reader, struct str *in,
                                          struct str *payload)
{
    const char *mark = reader->mark;
    size_t held = reader->matched, missing = TRANSFER_MARK_LEN - held;
    struct str fresh = str_first(*in, missing);
    if (memcmp(fresh.ptr, mark + held, fresh.len) == 0) {
        *in = str_from(*in, fresh.len);
        reader->matched += fresh.len;
        return fresh.len == missing ? end(reader) : TRANSFER_MORE;
    }
    reader->matched = match_tail(mark, str_of(mark + 1, held - 1));
    return give(reader, str_of(mark, held - reader->matched), payload);
}

static enum transfer_event read_by_mark(struct transfer_reader *reader, struct str *in,
                                        struct str *payload)
{
    if (in->len == 0) return TRANSFER_MORE;
    if (reader->matched) return go_on_matching(reader, in, payload);
    ptrdiff_t found = str_find(*in, str_of(reader->mark, TRANSFER_MARK_LEN));
    if (found == 0) {
        *in = str_from(*in, TRANSFER_MARK_LEN);
        return end(reader);
    }
    struct str bytes = *in;
    if (found > 0) {
        bytes.len = (size_t)found;
        *in = str_from(*in, bytes.len);
        return give(reader, bytes, payload);
    }
    reader->matched = match_tail(reader->mark, bytes);
    bytes.len -= reader->matched;
    *in = str_from(*in, in->len);
    return bytes.len ? give(reader, bytes, payload) : TRANSFER_MORE;
}

enum transfer_event transfer_read(struct transfer_reader *reader, struct str *in,
                                  struct str *payload)
{
    *payload = (struct str){0};
    if (reader->state == TRANSFER_IN_HEAD) {
        enum transfer_event event = read_head(reader, in);
        if (event != TRANSFER_PAYLOAD) return event;
    }
    switch (reader->state) {
    case TRANSFER_BY_LEN:
        return read_by_len(reader, in, payload);
    case TRANSFER_BY_MARK:
        return read_by_mark(reader, in, payload);
    case TRANSFER_IN_HEAD:
    case TRANSFER_DONE:
        break;
    }
    return TRANSFER_END;
}

/* --- writing --- */

void transfer_write_len(struct buf *out, uint64_t len)
{
    buf_append_char(out, '$');
    buf_append_u64(out, len);
    buf_append_c(out, "\r\n");
}

void transfer_write_mark_head(struct buf *out, const char mark[TRANSFER_MARK_LEN])
{
    buf_append_c(out, "$EOF:");
    buf_append(out, mark, TRANSFER_MARK_LEN);
    buf_append_c(out, "\r\n");
}

void transfer_make_mark(const unsigned char random[20], char mark[TRANSFER_MARK_LEN])
{
    for (size_t i = 0; i < TRANSFER_MARK_LEN / 2; i++) {
        mark[2 * i] = "0123456789abcdef"[random[i] >> 4];
        mark[2 * i + 1] = "0123456789abcdef"[random[i] & 15];
    }
}
