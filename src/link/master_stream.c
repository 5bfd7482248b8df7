#include "link/master_stream.h"

#include "base/mem.h"
#include "link/master_link.h"
#include "repl/replconf.h"
#include "repl/stream_rules.h"

/* A master's own limits hold for what it sends: a value, and a request of its largest. */
static const struct request_limits limits = {
    .args_max = INT32_MAX, .bulk_max = (int64_t)UINT32_MAX - 1, .authenticated = true};

enum { ARGS_ON_STACK = 64 };

/* One request of the stream. */
struct stream_request {
    struct request_view view;
    enum stream_verdict verdict;
    size_t len;
};

static enum stream_verdict judge(struct master_link *link, struct request_view *view)
{
    if (view->argc == 0) return STREAM_LIFE;
    view->ref = registry_find(link->executor->registry, view->argv, view->argc);
    if (view->ref == NULL) return STREAM_UNKNOWN;
    const struct command *command = view->ref->command;
    /* A renamed command is sent under the name it has at the master. */
    const struct command *outer = view->ref->container ? view->ref->container : command;
    return stream_judge(str_from_c(outer->name), (command->flags & CMD_WRITE) != 0);
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

static void run(struct master_link *link, struct stream_request *request)
{
    switch (request->verdict) {
    case STREAM_LIFE:
    case STREAM_FORBIDDEN:
        return;
    case STREAM_CONTROL:
        answer_control(link, &request->view);
        return;
    case STREAM_UNKNOWN:
        link->unknown++;
        return;
    case STREAM_DATA:
    case STREAM_FRAME:
    case STREAM_MESSAGE:
    case STREAM_SCRIPT:
        break;
    }
    execute(link->executor, &link->session, &request->view, ORIGIN_MASTER);
    if (link->replies.len) look_at_reply(link, &request->view);
    chain_deinit(&link->replies);
}

static bool is_word(const struct stream_request *request, const char *word)
{
    return request->verdict == STREAM_FRAME && request->view.argc > 0 &&
           str_is(request->view.argv[0], word);
}

/* --- one request after the other --- */

enum step { STEP_DONE, STEP_MORE, STEP_REFUSED };

/* Parses the request at `at`; `args` has room for ARGS_ON_STACK, more are allocated. */
static enum step read_request(struct master_link *link, size_t at, struct str *args,
                              struct stream_request *request)
{
    struct str bytes = str_from(buf_str(&link->in), at);
    enum request_verdict verdict = request_parse(&link->parser, bytes, &limits);
    if (verdict == REQUEST_INCOMPLETE) return STEP_MORE;
    if (verdict == REQUEST_INVALID) return STEP_REFUSED;
    size_t argc = (size_t)link->parser.argc;
    struct str *argv = argc > ARGS_ON_STACK ? mem_alloc(argc * sizeof(*argv)) : args;
    request_args(&link->parser, bytes, argv);
    *request = (struct stream_request){.view = {.argv = argv, .argc = (int)argc}};
    request->len = request_finish(&link->parser);
    request->verdict = judge(link, &request->view);
    return STEP_DONE;
}

static void free_request(const struct stream_request *request, const struct str *args)
{
    if (request->view.argv && request->view.argv != args) mem_free((void *)request->view.argv);
}

/* Runs the requests of a unit that is whole: from behind its MULTI to before its EXEC. */
static void run_unit(struct master_link *link, size_t from, size_t to)
{
    struct str args[ARGS_ON_STACK];
    struct stream_request request;
    while (from < to && read_request(link, from, args, &request) == STEP_DONE) {
        if (!is_word(&request, "multi") && !is_word(&request, "exec")) run(link, &request);
        from += request.len;
        free_request(&request, args);
    }
}

/* Takes the request at link->scanned. `*applied` moves to the end of what has been done. */
static enum step take_request(struct master_link *link, size_t *applied)
{
    struct str args[ARGS_ON_STACK];
    struct stream_request request = {0};
    enum step step = read_request(link, link->scanned, args, &request);
    if (step != STEP_DONE) return step;
    link->scanned += request.len;
    bool ends_unit = link->is_in_unit && is_word(&request, "exec");
    if (request.verdict == STREAM_FORBIDDEN) {
        step = STEP_REFUSED;
    } else if (!link->is_in_unit && is_word(&request, "multi")) {
        link->is_in_unit = true;
    } else if (!link->is_in_unit) {
        run(link, &request);
        *applied = link->scanned;
    }
    free_request(&request, args);
    if (step == STEP_DONE && ends_unit) {
        link->is_in_unit = false;
        run_unit(link, *applied, link->scanned);
        *applied = link->scanned;
    }
    return step;
}

const char *master_stream_apply(struct master_link *link)
{
    struct host *host = link->executor->host;
    bool wanted = host->effects_wanted;
    size_t applied = 0;
    enum step step;
    /* What it did is in the bytes themselves. */
    host->effects_wanted = false;
    do step = take_request(link, &applied);
    while (step == STEP_DONE);
    host->effects_wanted = wanted;
    journal_append(link->journal, str_first(buf_str(&link->in), applied));
    journal_note_db(link->journal, link->session.db);
    buf_consume(&link->in, applied);
    link->scanned -= applied;
    if (step != STEP_REFUSED) return NULL;
    link->forbidden++;
    return "it holds what no master sends";
}

void master_stream_reset(struct master_link *link)
{
    request_parser_deinit(&link->parser);
    request_parser_init(&link->parser);
    link->scanned = 0;
    link->is_in_unit = false;
    link->owes_ack = false;
}
