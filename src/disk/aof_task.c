#include "disk/aof_task.h"

#include "base/mem.h"
#include "disk/aof.h"
#include "io/file.h"

enum { FILE_MODE = 0644 }; /* as stock Redis makes them */

struct aof_task *aof_task_new(struct aof *aof, void (*on_end)(struct aof_task *task))
{
    struct aof_task *task = mem_new(struct aof_task);
    task->aof = aof;
    task->on_end = on_end;
    task->sync_fd = task->created_fd = -1;
    return task;
}

static void remove_files(struct aof_task *task)
{
    struct str paths = buf_str(&task->removed), path;
    while (task->error == 0 && paths.len && str_split(&paths, 0, &path) && path.len) {
        task->error = file_remove(path.ptr);
    }
}

static void create(struct aof_task *task)
{
    /* Opened for appending: after a cut the next byte must come where the file ends. */
    task->created_fd = file_open_mode(task->create_path, FILE_APPEND, FILE_MODE);
    if (task->created_fd < 0) {
        task->error = task->created_fd;
        return;
    }
    task->error = file_truncate(task->created_fd, 0);
    if (task->error == 0) task->error = file_sync_directory_of(task->create_path);
}

static void run(void *context)
{
    struct aof_task *task = context;
    if (task->sync_fd >= 0) {
        task->error = file_sync_data(task->sync_fd);
        task->is_synced = task->error == 0;
        if (task->closes) file_close(task->sync_fd);
    }
    if (task->error == 0 && task->create_path) create(task);
    if (task->error == 0 && task->replace_path) {
        task->error = file_replace(task->replace_path, buf_str(&task->contents));
    }
    remove_files(task);
}

static void done(void *context)
{
    struct aof_task *task = context;
    task->aof->tasks--;
    task->on_end(task);
    mem_free(task->create_path);
    mem_free(task->replace_path);
    buf_deinit(&task->contents);
    buf_deinit(&task->removed);
    manifest_deinit(&task->manifest);
    mem_free(task);
}

void aof_task_submit(struct aof_task *task, size_t lane)
{
    task->aof->tasks++;
    task->job = (struct job){.run = run, .done = done, .ctx = task};
    worker_submit(task->aof->pool, lane, &task->job);
}
