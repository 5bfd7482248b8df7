/* Any bytes as the stream of a master: what no master says is never run, the journal grows by just
 * the bytes that were applied, and neither the data nor that place depends on where the pieces end.
 *
 * The first byte chooses the size of the pieces. */
#include "base/mem.h"
#include "command/families.h"
#include "link/batch.h"
#include "link/master_link.h"
#include "link/master_stream.h"
#include "server/digest.h"
#include "unit/command/harness.h"

#include <stdlib.h>

enum { BULK_MAX = 1 << 16, BACKLOG = 1 << 14 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void never(struct call *call)
{
    (void)call;
    abort();
}

/* What reaches beyond the data, as rows of the kind the server has. */
static const struct command beyond[] = {
    {.name = "config", .run = never, .arity = -2, .flags = CMD_ADMIN},
    {.name = "acl", .run = never, .arity = -2, .flags = CMD_ADMIN},
    {.name = "shutdown", .run = never, .arity = -1, .flags = CMD_ADMIN},
    {.name = "replicaof", .run = never, .arity = 3, .flags = CMD_ADMIN},
    {.name = "debug", .run = never, .arity = -2, .flags = CMD_ADMIN},
    {.name = "save", .run = never, .arity = 1, .flags = CMD_ADMIN},
    {.name = "migrate", .run = never, .arity = -6, .flags = CMD_WRITE},
    {0},
};

struct replica {
    struct harness h;
    struct journal journal;
    struct master_link link;
    const char *refusal;
    size_t fed;
};

static void replica_init(struct replica *replica)
{
    struct harness *h = &replica->h;
    struct master_link *link = &replica->link;
    harness_init(h, bitmap_commands, database_commands, dump_commands, expire_commands,
                 generic_commands, geo_commands, hash_commands, hll_commands, list_commands,
                 multi_commands, object_commands, scan_commands, set_commands, sort_commands,
                 stream_commands, string_commands, zset_commands, beyond, NULL);
    h->settings.proto_max_bulk_len = BULK_MAX;
    h->settings.is_replica = true;
    journal_init(&replica->journal, 0);
    journal_set_limits(&replica->journal, BACKLOG, BACKLOG);
    *link = (struct master_link){.executor = &h->executor, .journal = &replica->journal};
    session_init(&link->session, 0, &link->replies);
    link->session.flags |= SESSION_MASTER;
    link->session.authenticated = true;
    request_parser_init(&link->parser);
    link->batch = batch_new();
}

static void replica_deinit(struct replica *replica)
{
    struct master_link *link = &replica->link;
    session_deinit(&link->session);
    chain_deinit(&link->replies);
    request_parser_deinit(&link->parser);
    batch_free(link->batch);
    buf_deinit(&link->in);
    journal_deinit(&replica->journal);
    harness_deinit(&replica->h);
}

static void feed(struct replica *replica, struct str bytes, size_t piece)
{
    struct master_link *link = &replica->link;
    while (bytes.len && replica->refusal == NULL) {
        struct str part = str_first(bytes, piece);
        buf_append_str(&link->in, part);
        bytes = str_from(bytes, part.len);
        replica->fed += part.len;
        replica->refusal = master_stream_apply(link);
        if (replica->journal.end + (int64_t)link->in.len != (int64_t)replica->fed) abort();
        if (link->scanned > link->in.len || link->replies.len) abort();
    }
}

/* What is refused is not waited for, so pieces may stop earlier in it than the whole. */
static void compare(const struct replica *whole, const struct replica *pieces)
{
    struct digest a = {0}, b = {0};
    if ((whole->refusal == NULL) != (pieces->refusal == NULL)) abort();
    if (whole->journal.end != pieces->journal.end) abort();
    if (whole->link.session.db != pieces->link.session.db) abort();
    if (whole->link.stats.unknown != pieces->link.stats.unknown) abort();
    digest_store(&a, &whole->h.store);
    digest_store(&b, &pieces->h.store);
    if (memcmp(&a, &b, sizeof(a)) != 0) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    struct replica *replicas = mem_calloc(2 * sizeof(*replicas));
    struct str bytes = str_of((const char *)data + 1, size - 1);
    for (int i = 0; i < 2; i++) replica_init(&replicas[i]);
    feed(&replicas[0], bytes, bytes.len + 1);
    feed(&replicas[1], bytes, 1 + data[0] % 64);
    compare(&replicas[0], &replicas[1]);
    for (int i = 0; i < 2; i++) replica_deinit(&replicas[i]);
    mem_free(replicas);
    return 0;
}
