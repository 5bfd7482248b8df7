#include "link/batch.h"

#include "base/mem.h"

enum { FIRST_ARGS = 256, SPARE_ARGS = 64 * 1024 };

struct request_batch *batch_new(void)
{
    struct request_batch *batch = mem_new(struct request_batch);
    batch_args(batch, FIRST_ARGS);
    return batch;
}

void batch_free(struct request_batch *batch)
{
    if (batch == NULL) return;
    mem_free(batch->args);
    mem_free(batch);
}

static void reserve_args(struct request_batch *batch, size_t extra)
{
    size_t needed = batch->args_count + extra;
    if (needed <= batch->args_capacity) return;
    batch->args_capacity = needed * 2;
    batch->args = mem_realloc(batch->args, batch->args_capacity * sizeof(struct str));
}

struct str *batch_args(struct request_batch *batch, size_t count)
{
    batch->args_count = 0;
    reserve_args(batch, count);
    return batch->args;
}

void batch_clear(struct request_batch *batch)
{
    if (batch->args_capacity > SPARE_ARGS) {
        mem_free(batch->args);
        batch->args = NULL;
        batch->args_capacity = 0;
    }
    batch->count = batch->args_count = 0;
}

static void add_request(struct request_batch *batch, struct batch_part *part,
                        struct request_parser *parser, struct str bytes)
{
    size_t argc = (size_t)parser->argc, i = batch->count++;
    reserve_args(batch, argc);
    request_args(parser, bytes, batch->args + batch->args_count);
    batch->first_args[i] = batch->args_count;
    batch->starts[i] = part->bytes;
    batch->views[i] = (struct request_view){.argc = (int)argc};
    batch->args_count += argc;
    part->bytes += request_finish(parser);
    part->end = batch->count;
}

/* The arguments of the views from this one on are where they are. */
static void point_at_args(struct request_batch *batch, size_t from)
{
    for (size_t i = from; i < batch->count; i++)
        batch->views[i].argv = batch->args + batch->first_args[i];
}

struct batch_part batch_parse(struct request_batch *batch, struct request_parser *parser,
                              struct str bytes, const struct request_limits *limits)
{
    const struct str *args = batch->args;
    struct batch_part part = {.first = batch->count, .end = batch->count, .verdict = REQUEST_READY};
    while (!batch_is_full(batch)) {
        struct str rest = str_from(bytes, part.bytes);
        part.verdict = request_parse(parser, rest, limits);
        if (part.verdict != REQUEST_READY) break;
        bool is_first = part.first == part.end;
        if (parser->is_inline && !is_first) break; /* read again when the batch has run */
        part.is_inline = parser->is_inline;
        bool is_alone = parser->is_inline || !limits->authenticated;
        add_request(batch, &part, parser, rest);
        if (is_alone) break;
    }
    point_at_args(batch, batch->args == args ? part.first : 0);
    return part;
}

void batch_prepare(struct request_batch *batch, const struct registry *registry,
                   const struct keyspace *ks)
{
    prefetch_requests(batch->views, batch->count, registry, ks);
}
