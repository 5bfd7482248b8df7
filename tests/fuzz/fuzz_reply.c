/* Any bytes, cut anywhere, must be read or refused without harm, and the cuts must not change
 * the outcome.
 *
 * The first byte chooses the size of the pieces. */
#include "proto/reply_parse.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool nodes_equal(const struct reply_node *a, const struct reply_node *b)
{
    if (a->type != b->type || a->integer != b->integer || a->count != b->count) return false;
    if (!str_eq(buf_str(&a->text), buf_str(&b->text))) return false;
    if (!a->attributes != !b->attributes) return false;
    if (a->attributes && !nodes_equal(a->attributes, b->attributes)) return false;
    for (size_t i = 0; i < a->count; i++) {
        if (!nodes_equal(&a->items[i], &b->items[i])) return false;
    }
    return true;
}

static enum reply_verdict run(struct str *bytes, size_t piece, struct reply_node *node)
{
    struct reply_parser parser = {0};
    enum reply_verdict verdict = REPLY_MORE;
    while (verdict == REPLY_MORE && bytes->len > 0) {
        struct str part = str_first(*bytes, piece);
        size_t had = part.len;
        verdict = reply_parser_step(&parser, &part);
        *bytes = str_from(*bytes, had - part.len);
    }
    if (verdict == REPLY_READY) reply_parser_take(&parser, node);
    reply_parser_deinit(&parser);
    return verdict;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    struct str whole = str_of((const char *)data + 1, size - 1);
    struct str pieces = whole;
    enum reply_verdict verdict = REPLY_READY;
    while (verdict == REPLY_READY && whole.len > 0) {
        struct reply_node a = {0}, b = {0};
        verdict = run(&whole, whole.len, &a);
        if (verdict != run(&pieces, (size_t)data[0] % 16 + 1, &b)) abort();
        if (verdict == REPLY_READY && (!nodes_equal(&a, &b) || whole.len != pieces.len)) abort();
        reply_node_clear(&a);
        reply_node_clear(&b);
    }
    return 0;
}
