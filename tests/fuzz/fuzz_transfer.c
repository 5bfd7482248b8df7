/* Whatever a master sends where a snapshot should be: wherever the pieces end the reader says the
 * same, gives out the same bytes, and leaves the same bytes for the stream. What comes out is
 * compared with a reader that has everything at hand.
 *
 * The first byte chooses the size of the pieces. */
#include "repl/transfer.h"

#include <stdlib.h>

enum { MAX_LEN = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
    enum transfer_event end; /* MORE: the bytes were not enough */
    struct buf payload;
    size_t used;
};

static struct outcome run(struct str bytes, size_t piece)
{
    struct transfer_reader reader;
    struct outcome outcome = {.end = TRANSFER_MORE};
    transfer_reader_init(&reader, MAX_LEN);
    while (outcome.used < bytes.len) {
        struct str part = str_first(str_from(bytes, outcome.used), piece), payload;
        size_t had = part.len;
        do {
            outcome.end = transfer_read(&reader, &part, &payload);
            buf_append_str(&outcome.payload, payload);
        } while (outcome.end == TRANSFER_PAYLOAD);
        outcome.used += had - part.len;
        if (outcome.end != TRANSFER_MORE) break;
        if (part.len) abort();
    }
    bool counts = reader.state != TRANSFER_IN_HEAD;
    if (counts && reader.received != outcome.payload.len) abort();
    if (reader.head_len > TRANSFER_HEAD_MAX || reader.matched > TRANSFER_MARK_LEN) abort();
    return outcome;
}

/* A whole transfer by a mark, found in the plainest way. */
static void check_mark(struct str bytes, const struct outcome *outcome)
{
    while (bytes.len && bytes.ptr[0] == '\n') bytes = str_from(bytes, 1);
    ptrdiff_t head_end = str_find_char(bytes, '\n');
    if (!str_starts_with(bytes, STR("$EOF:")) || head_end < 0) return;
    struct str head = str_from(str_first(bytes, (size_t)head_end), 5);
    struct str rest = str_from(bytes, (size_t)head_end + 1);
    if (head.len && head.ptr[head.len - 1] == '\r') head.len--;
    if (head.len != TRANSFER_MARK_LEN) return;
    ptrdiff_t end = str_find(rest, head);
    if ((end >= 0) != (outcome->end == TRANSFER_END)) abort();
    struct str payload = str_first(rest, end >= 0 ? (size_t)end : outcome->payload.len);
    if (!str_eq(payload, buf_str(&outcome->payload))) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    struct str bytes = str_of((const char *)data + 1, size - 1);
    struct outcome whole = run(bytes, bytes.len + 1), pieces = run(bytes, 1 + data[0] % 64);
    if (whole.end != pieces.end || whole.used != pieces.used) abort();
    if (!str_eq(buf_str(&whole.payload), buf_str(&pieces.payload))) abort();
    check_mark(bytes, &whole);
    buf_deinit(&whole.payload);
    buf_deinit(&pieces.payload);
    return 0;
}
