/* Any requests, one a line: each gets exactly one reply that can be read, whatever its arguments
 * are and whatever was done before. Nothing waits: waiting is not allowed here.
 *
 * The first byte chooses RESP2 or RESP3. */
#include "base/mem.h"
#include "command/families.h"
#include "proto/reply_parse.h"
#include "unit/command/harness.h"

#include <stdio.h>
#include <stdlib.h>

enum { BULK_MAX = 1 << 16, REQUESTS_MAX = 200 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_reply(struct str reply, struct str request)
{
    struct reply_parser parser = {0};
    struct reply_node node = {0};
    if (reply_parser_step(&parser, &reply) != REPLY_READY || reply.len) {
        fprintf(stderr, "not one reply to %.*s\n", STR_ARG(request));
        abort();
    }
    reply_parser_take(&parser, &node);
    reply_node_clear(&node);
    reply_parser_deinit(&parser);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    struct harness *h = mem_calloc(sizeof(*h));
    struct str rest = str_of((const char *)data + 1, size - 1), line;
    harness_init(h, bitmap_commands, database_commands, dump_commands, expire_commands,
                 generic_commands, geo_commands, hash_commands, hll_commands, list_commands,
                 multi_commands, object_commands, scan_commands, set_commands, sort_commands,
                 stream_commands, string_commands, zset_commands, NULL);
    h->settings.proto_max_bulk_len = BULK_MAX;
    h->session.flags |= SESSION_DENY_BLOCKING;
    h->session.reply.version = data[0] % 2 ? 3 : 2;
    for (int i = 0; i < REQUESTS_MAX && str_split(&rest, '\n', &line); i++) {
        if (!words_split(&h->words, line) || h->words.count == 0) continue;
        harness_run_argv(h, h->words.list, (int)h->words.count);
        check_reply(buf_str(&h->reply), line);
        h->host.now_ms += 1;
        h->host.now_us += 1000;
    }
    harness_deinit(h);
    mem_free(h);
    return 0;
}
