#include "cli/snapshot_stream.h"

#include "base/num.h"
#include "cli/wire.h"

#include <errno.h>

enum { READ_SIZE = 64 * 1024, LINE_MAX_LEN = 4096 };

int snapshot_stream_configure(struct cli_session *session, const char *option, const char *value)
{
    fprintf(stderr, "sending REPLCONF %s %s\n", option, value);
    struct str words[] = {STR("REPLCONF"), str_from_c(option), str_from_c(value)};
    struct reply_node reply;
    int failed = cli_session_call(session, (struct command_words){words, 3}, &reply);
    if (failed) return failed;
    bool is_refused = reply.type == REPLY_ERROR;
    if (is_refused)
        fprintf(stderr, "REPLCONF %s was refused: %.*s\n", option, STR_ARG(buf_str(&reply.text)));
    reply_node_clear(&reply);
    return is_refused;
}

static int fail(struct snapshot_stream *stream, int error, const char *why)
{
    buf_clear(&stream->why);
    buf_append_c(&stream->why, why);
    return error;
}

static int read_more(struct snapshot_stream *stream)
{
    ssize_t got =
        wire_read(stream->session->wire, buf_reserve(&stream->held, READ_SIZE), READ_SIZE, -1);
    if (got == 0) return fail(stream, -ECONNRESET, "the server closed the connection");
    if (got < 0) return fail(stream, (int)got, strerror((int)-got));
    stream->held.len += (size_t)got;
    return 0;
}

/* Reads a line, skipping the empty ones that keep the connection alive. It stays in `held` until
 * consumed. */
static int read_line(struct snapshot_stream *stream, struct str *line)
{
    for (;;) {
        size_t empty = 0;
        while (empty < stream->held.len && stream->held.ptr[empty] == '\n') empty++;
        buf_consume(&stream->held, empty);
        ptrdiff_t end = str_find_char(buf_str(&stream->held), '\n');
        if (end > 0) {
            *line = str_first(buf_str(&stream->held), (size_t)end);
            if (line->ptr[line->len - 1] == '\r') line->len--;
            return 0;
        }
        if (stream->held.len > LINE_MAX_LEN)
            return fail(stream, -EPROTO, "the server sent something else than a snapshot");
        int failed = read_more(stream);
        if (failed) return failed;
    }
}

static void drop_line(struct snapshot_stream *stream)
{
    buf_consume(&stream->held, (size_t)str_find_char(buf_str(&stream->held), '\n') + 1);
}

static int read_announcement(struct snapshot_stream *stream, struct str line)
{
    uint64_t len;
    if (line.ptr[0] == '-') {
        buf_clear(&stream->why);
        buf_append_str(&stream->why, str_from(line, 1));
        return -EACCES;
    }
    if (str_starts_with(line, STR("$EOF:")) && line.len == 5 + SNAPSHOT_MARK_LEN) {
        stream->is_marked = true;
        memcpy(stream->mark, line.ptr + 5, SNAPSHOT_MARK_LEN);
        return 0;
    }
    if (line.ptr[0] != '$' || !num_parse_u64(str_from(line, 1), &len))
        return fail(stream, -EPROTO, "the server sent something else than a snapshot");
    stream->total_bytes = len;
    stream->is_done = len == 0;
    return 0;
}

int snapshot_stream_begin(struct snapshot_stream *stream, struct cli_session *session)
{
    *stream = (struct snapshot_stream){.session = session, .held = cli_session_take_input(session)};
    struct str line;
    int failed = read_line(stream, &line);
    if (failed) return failed;
    if (str_starts_with(line, STR("+FULLRESYNC"))) {
        drop_line(stream);
        failed = read_line(stream, &line);
        if (failed) return failed;
    } else if (str_starts_with(line, STR("+CONTINUE"))) {
        stream->is_continued = stream->is_done = true;
        drop_line(stream);
        return 0;
    }
    failed = read_announcement(stream, line);
    drop_line(stream);
    return failed;
}

static size_t hand_out(struct snapshot_stream *stream, struct buf *out, size_t len)
{
    buf_append(out, stream->held.ptr, len);
    buf_consume(&stream->held, len);
    stream->done_bytes += len;
    return len;
}

static void take_counted(struct snapshot_stream *stream, struct buf *out)
{
    uint64_t missing = stream->total_bytes - stream->done_bytes;
    hand_out(stream, out, stream->held.len < missing ? stream->held.len : (size_t)missing);
    stream->is_done = stream->done_bytes == stream->total_bytes;
}

/* The last bytes might be the mark, or its beginning, so they are always kept back. */
static void take_marked(struct snapshot_stream *stream, struct buf *out)
{
    if (stream->held.len < SNAPSHOT_MARK_LEN) return;
    size_t body = stream->held.len - SNAPSHOT_MARK_LEN;
    hand_out(stream, out, body);
    if (memcmp(stream->held.ptr, stream->mark, SNAPSHOT_MARK_LEN) != 0) return;
    buf_clear(&stream->held);
    stream->is_done = true;
}

static void take(struct snapshot_stream *stream, struct buf *out)
{
    if (stream->is_marked)
        take_marked(stream, out);
    else
        take_counted(stream, out);
}

int snapshot_stream_next(struct snapshot_stream *stream, struct buf *out)
{
    if (stream->is_done) return 0;
    uint64_t before = stream->done_bytes;
    take(stream, out);
    if (stream->is_done || stream->done_bytes > before) return 1;
    int failed = read_more(stream);
    if (failed) return failed;
    take(stream, out);
    return 1;
}

void snapshot_stream_deinit(struct snapshot_stream *stream)
{
    buf_deinit(&stream->held);
    buf_deinit(&stream->why);
}
