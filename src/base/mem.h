/* Memory of the program: jemalloc in release builds, the sanitizers' allocator in theirs.
 *
 * Running out aborts with a message, so callers never check. What a thread holds is metered per
 * thread: a worker may free what the data thread allocated, so one thread's balance can be
 * negative and only the sum means something. */
#ifndef SKEIN_BASE_MEM_H
#define SKEIN_BASE_MEM_H

#include <stddef.h>
#include <stdint.h>

void *mem_alloc(size_t size) __attribute__((malloc, alloc_size(1), returns_nonnull));
void *mem_calloc(size_t size) __attribute__((malloc, alloc_size(1), returns_nonnull));
void *mem_realloc(void *ptr, size_t size) __attribute__((alloc_size(2), returns_nonnull));
void *mem_aligned(size_t alignment, size_t size)
    __attribute__((malloc, alloc_size(2), returns_nonnull));
void mem_free(void *ptr);
char *mem_strdup(const char *text);
/* A NUL-terminated copy of `len` bytes. */
char *mem_strndup(const char *bytes, size_t len);

/* What the allocator really spends on an allocation. */
size_t mem_usable(const void *ptr);

/* Bytes the calling thread has allocated minus those it has freed since it started. */
int64_t mem_thread_balance(void);

/* The allocator's own view of the whole process, in bytes. Zeroes when it keeps none. */
struct mem_stats {
    size_t allocated; /* in use by the program */
    size_t active;    /* in pages that hold something in use */
    size_t resident;  /* in physical memory */
};
struct mem_stats mem_read_stats(void);
/* Gives unused pages back to the system. */
void mem_purge(void);
/* Writes the allocator's report, piece by piece; nothing when it has none. */
void mem_report(void (*write)(void *ctx, const char *text), void *ctx);

/* "jemalloc-5.3.0" or "libc". */
const char *mem_allocator_name(void);

#define mem_new(type) ((type *)mem_calloc(sizeof(type)))

/* Asks for the cache line at `at`. The compiler takes a function that only prefetches for one
 * without effect and drops calls of it; the empty statement is an effect it cannot see through. */
static inline void mem_prefetch(const void *at)
{
    __builtin_prefetch(at);
    __asm__ volatile("");
}

#endif
