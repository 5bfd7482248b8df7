/* Saves a frozen view: a worker writes it, the data thread hears of the end.
 *
 * The file is written under another name, synced, renamed, and its directory is synced: there is
 * the old file or the new one, never half of one. The same serves an open descriptor, which is
 * only written to and synced. What goes wrong is told by the step and its error; the file that was
 * begun is gone then. */
#ifndef SKEIN_DISK_SAVER_H
#define SKEIN_DISK_SAVER_H

#include "io/worker.h"
#include "snapshot/rdb_file_write.h"

enum save_verdict { SAVE_DONE, SAVE_CANCELLED, SAVE_FAILED };

struct save_result {
    enum save_verdict verdict;
    const char *step; /* "write", "sync", ... */
    int error;        /* negative errno */
    uint64_t keys, bytes;
    int64_t duration_us;
    int64_t ended_wall_ms;
};

struct save_order {
    struct frozen_store *frozen;      /* taken: released before on_end */
    struct rdb_write_options options; /* texts are copied; progress, after_key are the saver's */
    const char *path, *temp_path;     /* copied; path NULL: it goes to fd alone */
    int fd;                           /* without a path: where to write, borrowed */
    bool as_requests;                 /* RESTORE and SET instead of RDB */
    bool sync_in_steps;               /* so that the last sync finds little to do */
    int key_delay_us;                 /* a debugging aid; negative: once per so many keys */
    void (*on_end)(void *context, const struct save_result *result);
    void *context;
};

struct save;

/* The worker's lane is `lane`; on_end is called on the loop's thread, and the save is gone then. */
struct save *save_begin(struct worker_pool *pool, size_t lane, const struct save_order *order);
/* Ends it soon; on_end comes all the same. */
void save_cancel(struct save *save);
const struct rdb_progress *save_progress(const struct save *save);
int64_t save_began_us(const struct save *save); /* monotonic */

/* The same on the calling thread, which must be the data thread; on_end is not called. */
struct save_result save_now(const struct save_order *order);

#endif
