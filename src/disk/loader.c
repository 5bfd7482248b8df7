#include "disk/loader.h"

#include "base/mem.h"
#include "io/clock.h"
#include "io/file.h"
#include "io/key_delay.h"

struct load {
    struct job job;
    struct load_order order; /* the path is ours */
    struct rdb_progress progress;
    struct load_result result;
    struct key_delay delay;
    uint64_t size;
    int64_t began_us;
    int read_error;
    int fd;
};

static ptrdiff_t read_fd(void *context, void *bytes, size_t room)
{
    const int *fd = context;
    return file_read(*fd, bytes, room);
}

struct rdb_input load_input_of_fd(const int *fd)
{
    return (struct rdb_input){.read = read_fd, .context = (int *)(uintptr_t)fd, .size = UINT64_MAX};
}

/* Keeps the reason why a file could not be read. */
static ptrdiff_t read_file(void *context, void *bytes, size_t room)
{
    struct load *load = context;
    ssize_t got = file_read(load->fd, bytes, room);
    if (got < 0) load->read_error = (int)got;
    return got;
}

static void delay_key(void *context)
{
    struct load *load = context;
    key_delay_pass(&load->delay, &load->progress.cancelled);
}

static bool keep_library(void *context, struct str code)
{
    struct load *load = context;
    struct load_result *result = &load->result;
    result->libraries =
        mem_realloc(result->libraries, (result->library_count + 1) * sizeof(*result->libraries));
    struct buf *library = &result->libraries[result->library_count++];
    *library = (struct buf){0};
    buf_append_str(library, code);
    return true;
}

static struct load *load_new(const struct load_order *order)
{
    struct load *load = mem_new(struct load);
    struct file_info info;
    load->order = *order;
    load->order.path = mem_strdup(order->path);
    load->delay.each_us = order->key_delay_us;
    load->order.options.progress = &load->progress;
    load->order.options.on_library = keep_library;
    load->order.options.after_key = order->key_delay_us ? delay_key : NULL;
    load->order.options.context = load;
    load->began_us = clock_mono_us();
    if (file_info(order->path, &info) == 0) load->size = (uint64_t)info.size_bytes;
    return load;
}

static void load_free(struct load *load)
{
    struct load_result *result = &load->result;
    for (size_t i = 0; i < result->library_count; i++) buf_deinit(&result->libraries[i]);
    mem_free(result->libraries);
    buf_deinit(&result->read.rest);
    mem_free((char *)(uintptr_t)load->order.path);
    mem_free(load);
}

static void run(void *context)
{
    struct load *load = context;
    const struct load_order *order = &load->order;
    struct rdb_input input = {.read = read_file, .context = load, .size = load->size};
    load->fd = file_open(order->path, FILE_READ);
    if (load->fd < 0) {
        load->result.open_error = load->fd;
        return;
    }
    load->result.done = rdb_read_file(&input, order->store, &order->options, &load->result.read);
    load->result.open_error = load->read_error;
    load->result.duration_us = clock_mono_us() - load->began_us;
    file_close(load->fd);
}

static void end(void *context)
{
    struct load *load = context;
    load->order.on_end(load->order.context, &load->result);
    load_free(load);
}

struct load *load_begin(struct worker_pool *pool, size_t lane, const struct load_order *order)
{
    struct load *load = load_new(order);
    load->job = (struct job){.run = run, .done = end, .ctx = load};
    worker_submit(pool, lane, &load->job);
    return load;
}

void load_cancel(struct load *load)
{
    atomic_store(&load->progress.cancelled, true);
}

const struct rdb_progress *load_progress(const struct load *load)
{
    return &load->progress;
}

uint64_t load_size(const struct load *load)
{
    return load->size;
}

void load_now(const struct load_order *order)
{
    struct load *load = load_new(order);
    run(load);
    end(load);
}
