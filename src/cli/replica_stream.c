#include "cli/replica_stream.h"

#include "cli/clock.h"
#include "cli/format.h"
#include "cli/output.h"
#include "cli/snapshot_stream.h"
#include "cli/wire.h"

#include <errno.h>

enum { READ_SIZE = 64 * 1024, ACKNOWLEDGE_US = 1000000 };

static int acknowledge(struct cli_session *session)
{
    struct str words[] = {STR("REPLCONF"), STR("ACK"), STR("0")};
    return cli_session_send(session, (struct command_words){words, 3});
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
    output_write(buf_str(line));
    output_flush();
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

/* The next bytes of the stream, acknowledging each second: a master that was still busy with the
 * end of its snapshot overhears the first acknowledgement, and one that hears none for long
 * drops the replica. */
static int read_stream(struct cli_session *session, struct buf *bytes, int64_t *acknowledged_us)
{
    for (;;) {
        int64_t quiet_us = clock_mono_us() - *acknowledged_us;
        if (quiet_us >= ACKNOWLEDGE_US) {
            int failed = acknowledge(session);
            if (failed) return failed;
            *acknowledged_us = clock_mono_us();
            quiet_us = 0;
        }
        buf_clear(bytes);
        ssize_t got = wire_read(session->wire, buf_reserve(bytes, READ_SIZE), READ_SIZE,
                                (int)((ACKNOWLEDGE_US - quiet_us) / 1000) + 1);
        if (got == -ETIMEDOUT) continue;
        if (got <= 0) return got < 0 ? (int)got : -ECONNRESET;
        bytes->len = (size_t)got;
        return 0;
    }
}

static int print_stream(struct cli_session *session, struct buf *bytes)
{
    struct buf line = {0};
    int64_t acknowledged_us = clock_mono_us() - ACKNOWLEDGE_US;
    int failed = 0;
    while (!failed) {
        if (print_commands(&session->parser, buf_str(bytes), &line)) {
            failed = read_stream(session, bytes, &acknowledged_us);
        } else {
            fprintf(stderr, "Error: %s\n", reply_parser_error(&session->parser));
            failed = -EPROTO;
        }
    }
    buf_deinit(&line);
    return failed;
}

static int follow(struct cli_session *session, struct snapshot_stream *stream)
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
    return print_stream(session, &stream->held);
}

int replica_stream_follow(struct cli_session *session)
{
    struct snapshot_stream stream;
    fprintf(stderr, "Following the master's commands (Ctrl-C ends it)\n");
    int failed = follow(session, &stream);
    snapshot_stream_deinit(&stream);
    buf_clear(&session->why);
    buf_append_c(&session->why, "the replication stream ended");
    cli_session_close(session);
    return failed;
}
