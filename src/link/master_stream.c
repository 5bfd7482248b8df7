#include "link/master_stream.h"

#include "base/assert.h"
#include "link/master_link.h"
#include "repl/replconf.h"
#include "repl/resync.h"
#include "repl/stream_rules.h"

/* A master's own limits hold for what it sends: a value, and a request of its largest. */
static const struct request_limits limits = {
    .args_max = INT32_MAX, .bulk_max = (int64_t)UINT32_MAX - 1, .authenticated = true};

/* The requests that came together, and how far they have been done. */
struct applying {
    struct master_link *link;
    struct request_batch *batch;
    struct batch_part part;
    size_t base;    /* where in link->in the batch begins */
    size_t applied; /* bytes of link->in that are done */
    size_t loud;    /* of these, up to the last that is no mere sign of life; 0: none */
    size_t multi; /* the request of the batch that began the unit; BATCH_MAX: an earlier one did */
    enum stream_verdict verdicts[BATCH_MAX];
    bool is_passed_on;
};

/* Most requests have the command of the one before. */
static enum stream_verdict judge(struct master_link *link, const struct request_view *view)
{
    if (view->argc == 0) return STREAM_LIFE;
    if (view->ref == NULL) return STREAM_UNKNOWN;
    if (view->ref == link->judged) return link->judgement;
    const struct command *command = view->ref->command;
    /* A renamed command is sent under the name it has at the master. */
    const struct command *outer = view->ref->container ? view->ref->container : command;
    link->judged = view->ref;
    link->judgement = stream_judge(str_from_c(outer->name), (command->flags & CMD_WRITE) != 0);
    return link->judgement;
}

static void answer_control(struct master_link *link, const struct request_view *view)
{
    struct replconf said;
    struct buf error = {0};
    replconf_parse(view->argv, (size_t)view->argc, &said, &error);
    if (said.kind == REPLCONF_GETACK) link->owes_ack = true;
    buf_deinit(&error);
}

/* What our master did without an error should be none here: our data are not its data. */
static void look_at_reply(struct master_link *link, const struct request_view *view)
{
    struct iovec first;
    if (link->hooks.failed == NULL || chain_pieces(&link->replies, &first, 1) == 0) return;
    struct str reply = str_of(first.iov_base, first.iov_len);
    if (reply.len == 0 || *reply.ptr != '-') return;
    ptrdiff_t end = str_find_char(reply, '\r');
    struct str error = str_from(end < 0 ? reply : str_first(reply, (size_t)end), 1);
    link->hooks.failed(link->hooks.owner, error, view->argv[0]);
}

/* A master sends what it has done, so what fails here finds other data than it had there. Scripts
 * of masters before 7.0 are sent before they are run, and fail in both places. */
static bool execute_request(struct master_link *link, struct request_view *view, bool is_script)
{
    const struct reply *reply = &link->session.reply;
    uint64_t errors = reply->errors;
    execute(link->executor, &link->session, view, ORIGIN_MASTER);
    if (link->replies.len) look_at_reply(link, view);
    chain_deinit(&link->replies);
    return reply->errors == errors || is_script;
}

/* False when it cannot be done. */
static bool run(struct master_link *link, struct request_view *view, enum stream_verdict verdict)
{
    switch (verdict) {
    case STREAM_LIFE:
    case STREAM_FORBIDDEN:
        return true;
    case STREAM_CONTROL:
        answer_control(link, view);
        return true;
    case STREAM_UNKNOWN:
        link->stats.unknown++;
        return false;
    case STREAM_DATA:
    case STREAM_FRAME:
    case STREAM_MESSAGE:
    case STREAM_SCRIPT:
        break;
    }
    return execute_request(link, view, verdict == STREAM_SCRIPT);
}

static struct batch_part parse(struct master_link *link, struct request_batch *batch,
                               struct request_parser *parser, struct str bytes)
{
    struct executor *executor = link->executor;
    batch_clear(batch);
    struct batch_part part = batch_parse(batch, parser, bytes, &limits);
    batch_prepare(batch, executor->registry, &executor->host->store->dbs[link->session.db]);
    return part;
}

/* --- units --- */

static bool is_word(const struct request_view *view, enum stream_verdict verdict, const char *word)
{
    return verdict == STREAM_FRAME && view->argc > 0 && str_is(view->argv[0], word);
}

static bool run_in_unit(struct master_link *link, struct request_view *view,
                        enum stream_verdict verdict)
{
    if (is_word(view, verdict, "multi") || is_word(view, verdict, "exec")) return true;
    return run(link, view, verdict);
}

/* Runs the requests of a unit that is whole, which came in several batches: they are read again. */
static bool run_unit(struct master_link *link, struct str bytes)
{
    struct request_batch *batch = batch_new();
    struct request_parser parser;
    request_parser_init(&parser);
    bool is_done = true;
    while (is_done && bytes.len) {
        struct batch_part part = parse(link, batch, &parser, bytes);
        ASSERT(batch->count);
        for (size_t i = 0; is_done && i < batch->count; i++) {
            is_done = run_in_unit(link, &batch->views[i], judge(link, &batch->views[i]));
        }
        bytes = str_from(bytes, part.bytes);
    }
    request_parser_deinit(&parser);
    batch_free(batch);
    return is_done;
}

/* Its EXEC is request `end` of the batch. */
static bool finish_unit(struct applying *applying, size_t end)
{
    struct master_link *link = applying->link;
    bool is_done = true;
    link->is_in_unit = false;
    if (applying->multi == BATCH_MAX) {
        struct str unit = str_first(buf_str(&link->in), link->scanned);
        is_done = run_unit(link, str_from(unit, applying->applied));
    } else {
        for (size_t i = applying->multi + 1; is_done && i < end; i++) {
            is_done = run_in_unit(link, &applying->batch->views[i], applying->verdicts[i]);
        }
    }
    if (is_done) applying->applied = link->scanned;
    return is_done;
}

/* --- one request after the other --- */

enum step { STEP_DONE, STEP_MORE, STEP_REFUSED, STEP_FAILED };

static enum step take_request(struct applying *applying, size_t i)
{
    struct master_link *link = applying->link;
    struct request_batch *batch = applying->batch;
    struct request_view *view = &batch->views[i];
    enum stream_verdict verdict = applying->verdicts[i];
    if (verdict == STREAM_FORBIDDEN) return STEP_REFUSED;
    bool is_last = i + 1 == batch->count;
    link->scanned = applying->base + (is_last ? applying->part.bytes : batch->starts[i + 1]);
    if (link->is_in_unit) {
        if (is_word(view, verdict, "exec") && !finish_unit(applying, i)) return STEP_FAILED;
    } else if (is_word(view, verdict, "multi")) {
        link->is_in_unit = true;
        applying->multi = i;
    } else {
        if (!run(link, view, verdict)) return STEP_FAILED;
        applying->applied = link->scanned;
    }
    bool is_life = verdict == STREAM_LIFE || verdict == STREAM_CONTROL;
    if (!is_life && !link->is_in_unit) applying->loud = applying->applied;
    return STEP_DONE;
}

static bool may_pass_on(const struct applying *applying, size_t i)
{
    const struct request_view *view = &applying->batch->views[i];
    enum stream_verdict verdict = applying->verdicts[i];
    if (verdict == STREAM_FORBIDDEN || verdict == STREAM_UNKNOWN) return false;
    return !is_word(view, verdict, "multi") && !is_word(view, verdict, "exec");
}

/* Those who follow us need not wait until it is done here. Only when this is all there is: else
 * they get it together with the rest, at the end of the turn. */
static void pass_on(struct applying *applying)
{
    struct master_link *link = applying->link;
    const struct request_batch *batch = applying->batch;
    bool is_all = applying->part.verdict == REQUEST_INCOMPLETE && applying->base == 0;
    if (!is_all || link->is_in_unit || link->hooks.pass_on == NULL) return;
    size_t i = 0;
    while (i < batch->count && may_pass_on(applying, i)) i++;
    size_t bytes = i == batch->count ? applying->part.bytes : batch->starts[i];
    if (bytes == 0) return;
    link->hooks.pass_on(link->hooks.owner, str_first(buf_str(&link->in), bytes));
    applying->is_passed_on = true;
}

static enum step take_batch(struct applying *applying)
{
    struct master_link *link = applying->link;
    struct str bytes = str_from(buf_str(&link->in), link->scanned);
    applying->part = parse(link, applying->batch, &link->parser, bytes);
    applying->base = link->scanned;
    applying->multi = BATCH_MAX;
    for (size_t i = 0; i < applying->batch->count; i++) {
        applying->verdicts[i] = judge(link, &applying->batch->views[i]);
    }
    pass_on(applying);
    for (size_t i = 0; i < applying->batch->count; i++) {
        enum step step = take_request(applying, i);
        if (step != STEP_DONE) return step;
    }
    if (applying->part.verdict == REQUEST_INVALID) return STEP_REFUSED;
    return applying->part.verdict == REQUEST_INCOMPLETE ? STEP_MORE : STEP_DONE;
}

static void note_quiet(const struct applying *applying)
{
    struct master_link *link = applying->link;
    int64_t end = link->journal->end;
    if (applying->loud) link->quiet = end - (int64_t)(applying->applied - applying->loud);
    if (end - link->quiet > RESYNC_QUIET_MAX) link->quiet = end;
}

const char *master_stream_apply(struct master_link *link)
{
    struct host *host = link->executor->host;
    struct applying applying = {.link = link, .batch = link->batch};
    bool wanted = host->effects_wanted;
    enum step step;
    /* What it did is in the bytes themselves. */
    host->effects_wanted = false;
    do step = take_batch(&applying);
    while (step == STEP_DONE);
    host->effects_wanted = wanted;
    journal_append(link->journal, str_first(buf_str(&link->in), applying.applied));
    if (applying.is_passed_on) link->hooks.passed_on(link->hooks.owner);
    note_quiet(&applying);
    journal_note_db(link->journal, link->session.db);
    buf_consume(&link->in, applying.applied);
    link->scanned -= applying.applied;
    if (step == STEP_MORE) return NULL;
    link->stats.forbidden += step == STEP_REFUSED;
    link->stats.failed += step == STEP_FAILED;
    return step == STEP_FAILED ? "a command of it fails on our data"
                               : "it holds what no master sends";
}

void master_stream_reset(struct master_link *link)
{
    request_parser_deinit(&link->parser);
    request_parser_init(&link->parser);
    link->scanned = 0;
    link->is_in_unit = false;
    link->owes_ack = false;
}
