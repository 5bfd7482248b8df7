/* The bytes of a snapshot that a master sends after SYNC or PSYNC.
 *
 * They come with their length, or between marks of 40 bytes when the length was not known
 * beforehand. A master says nothing behind a mark until the replica has acknowledged, so a mark
 * ends exactly at the end of a read. */
#ifndef SKEIN_CLI_SNAPSHOT_STREAM_H
#define SKEIN_CLI_SNAPSHOT_STREAM_H

#include "cli/session.h"

enum { SNAPSHOT_MARK_LEN = 40 };

struct snapshot_stream {
    struct cli_session *session;
    struct buf held; /* read from the server and not handed out */
    bool is_marked;
    char mark[SNAPSHOT_MARK_LEN];
    uint64_t total_bytes, done_bytes; /* total: 0 when it is not known */
    bool is_done;
    bool is_continued; /* PSYNC was answered with the stream itself, no snapshot */
    struct buf why;
};

/* REPLCONF with one option, told on stderr. Returns 0, 1 when the server refused (which is told
 * too) or -errno. */
int snapshot_stream_configure(struct cli_session *session, const char *option, const char *value);
/* Waits for the announcement; SYNC or PSYNC has been sent. 0 or -errno with `why`. */
int snapshot_stream_begin(struct snapshot_stream *stream, struct cli_session *session);
/* Appends the next bytes to `out`; 1 while there are more, 0 at the end, or -errno. What was
 * read behind the snapshot stays in `held`. */
int snapshot_stream_next(struct snapshot_stream *stream, struct buf *out);
void snapshot_stream_deinit(struct snapshot_stream *stream);

#endif
