#include "disk/saver.h"

#include "base/mem.h"
#include "io/clock.h"
#include "io/file.h"
#include "io/file_stream.h"
#include "io/key_delay.h"
#include "snapshot/requests_file.h"

enum { SYNC_STEP = 4 << 20, FILE_MODE = 0644 };

struct save {
    struct job job;
    struct save_order order; /* its texts are ours */
    struct rdb_progress progress;
    struct save_result result;
    struct file_writer writer;
    struct key_delay delay;
    int64_t began_us;
};

/* --- what an order points to --- */

static char *copy_text(const char *text)
{
    return text ? mem_strdup(text) : NULL;
}

static struct str copy_str(struct str text)
{
    return str_of(mem_strndup(text.ptr, text.len), text.len);
}

static void free_str(struct str text)
{
    mem_free((char *)(uintptr_t)text.ptr);
}

static void copy_options(struct rdb_write_options *options)
{
    struct rdb_aux *aux = mem_calloc((options->aux_count + 1) * sizeof(*aux));
    struct str *libraries = mem_calloc((options->library_count + 1) * sizeof(*libraries));
    for (size_t i = 0; i < options->aux_count; i++) {
        aux[i].name = copy_str(options->aux[i].name);
        aux[i].value = copy_str(options->aux[i].value);
    }
    for (size_t i = 0; i < options->library_count; i++) {
        libraries[i] = copy_str(options->libraries[i]);
    }
    options->aux = aux;
    options->libraries = libraries;
    options->version = copy_text(options->version);
    options->replication.id = copy_text(options->replication.id);
}

static void free_options(struct rdb_write_options *options)
{
    for (size_t i = 0; i < options->aux_count; i++) {
        free_str(options->aux[i].name);
        free_str(options->aux[i].value);
    }
    for (size_t i = 0; i < options->library_count; i++) free_str(options->libraries[i]);
    mem_free((void *)(uintptr_t)options->aux);
    mem_free((void *)(uintptr_t)options->libraries);
    mem_free((char *)(uintptr_t)options->version);
    mem_free((char *)(uintptr_t)options->replication.id);
}

static void delay_key(void *context)
{
    struct save *save = context;
    key_delay_pass(&save->delay, &save->progress.cancelled);
}

static struct save *save_new(const struct save_order *order)
{
    struct save *save = mem_new(struct save);
    save->order = *order;
    save->order.path = copy_text(order->path);
    save->order.temp_path = copy_text(order->temp_path);
    save->delay.each_us = order->key_delay_us;
    copy_options(&save->order.options);
    save->order.options.progress = &save->progress;
    if (order->key_delay_us) {
        save->order.options.after_key = delay_key;
        save->order.options.context = save;
    }
    save->began_us = clock_mono_us();
    return save;
}

static void save_free(struct save *save)
{
    free_options(&save->order.options);
    mem_free((char *)(uintptr_t)save->order.path);
    mem_free((char *)(uintptr_t)save->order.temp_path);
    mem_free(save);
}

/* --- writing --- */

static bool fail(struct save *save, const char *step, int error)
{
    save->result.verdict = SAVE_FAILED;
    save->result.step = step;
    save->result.error = error;
    return false;
}

static bool write_piece(void *context, const void *bytes, size_t len)
{
    struct file_writer *writer = context;
    file_writer_write(writer, bytes, len);
    return writer->error == 0;
}

static bool write_all(struct save *save)
{
    struct sink sink = {.write = write_piece, .context = &save->writer};
    bool done = save->order.as_requests
                    ? requests_write_file(&sink, save->order.frozen, &save->order.options)
                    : rdb_write_file(&sink, save->order.frozen, &save->order.options);
    if (!done) {
        if (save->writer.error) return fail(save, "write", save->writer.error);
        save->result.verdict = SAVE_CANCELLED;
        return false;
    }
    if (file_writer_flush(&save->writer)) return fail(save, "write", save->writer.error);
    if (file_writer_sync(&save->writer)) return fail(save, "sync", save->writer.error);
    return true;
}

static bool write_to(struct save *save, int fd)
{
    file_writer_init(&save->writer, fd, save->order.sync_in_steps ? SYNC_STEP : 0);
    bool done = write_all(save);
    file_writer_deinit(&save->writer);
    return done;
}

static bool write_file(struct save *save)
{
    const struct save_order *order = &save->order;
    int fd = file_open_mode(order->temp_path, FILE_CREATE, FILE_MODE);
    if (fd < 0) return fail(save, "open", fd);
    bool done = write_to(save, fd);
    int error = file_close(fd);
    if (done && error) done = fail(save, "close", error);
    if (done && (error = file_rename(order->temp_path, order->path))) {
        done = fail(save, "rename", error);
    }
    if (!done) file_remove(order->temp_path);
    return done;
}

static void run(void *context)
{
    struct save *save = context;
    if (save->order.path)
        write_file(save);
    else
        write_to(save, save->order.fd);
    save->result.keys = atomic_load(&save->progress.keys);
    save->result.bytes = atomic_load(&save->progress.bytes);
    save->result.duration_us = clock_mono_us() - save->began_us;
    save->result.ended_wall_ms = clock_wall_ms();
}

static void end(void *context)
{
    struct save *save = context;
    store_release(save->order.frozen);
    save->order.on_end(save->order.context, &save->result);
    save_free(save);
}

struct save *save_begin(struct worker_pool *pool, size_t lane, const struct save_order *order)
{
    struct save *save = save_new(order);
    save->job = (struct job){.run = run, .done = end, .ctx = save};
    worker_submit(pool, lane, &save->job);
    return save;
}

void save_cancel(struct save *save)
{
    atomic_store(&save->progress.cancelled, true);
}

const struct rdb_progress *save_progress(const struct save *save)
{
    return &save->progress;
}

int64_t save_began_us(const struct save *save)
{
    return save->began_us;
}

struct save_result save_now(const struct save_order *order)
{
    struct save *save = save_new(order);
    run(save);
    store_release(save->order.frozen);
    struct save_result result = save->result;
    save_free(save);
    return result;
}
