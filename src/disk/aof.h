/* The append-only file of one server: which files there are, the open increment, syncing, and the
 * change to a new base.
 *
 *     OFF --aof_start--> STARTING --(the first base is listed)--> ON
 *     OFF --aof_resume (its files were loaded)--> ON
 *     any --aof_stop--> OFF
 *
 * A rewrite goes through steps, of which only the switch touches what clients wait for:
 *
 *     IDLE --aof_rewrite--> OPENING (worker: a new increment is made and listed)
 *          --> SWITCHING (between two units: the old increment is complete, the new one begins, the
 *              data is frozen) --> SAVING (worker: the base) --aof_base_done--> LISTING (worker:
 * the
 *              manifest names the new base) --> CLEANING (worker: what is history now is deleted)
 * --> IDLE
 *
 * When a sync fails nobody knows what the disk has: the file is suspect, nothing counts as safe,
 * until a new base and a new increment are listed in place of everything. The same happens for the
 * first base. Nothing here waits for the disk but aof_finish. */
#ifndef SKEIN_DISK_AOF_H
#define SKEIN_DISK_AOF_H

#include "disk/aof_writer.h"
#include "io/worker.h"
#include "journal/manifest.h"

enum aof_phase { AOF_OFF, AOF_STARTING, AOF_ON };
enum aof_sync { AOF_SYNC_NO, AOF_SYNC_ALWAYS, AOF_SYNC_EVERYSEC };
enum aof_step {
    AOF_STEP_IDLE,
    AOF_STEP_OPENING,
    AOF_STEP_SWITCHING,
    AOF_STEP_SAVING,
    AOF_STEP_LISTING,
    AOF_STEP_CLEANING
};

/* What happened, for the log. */
enum aof_event {
    AOF_WRITE_FAILED,
    AOF_WRITE_RECOVERED,
    AOF_SYNC_FAILED,
    AOF_SYNC_STALLED,
    AOF_SYNC_CAUGHT_UP,
    AOF_REWRITE_FAILED,
    AOF_REWRITE_DONE,
    AOF_REMOVE_FAILED,
    AOF_STARTED,
};

struct aof_settings {
    enum aof_sync sync;
    bool pauses_sync;     /* no-appendfsync-on-rewrite: not while a base is written */
    bool has_times;       /* time lines */
    bool keeps_all;       /* history is never deleted */
    bool base_is_rdb;     /* else it is requests */
    int64_t retain_bytes; /* history increments are kept up to so many bytes ... */
    int64_t retain_s;     /* ... and so long */
};

struct aof_hooks {
    void *owner;
    /* The data of this moment is to be written to `path`; then aof_base_done is called, on the
     * data thread and not from inside this hook. */
    void (*begin_base)(void *owner, const char *path);
    void (*cancel_base)(void *owner);
    /* aof_safe_offset or aof_accepts changed. */
    void (*on_change)(void *owner);
    void (*on_event)(void *owner, enum aof_event event, int error);
};

struct aof_syncs;

struct aof_rewrite {
    enum aof_step step;
    bool replaces_all; /* nothing of the old files counts any more */
    int fd;            /* of the new increment, until the switch; -1: none */
    uint64_t number;
    char *increment, *base; /* names */
    int64_t increment_seq, base_seq;
    int64_t base_offset; /* where in the stream the new base is */
    struct repl_id base_id;
    int64_t base_bytes;
    int64_t began_us;
};

struct aof {
    char *directory, *prefix;
    const struct lineage *lineage; /* borrowed */
    struct journal *journal;
    struct worker_pool *pool;
    size_t sync_lane, slow_lane;
    struct aof_settings settings;
    struct aof_hooks hooks;

    enum aof_phase phase;
    bool is_promised;         /* it was ON: replies wait also while everything is written anew */
    struct manifest manifest; /* as on disk */
    struct aof_writer writer;
    int64_t open_seq; /* of its file */
    char *unlisted;   /* name of the open increment while no manifest lists it; NULL: listed */
    /* Of a rewrite that was given up while a worker made or listed its files: these numbers may be
     * in the manifest yet, and are not given again. */
    int64_t spent_increment_seq, spent_base_seq;
    struct aof_rewrite rewrite;

    int64_t now_us, wall_s;
    int64_t synced; /* the disk has the stream up to here */
    int64_t safe;   /* as of the last moment at which the files could be trusted */
    int64_t wanted; /* somebody waits until the disk has this */
    struct aof_syncs *syncing;
    int64_t sync_began_us, last_sync_us;
    int write_error, sync_error;  /* negative errno, 0: none */
    uint64_t generation, suspect; /* of the open increment; of the one whose sync failed */
    uint64_t forgotten;           /* up to this one they had another history */
    bool is_stalled;
    int64_t retry_us; /* when a failed write is tried again */

    int64_t listed_bytes, base_bytes; /* of the closed files; of all when the base was made */
    int64_t last_rewrite_us, next_rewrite_us;
    uint64_t rewrites, failures; /* in a row */
    uint64_t delayed_syncs;
    size_t tasks; /* with the workers */
    bool is_read; /* somebody reads increments: none is removed */
};

struct aof_order {
    const char *directory, *prefix; /* copied */
    const struct lineage *lineage;
    struct journal *journal;
    struct worker_pool *pool;
    size_t sync_lane, slow_lane;
    struct aof_hooks hooks;
};

void aof_init(struct aof *aof, const struct aof_order *order);
/* After aof_finish or aof_stop, when the workers are idle and their ends were delivered. */
void aof_deinit(struct aof *aof);

/* What the clocks say; before anything else that may depend on it. */
static inline void aof_set_time(struct aof *aof, int64_t now_us, int64_t wall_s)
{
    aof->now_us = now_us;
    aof->wall_s = wall_s;
}

/* Goes on behind files that were loaded: takes the manifest; `size` is that of the last increment,
 * or -1 when there is none. Returns 0 or a negative errno. */
int aof_resume(struct aof *aof, struct manifest *manifest, int64_t size);
/* Begins with a new base of what is in memory. `manifest` are the files that were there, taken. */
void aof_start(struct aof *aof, struct manifest *manifest);
/* Ends writing; the files stay. */
void aof_stop(struct aof *aof);
/* Everything is written and synced and the file closed when this returns 0; else nothing has
 * changed. Waits for the disk. */
int aof_finish(struct aof *aof);

/* Between two units, before replies leave: writes what the journal has. */
void aof_flush(struct aof *aof);
/* Some times a second. */
void aof_beat(struct aof *aof);

/* After settings were changed. */
void aof_update(struct aof *aof);

/* False when one goes on already. */
bool aof_rewrite(struct aof *aof);
/* The base that begin_base asked for: its bytes, or a negative errno. */
void aof_base_done(struct aof *aof, int64_t bytes, int error);
/* The whole data was replaced, and the stream with it: a new base, with everything before it
 * forgotten. Nothing is safe until it is listed. */
void aof_restart(struct aof *aof);
/* The stream goes on where it is, with another lineage. */
void aof_note_lineage(struct aof *aof);

/* Replies to writes up to here may leave: the disk has them, or, when no policy asks for that, the
 * system has. */
int64_t aof_safe_offset(const struct aof *aof);
/* The disk has the stream up to here, and after a crash it could be loaded; -1: nobody knows, or
 * there is no file that has everything. */
int64_t aof_synced_offset(const struct aof *aof);
/* Somebody waits until the disk has what is in the journal now: the next aof_flush begins a sync,
 * whatever the policy. */
void aof_want_sync(struct aof *aof);
/* False while writes must be refused. */
bool aof_accepts(const struct aof *aof);
/* Replies to writes wait for aof_safe_offset; most of the time it is there before they would
 * leave. */
static inline bool aof_holds_replies(const struct aof *aof)
{
    return aof->phase == AOF_ON || (aof->phase == AOF_STARTING && aof->is_promised);
}
static inline bool aof_is_rewriting(const struct aof *aof)
{
    return aof->rewrite.step != AOF_STEP_IDLE;
}
int64_t aof_size(const struct aof *aof);

/* Appends directory/name. */
void aof_path(const struct aof *aof, const char *name, struct buf *out);
void aof_manifest_path(const struct aof *aof, struct buf *out);

#endif
