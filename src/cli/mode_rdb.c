#include "cli/modes.h"

#include "cli/clock.h"
#include "cli/replica_stream.h"
#include "cli/snapshot_stream.h"
#include "cli/wire.h"

#include <stdlib.h>
#include <unistd.h>

/* Progress on a terminal, a few times per second. */
struct progress {
    bool is_shown;
    int64_t start_us, shown_us;
};

static void show_progress(struct progress *progress, const struct snapshot_stream *stream)
{
    int64_t now_us = clock_mono_us();
    if (!progress->is_shown || now_us - progress->shown_us < 200000) return;
    progress->shown_us = now_us;
    double mib = (double)stream->done_bytes / 1048576;
    fprintf(stderr, "\r%.1f MiB", mib);
    if (stream->total_bytes)
        fprintf(stderr, " (%.1f%%)",
                100.0 * (double)stream->done_bytes / (double)stream->total_bytes);
    fprintf(stderr, ", %.1f MiB/s   ", mib / clock_seconds_since(progress->start_us));
}

static bool write_piece(FILE *file, struct buf *piece)
{
    bool ok = fwrite(piece->ptr, 1, piece->len, file) == piece->len;
    buf_clear(piece);
    return ok;
}

static int copy(struct snapshot_stream *stream, FILE *file)
{
    struct progress progress = {isatty(STDERR_FILENO), clock_mono_us(), clock_mono_us()};
    struct buf piece = {0};
    int more;
    while ((more = snapshot_stream_next(stream, &piece)) > 0) {
        if (piece.len > 0 && !write_piece(file, &piece)) {
            buf_printf(&stream->why, "writing failed: %m");
            more = -1;
            break;
        }
        show_progress(&progress, stream);
    }
    buf_deinit(&piece);
    if (progress.is_shown) fputs("\r\x1b[K", stderr);
    if (more == 0 && (fflush(file) != 0 || (file != stdout && fsync(fileno(file)) < 0))) {
        buf_printf(&stream->why, "writing failed: %m");
        return -1;
    }
    return more;
}

/* The raw line that old and new masters understand alike. */
static int send_sync(struct cli_session *session)
{
    return wire_write(session->wire, STR("SYNC\r\n"));
}

/* A master that cannot leave the data out would send all of it, so that refusal is fatal. */
static bool ask_for_snapshot(struct cli_session *session, bool functions_only)
{
    int result = snapshot_stream_configure(session, "capa", "eof");
    if (result >= 0) result = snapshot_stream_configure(session, "rdb-only", "1");
    if (result >= 0 && functions_only) {
        result = snapshot_stream_configure(session, "rdb-filter-only", "functions");
        if (result > 0) {
            fputs("The server cannot send function libraries alone.\n", stderr);
            return false;
        }
    }
    if (result >= 0) result = send_sync(session);
    if (result < 0) fprintf(stderr, "The connection was lost: %s\n", buf_c(&session->why));
    return result >= 0;
}

static int receive(struct snapshot_stream *stream, const char *path)
{
    if (stream->is_marked)
        fprintf(stderr, "Receiving the snapshot, its size is not known beforehand, into '%s'\n",
                path);
    else
        fprintf(stderr, "Receiving the snapshot, %llu bytes, into '%s'\n",
                (unsigned long long)stream->total_bytes, path);
    bool is_stdout = strcmp(path, "-") == 0;
    FILE *file = is_stdout ? stdout : fopen(path, "w");
    if (!file) {
        fprintf(stderr, "'%s' cannot be written: %m\n", path);
        return 1;
    }
    int failed = copy(stream, file);
    if (!is_stdout && fclose(file) != 0 && !failed) failed = -1;
    if (failed)
        fprintf(stderr, "The snapshot is incomplete after %llu bytes: %s\n",
                (unsigned long long)stream->done_bytes, buf_c(&stream->why));
    else
        fprintf(stderr, "Transfer finished with success after %llu bytes\n",
                (unsigned long long)stream->done_bytes);
    return failed ? 1 : 0;
}

static int fetch(const struct cli_options *options, bool functions_only)
{
    struct cli_session session;
    struct snapshot_stream stream = {0};
    cli_session_init(&session, options);
    cli_session_must_connect(&session);
    int status = 1;
    if (ask_for_snapshot(&session, functions_only)) {
        if (snapshot_stream_begin(&stream, &session) == 0)
            status = receive(&stream, options->rdb_file);
        else
            fprintf(stderr, "SYNC failed: %s\n", buf_c(&stream.why));
    }
    snapshot_stream_deinit(&stream);
    cli_session_deinit(&session);
    return status;
}

int mode_rdb(const struct cli_options *options)
{
    return fetch(options, false);
}

int mode_functions_rdb(const struct cli_options *options)
{
    return fetch(options, true);
}

/* An empty filter spares the master writing the data, which would be thrown away here. */
int mode_replica(const struct cli_options *options)
{
    struct cli_session session;
    cli_session_init(&session, options);
    cli_session_must_connect(&session);
    int result = snapshot_stream_configure(&session, "capa", "eof");
    if (result >= 0) result = snapshot_stream_configure(&session, "rdb-filter-only", "");
    if (result >= 0 && send_sync(&session) == 0) replica_stream_follow(&session);
    fprintf(stderr, "Error: %s\n", buf_c(&session.why));
    cli_session_deinit(&session);
    return 1;
}
