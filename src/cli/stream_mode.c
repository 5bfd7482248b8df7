#include "cli/stream_mode.h"

#include "cli/replica_stream.h"

static int follow_replies(struct runner *runner)
{
    for (bool is_first = true;; is_first = false) {
        struct reply_node reply;
        int failed = cli_session_receive(&runner->session, &reply);
        if (failed) return failed;
        runner_print(runner, &reply, false);
        bool is_refused = is_first && reply.type == REPLY_ERROR;
        reply_node_clear(&reply);
        if (is_refused) return 0;
    }
}

/* Messages are what the user waits for, so they are printed whatever was said about pushes. */
static int follow_subscription(struct runner *runner)
{
    if (runner->format.output != OUTPUT_RAW) printf("Reading messages... (press Ctrl-C to quit)\n");
    runner->session.on_push = NULL;
    return follow_replies(runner);
}

static int follow_replication(struct runner *runner)
{
    return replica_stream_follow(&runner->session);
}

static const struct stream_mode STREAM_MODES[] = {
    {"monitor", follow_replies},         {"subscribe", follow_subscription},
    {"psubscribe", follow_subscription}, {"ssubscribe", follow_subscription},
    {"sync", follow_replication},        {"psync", follow_replication},
};

const struct stream_mode *stream_mode_find(struct command_words words)
{
    for (size_t i = 0; words.count > 0 && i < sizeof(STREAM_MODES) / sizeof(*STREAM_MODES); i++) {
        if (str_is(words.list[0], STREAM_MODES[i].command)) return &STREAM_MODES[i];
    }
    return NULL;
}
