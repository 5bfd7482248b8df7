/* What replicas say to a master, one request a line: REPLCONF is taken or refused with a reason,
 * what it tells cannot break a line of INFO, PSYNC is decided as a model decides it, and no order
 * of acknowledgements makes a master believe in more than it has sent, or take anything back. */
#include "repl/progress.h"
#include "repl/replconf.h"
#include "repl/resync.h"

#include "base/num.h"
#include "base/words.h"

#include <stdlib.h>

enum { OUR_END = 1000, BRANCHED_AT = 400, KEPT_FROM = 300 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A master that was promoted once, and one replica of it. */
struct master {
    struct lineage lineage;
    struct progress progress;
};

static struct repl_id id_of(char digit)
{
    struct repl_id id = {0};
    memset(id.text, digit, REPL_ID_LEN);
    return id;
}

static void master_init(struct master *master)
{
    lineage_begin(&master->lineage, id_of('a'));
    lineage_advance(&master->lineage, BRANCHED_AT);
    lineage_promote(&master->lineage, id_of('b'));
    lineage_advance(&master->lineage, OUR_END - BRANCHED_AT);
    progress_init(&master->progress, 0);
}

static void announce(const struct replconf *said, const struct buf *error)
{
    if ((said->kind == REPLCONF_BAD) != (error->len > 0)) abort();
    if (error->len > 256 || said->port < 0 || said->port > 65535) abort();
    if (said->ip.len > REPLCONF_IP_MAX) abort();
    for (size_t i = 0; i < said->ip.len; i++) {
        if (strchr("\r\n ,=", said->ip.ptr[i])) abort();
    }
    if (said->has_node && strlen(said->node.text) != REPL_ID_LEN) abort();
}

static void acknowledge(struct progress *progress, const struct replconf *said)
{
    struct progress before = *progress;
    enum ack_verdict verdict = progress_ack(progress, said->ack, said->fack, 1);
    if (progress->acked > progress->sent || progress->acked < before.acked) abort();
    if (progress->fsynced > progress->acked || progress->fsynced < before.fsynced) abort();
    if (progress->sent != before.sent) abort();
    if (!ack_is_believed(verdict) && progress->acked != before.acked) abort();
    if (before.state == REPLICA_ONLINE && said->ack > before.sent && verdict != ACK_FORGED) abort();
}

static void replconf(struct master *master, const struct words *words)
{
    struct replconf said;
    struct buf error = {0};
    replconf_parse(words->list, words->count, &said, &error);
    announce(&said, &error);
    if (said.kind == REPLCONF_ACK) acknowledge(&master->progress, &said);
    buf_deinit(&error);
}

/* Whether the words are a history of ours and a place both have and we still keep. */
static bool model_continues(struct str id, struct str wanted)
{
    struct repl_id parsed, now = id_of('b'), past = id_of('a');
    int64_t first;
    if (!num_parse_i64(wanted, &first) || !repl_id_parse(id, &parsed)) return false;
    int64_t end = repl_id_eq(&parsed, &now) ? OUR_END : BRANCHED_AT;
    if (!repl_id_eq(&parsed, &now) && !repl_id_eq(&parsed, &past)) return false;
    return first > KEPT_FROM && first <= end + 1;
}

static void psync(struct master *master, const struct words *words)
{
    if (words->count < 3) return;
    struct resync_request request = resync_parse(words->list[1], words->list[2]);
    struct journal_range kept = {KEPT_FROM, OUR_END};
    enum resync_verdict verdict = resync_decide(&master->lineage, kept, &request);
    bool continues = verdict == RESYNC_CONTINUE;
    if (continues != model_continues(words->list[1], words->list[2])) abort();
    if (resync_verdict_name(verdict) == NULL) abort();
    if (master->progress.state != REPLICA_HANDSHAKE) return;
    if (continues) {
        progress_continue(&master->progress, request.offset, 1);
    } else {
        progress_queue(&master->progress, 1);
        progress_begin(&master->progress, OUR_END, 1);
        progress_ready(&master->progress, words->count % 2 == 0, 1);
    }
}

/* The stream flows on. */
static void flow(struct master *master)
{
    struct progress *progress = &master->progress;
    if (progress_may_flow(progress)) progress_sent(progress, progress->sent + 100);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct master master;
    struct words words = {0};
    struct str rest = str_of((const char *)data, size), line;
    master_init(&master);
    while (str_split(&rest, '\n', &line)) {
        if (!words_split(&words, line) || words.count == 0) continue;
        if (str_is(words.list[0], "replconf")) replconf(&master, &words);
        if (str_is(words.list[0], "psync")) psync(&master, &words);
        if (str_is(words.list[0], "flow")) flow(&master);
        if (!lineage_is_valid(&master.lineage)) abort();
    }
    words_deinit(&words);
    return 0;
}
