#include "cli/replica_stream.h"

#include "cli/format.h"
#include "cli/snapshot_stream.h"
#include "cli/transport.h"

#include <errno.h>

enum { READ_SIZE = 64 * 1024 };

static int acknowledge(struct session *session)
{
    struct str words[] = {STR("REPLCONF"), STR("ACK"), STR("0")};
    return session_send(session, (struct command_words){words, 3});
}

static int skip_snapshot(struct snapshot_stream *stream)
{
    struct buf dropped = {0};
    int more;
    do {
        buf_clear(&dropped);
        more = snapshot_stream_next(stream, &dropped);
    } while (more > 0);
    buf_deinit(&dropped);
    return more;
}

static void print_command(const struct reply_node *command, struct buf *line)
{
    format_csv(line, command);
    buf_append_char(line, '\n');
    fwrite(line->ptr, 1, line->len, stdout);
    fflush(stdout);
    buf_clear(line);
}

/* Prints all whole commands; newlines between them only keep the connection alive. */
static bool print_commands(struct reply_parser *parser, struct str bytes, struct buf *line)
{
    while (bytes.len > 0) {
        if (*bytes.ptr == '\n' && reply_parser_is_idle(parser)) {
            bytes = str_from(bytes, 1);
            continue;
        }
        enum reply_verdict verdict = reply_parser_step(parser, &bytes);
        if (verdict == REPLY_BAD) return false;
        if (verdict == REPLY_MORE) return true;
        struct reply_node command;
        reply_parser_take(parser, &command);
        print_command(&command, line);
        reply_node_clear(&command);
    }
    return true;
}

static int print_stream(struct session *session, struct buf *bytes)
{
    struct buf line = {0};
    int failed = 0;
    while (!failed) {
        if (!print_commands(&session->parser, buf_str(bytes), &line)) {
            fprintf(stderr, "Error: %s\n", reply_parser_error(&session->parser));
            failed = -EPROTO;
            break;
        }
        buf_clear(bytes);
        ssize_t got =
            cli_transport_read(session->transport, buf_reserve(bytes, READ_SIZE), READ_SIZE, -1);
        if (got > 0)
            bytes->len = (size_t)got;
        else
            failed = got < 0 ? (int)got : -ECONNRESET;
    }
    buf_deinit(&line);
    return failed;
}

static int follow(struct session *session, struct snapshot_stream *stream)
{
    int failed = snapshot_stream_begin(stream, session);
    if (failed == 0 && !stream->is_continued) {
        if (stream->is_marked)
            fprintf(stderr,
                    "SYNC with master, discarding bytes of bulk transfer until EOF marker...\n");
        else
            fprintf(stderr, "SYNC with master, discarding %llu bytes of bulk transfer...\n",
                    (unsigned long long)stream->total_bytes);
        failed = skip_snapshot(stream);
        if (failed == 0) fprintf(stderr, "SYNC done. Logging commands from master.\n");
    }
    if (failed < 0) {
        fprintf(stderr, "The snapshot did not arrive: %s\n", buf_c(&stream->why));
        return failed;
    }
    failed = acknowledge(session);
    return failed ? failed : print_stream(session, &stream->held);
}

int replica_stream_follow(struct session *session)
{
    struct snapshot_stream stream;
    fprintf(stderr, "Following the master's commands (Ctrl-C ends it)\n");
    int failed = follow(session, &stream);
    snapshot_stream_deinit(&stream);
    buf_clear(&session->why);
    buf_append_c(&session->why, "the replication stream ended");
    session_close(session);
    return failed;
}
