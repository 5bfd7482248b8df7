/* Full synchronisations: who shares a snapshot, who starts one, who waits, and how fast bytes go.
 *
 * A replica that needs a snapshot is a request. One that is to get a file may share a save to disk
 * that runs, if it can still get every byte: the file when it is complete, and the stream from the
 * save's offset, which must still be kept. A snapshot that flows to sockets cannot be joined. The
 * others wait until enough have come together or the first has waited for the delay (10 ms at
 * least), and until there is room beside those that run. */
#ifndef SKEIN_REPL_SYNC_PLAN_H
#define SKEIN_REPL_SYNC_PLAN_H

#include "base/offset.h"

#include <stddef.h>

struct sync_request {
    int64_t since_ms; /* waits since */
    bool takes_marks; /* may get a snapshot of unknown length (capa eof) */
    unsigned filter;  /* what the snapshot is to leave out */
};

enum sync_way { SYNC_TO_FILE, SYNC_TO_SOCKET };

/* A save to disk that runs. */
struct sync_save {
    int64_t offset;
    bool has_offset; /* false: it noted no place in the stream */
};

enum join_verdict {
    JOIN_YES,
    JOIN_OTHER_CONTENT,  /* something is to be left out of the snapshot */
    JOIN_STREAM_IS_GONE, /* bytes behind the save are kept no more, or it has no place */
    JOIN_VERDICTS
};

enum join_verdict sync_can_join(const struct sync_save *save, const struct sync_request *request,
                                struct journal_range kept);
const char *join_verdict_name(enum join_verdict verdict);

struct sync_settings {
    bool to_socket;      /* repl-diskless-sync */
    int64_t delay_ms;    /* repl-diskless-sync-delay */
    size_t max_replicas; /* repl-diskless-sync-max-replicas; 0: no such number */
    size_t running_max;  /* snapshots at a time */
};

/* When a snapshot is to begin for the `count` requests that wait, given how many run: now_ms or
 * earlier means at once, INT64_MAX not before something else changes. */
int64_t sync_begin_at(const struct sync_settings *settings, const struct sync_request *waiting,
                      size_t count, size_t running);
/* The way of the snapshot that begins; and whether a request takes part in it. The oldest request
 * decides about the content. */
enum sync_way sync_choose_way(const struct sync_settings *settings,
                              const struct sync_request *waiting, size_t count);
bool sync_takes_part(enum sync_way way, const struct sync_request *oldest,
                     const struct sync_request *request);

/* Seconds until all is done, at the pace so far; -1: nobody knows. */
int64_t sync_left_s(uint64_t done, uint64_t total, int64_t elapsed_ms);

/* --- bandwidth --- */

/* A cap on bytes per second, shared by all transfers; a pause is paid back for at most a tenth of a
 * second, so that the mean holds and bursts stay small. */
struct rate_cap {
    int64_t bytes_per_s; /* 0: none */
    int64_t credit;      /* bytes that may go out; negative: owed */
    int64_t at_ms;       /* as of */
};

/* How many of `wanted` bytes may go out now. */
int64_t rate_allows(struct rate_cap *cap, int64_t now_ms, int64_t wanted);
/* They went out. */
void rate_spent(struct rate_cap *cap, int64_t bytes);
/* Milliseconds until something may go out again; 0: now. */
int64_t rate_wait_ms(const struct rate_cap *cap);

#endif
