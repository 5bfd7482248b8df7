/* Loaded before a server (LD_PRELOAD): the file that MEMORY_FAULTS names holds a number of eight
 * bytes. While it is above zero each allocation lowers it, and the one that makes it zero returns
 * no memory. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static _Atomic(atomic_llong *) left;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("MEMORY_FAULTS");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0) return;
    void *page = mmap(NULL, sizeof(atomic_llong), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (page != MAP_FAILED) atomic_store(&left, (atomic_llong *)page);
}

static bool fails(void)
{
    atomic_llong *count = atomic_load(&left);
    if (count == NULL || atomic_load(count) <= 0) return false;
    if (atomic_fetch_sub(count, 1) != 1) return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    static void *(*real)(size_t);
    if (!real) real = dlsym(RTLD_NEXT, "malloc");
    return fails() ? NULL : real(size);
}

void *realloc(void *ptr, size_t size)
{
    static void *(*real)(void *, size_t);
    if (!real) real = dlsym(RTLD_NEXT, "realloc");
    return fails() ? NULL : real(ptr, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    static void *(*real)(size_t, size_t);
    if (!real) real = dlsym(RTLD_NEXT, "aligned_alloc");
    return fails() ? NULL : real(alignment, size);
}
