/* Loaded before a server (LD_PRELOAD): makes the disk fail while files of given names exist in the
 * directory that DISK_FAULTS names. Only files of an append-only directory are touched.
 *
 *     full      writes take half of their bytes, then nothing (ENOSPC)
 *     sync-eio  fsync and fdatasync fail once with EIO and remove the file
 *     stalled   fsync and fdatasync wait until the file is gone */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static bool fault_path(const char *name, char *path, size_t size)
{
    const char *directory = getenv("DISK_FAULTS");
    if (!directory) return false;
    snprintf(path, size, "%s/%s", directory, name);
    return access(path, F_OK) == 0;
}

static bool is_ours(int fd)
{
    char link[64], target[4096];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, target, sizeof(target) - 1);
    if (len <= 0) return false;
    target[len] = 0;
    return strstr(target, ".aof") != NULL || strstr(target, "appendonlydir/") != NULL;
}

static bool is_full(int fd)
{
    char path[4096];
    return fault_path("full", path, sizeof(path)) && is_ours(fd);
}

ssize_t writev(int fd, const struct iovec *pieces, int count)
{
    ssize_t (*real)(int, const struct iovec *, int) = dlsym(RTLD_NEXT, "writev");
    if (!is_full(fd)) return real(fd, pieces, count);
    static __thread bool gave_half;
    gave_half = !gave_half;
    if (gave_half && count > 0 && pieces[0].iov_len > 1) {
        struct iovec half = {pieces[0].iov_base, pieces[0].iov_len / 2};
        return real(fd, &half, 1);
    }
    errno = ENOSPC;
    return -1;
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    ssize_t (*real)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    if (!is_full(fd)) return real(fd, bytes, len);
    errno = ENOSPC;
    return -1;
}

static int sync_or_fail(int fd, const char *name)
{
    int (*real)(int) = dlsym(RTLD_NEXT, name);
    char path[4096];
    if (!is_ours(fd)) return real(fd);
    while (fault_path("stalled", path, sizeof(path))) poll(NULL, 0, 10);
    if (fault_path("sync-eio", path, sizeof(path)) && unlink(path) == 0) {
        errno = EIO;
        return -1;
    }
    return real(fd);
}

int fsync(int fd)
{
    return sync_or_fail(fd, "fsync");
}

int fdatasync(int fd)
{
    return sync_or_fail(fd, "fdatasync");
}
