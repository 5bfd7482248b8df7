#include "base/num.h"
#include "cli/session.h"

static void on_select(struct cli_session *session, struct command_words words)
{
    int64_t db;
    if (words.count == 2 && num_parse_i64(words.list[1], &db)) session->db = (int)db;
}

static void on_multi(struct cli_session *session, struct command_words words)
{
    if (words.count != 1) return;
    session->in_transaction = true;
    session->db_outside = session->db;
}

static void on_exec(struct cli_session *session, struct command_words words)
{
    (void)words;
    session->in_transaction = false;
}

static void on_discard(struct cli_session *session, struct command_words words)
{
    (void)words;
    if (session->in_transaction) session->db = session->db_outside;
    session->in_transaction = false;
}

static void on_reset(struct cli_session *session, struct command_words words)
{
    (void)words;
    session->in_transaction = false;
    session->db = 0;
}

static const struct {
    const char *name;
    bool also_on_error; /* the server ends the transaction all the same */
    void (*apply)(struct cli_session *session, struct command_words words);
} EFFECTS[] = {
    {"select", false, on_select},   {"multi", false, on_multi}, {"exec", true, on_exec},
    {"discard", false, on_discard}, {"reset", false, on_reset},
};

void cli_session_track(struct cli_session *session, struct command_words words,
                       const struct reply_node *reply)
{
    for (size_t i = 0; words.count > 0 && i < sizeof(EFFECTS) / sizeof(*EFFECTS); i++) {
        if (!str_is(words.list[0], EFFECTS[i].name)) continue;
        if (reply->type == REPLY_ERROR && !EFFECTS[i].also_on_error) return;
        EFFECTS[i].apply(session, words);
        return;
    }
}
