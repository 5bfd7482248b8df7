#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef SKEIN_JEMALLOC
#include <jemalloc/jemalloc.h>

/* Slabs of 64 KiB instead of 4 KiB for the sizes entries have: jemalloc spends 128 bytes of its
 * own on each slab, which is 3% of a page of 64-byte entries and 0.2% of a larger one. Pages
 * that become free go back to the system soon and by jemalloc's own thread. Huge pages are
 * asked for; disable-thp overrules that (docs/adr/0004, 0006). */
const char *malloc_conf = "slab_sizes:1-512:16,background_thread:true,metadata_thp:auto,thp:always,"
                          "dirty_decay_ms:500,muzzy_decay_ms:0,narenas:2";
#else
#include <malloc.h>
#endif

#ifndef SKEIN_JEMALLOC
/* The sanitizers' allocators keep no counters, so their builds count here. */
static _Thread_local int64_t thread_balance;
#endif

static _Noreturn void out_of_memory(size_t size)
{
    fprintf(stderr, "Out of memory trying to allocate %zu bytes\n", size);
    abort();
}

size_t mem_usable(const void *ptr)
{
#ifdef SKEIN_JEMALLOC
    return ptr ? sallocx(ptr, 0) : 0;
#else
    return malloc_usable_size((void *)(uintptr_t)ptr);
#endif
}

static void *taken(void *ptr, size_t size)
{
    if (ptr == NULL) out_of_memory(size);
#ifndef SKEIN_JEMALLOC
    thread_balance += (int64_t)mem_usable(ptr);
#endif
    return ptr;
}

void *mem_alloc(size_t size)
{
    return taken(malloc(size ? size : 1), size);
}

void *mem_calloc(size_t size)
{
    return taken(calloc(1, size ? size : 1), size);
}

void *mem_realloc(void *ptr, size_t size)
{
#ifndef SKEIN_JEMALLOC
    thread_balance -= (int64_t)mem_usable(ptr);
#endif
    return taken(realloc(ptr, size ? size : 1), size);
}

void *mem_aligned(size_t alignment, size_t size)
{
    return taken(aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment), size);
}

void mem_free(void *ptr)
{
#ifndef SKEIN_JEMALLOC
    thread_balance -= (int64_t)mem_usable(ptr);
#endif
    free(ptr);
}

char *mem_strndup(const char *bytes, size_t len)
{
    char *copy = mem_alloc(len + 1);
    if (len) memcpy(copy, bytes, len);
    copy[len] = '\0';
    return copy;
}

char *mem_strdup(const char *text)
{
    return mem_strndup(text, strlen(text));
}

int64_t mem_thread_balance(void)
{
#ifdef SKEIN_JEMALLOC
    uint64_t allocated = 0, freed = 0;
    size_t size = sizeof(allocated);
    mallctl("thread.allocated", &allocated, &size, NULL, 0);
    mallctl("thread.deallocated", &freed, &size, NULL, 0);
    return (int64_t)(allocated - freed);
#else
    return thread_balance;
#endif
}

#ifdef SKEIN_JEMALLOC
static size_t read_size(const char *name)
{
    size_t value = 0, size = sizeof(value);
    return mallctl(name, &value, &size, NULL, 0) == 0 ? value : 0;
}

struct mem_stats mem_read_stats(void)
{
    /* The numbers are as of the last change of the epoch. */
    uint64_t epoch = 1;
    mallctl("epoch", NULL, NULL, &epoch, sizeof(epoch));
    return (struct mem_stats){
        .allocated = read_size("stats.allocated"),
        .active = read_size("stats.active"),
        .resident = read_size("stats.resident"),
    };
}

#define TEXT_OF_(value) #value
#define TEXT_OF(value)  TEXT_OF_(value)

void mem_purge(void)
{
    mallctl("thread.tcache.flush", NULL, NULL, NULL, 0);
    mallctl("arena." TEXT_OF(MALLCTL_ARENAS_ALL) ".purge", NULL, NULL, NULL, 0);
}

void mem_report(void (*write)(void *ctx, const char *text), void *ctx)
{
    malloc_stats_print(write, ctx, "");
}
#else
struct mem_stats mem_read_stats(void)
{
    return (struct mem_stats){0};
}

void mem_purge(void)
{
}

void mem_report(void (*write)(void *ctx, const char *text), void *ctx)
{
    (void)write;
    (void)ctx;
}
#endif

const char *mem_allocator_name(void)
{
#ifdef SKEIN_JEMALLOC
    const char *version = "";
    size_t size = sizeof(version);
    if (mallctl("version", &version, &size, NULL, 0) == 0 && strncmp(version, "5.3.0", 5) == 0) {
        return "jemalloc-5.3.0";
    }
    return "jemalloc";
#else
    return "libc";
#endif
}
