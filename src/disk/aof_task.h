/* One thing the append-only file has a worker do: any of these steps, in this order, until one
 * fails. Tasks of one lane are done in the order they were given. */
#ifndef SKEIN_DISK_AOF_TASK_H
#define SKEIN_DISK_AOF_TASK_H

#include "base/buf.h"
#include "io/worker.h"
#include "journal/manifest.h"

struct aof;

struct aof_task {
    struct job job;
    struct aof *aof;
    int sync_fd;              /* synced; -1: none */
    bool closes;              /* and closed, whatever the sync said */
    char *create_path;        /* a file is made empty there */
    char *replace_path;       /* this file gets the contents ... */
    struct buf contents;      /* ... in one piece or not at all */
    struct buf removed;       /* paths of files to be removed, each with a NUL behind it */
    struct manifest manifest; /* what the contents say */
    uint64_t generation;      /* of the increment, or number of the rewrite, it was given for */
    /* The result. */
    int error; /* negative errno */
    bool is_synced;
    int created_fd;
    void (*on_end)(struct aof_task *task); /* on the loop's thread; the task is freed behind it */
};

struct aof_task *aof_task_new(struct aof *aof, void (*on_end)(struct aof_task *task));
void aof_task_submit(struct aof_task *task, size_t lane);

#endif
