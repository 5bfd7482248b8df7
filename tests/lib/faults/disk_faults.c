/* Loaded before a server (LD_PRELOAD): makes the disk fail while files of given names exist in the
 * directory that DISK_FAULTS names. Only files of an append-only directory are touched.
 *
 *     full      writes take half of their bytes, then nothing (ENOSPC)
 *     sync-eio  fsync and fdatasync fail once with EIO and remove the file
 *     stalled   fsync and fdatasync wait until the file is gone
 *     slow      fsync and fdatasync take some milliseconds
 *
 * While there is a directory `power` it gets what a power cut would leave, for power.py:
 *
 *     synced.INODE    how many bytes of that file were synced
 *     renamed.NAME    the directory was not synced since a file was given this name
 *     replaced.NAME   what had the name before */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static bool fault_path(const char *name, char *path, size_t size)
{
    const char *directory = getenv("DISK_FAULTS");
    if (!directory) return false;
    snprintf(path, size, "%s/%s", directory, name);
    return access(path, F_OK) == 0;
}

static bool path_of(int fd, char *target, size_t size)
{
    char link[64];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, target, size - 1);
    target[len > 0 ? len : 0] = 0;
    return len > 0;
}

static bool is_our_path(const char *path)
{
    return strstr(path, ".aof") != NULL || strstr(path, "appendonlydir/") != NULL;
}

static bool is_ours(int fd)
{
    char target[4096];
    return path_of(fd, target, sizeof(target)) && is_our_path(target);
}

static bool is_our_directory(int fd)
{
    char target[4096];
    const char *end;
    if (!path_of(fd, target, sizeof(target))) return false;
    end = strrchr(target, '/');
    return end && strcmp(end, "/appendonlydir") == 0;
}

/* --- what a power cut would leave --- */

static bool record_path(char *path, size_t size, const char *kind, const char *name)
{
    char what[512];
    if (!fault_path("power", path, size)) return false;
    snprintf(what, sizeof(what), "power/%s.%s", kind, name);
    fault_path(what, path, size);
    return true;
}

static bool size_record(const struct stat *info, char *path, size_t size)
{
    char inode[32];
    snprintf(inode, sizeof(inode), "%lu", (unsigned long)info->st_ino);
    return S_ISREG(info->st_mode) && record_path(path, size, "synced", inode);
}

static void record_size(const struct stat *info, long long size)
{
    char path[4096], text[32];
    if (!size_record(info, path, sizeof(path))) return;
    /* Of fixed width: written over in one piece, whenever the process is killed. */
    int len = snprintf(text, sizeof(text), "%020lld", size);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) return;
    if (pwrite(fd, text, (size_t)len, 0) != len) abort();
    close(fd);
}

static long long recorded_size(const struct stat *info)
{
    char path[4096], text[32] = "";
    if (!size_record(info, path, sizeof(path))) return 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    if (pread(fd, text, sizeof(text) - 1, 0) <= 0) text[0] = 0;
    close(fd);
    return atoll(text);
}

static int remove_file(const char *path)
{
    int (*real)(const char *) = dlsym(RTLD_NEXT, "unlink");
    return real(path);
}

/* Its number will be given to another file. */
static void forget_size(const char *path)
{
    struct stat info;
    char record[4096];
    if (stat(path, &info) != 0 || info.st_nlink > 1) return;
    if (size_record(&info, record, sizeof(record))) remove_file(record);
}

static void discard(const char *path)
{
    forget_size(path);
    remove_file(path);
}

int unlink(const char *path)
{
    if (is_our_path(path)) forget_size(path);
    return remove_file(path);
}

int ftruncate(int fd, off_t len)
{
    int (*real)(int, off_t) = dlsym(RTLD_NEXT, "ftruncate");
    struct stat info;
    int result = real(fd, len);
    if (result == 0 && is_ours(fd) && fstat(fd, &info) == 0 && recorded_size(&info) > len) {
        record_size(&info, len);
    }
    return result;
}

int rename(const char *from, const char *to)
{
    int (*real)(const char *, const char *) = dlsym(RTLD_NEXT, "rename");
    char renamed[4096], replaced[4096];
    const char *name = strrchr(to, '/');
    bool is_noted = is_our_path(to) && name &&
                    record_path(renamed, sizeof(renamed), "renamed", name + 1) &&
                    record_path(replaced, sizeof(replaced), "replaced", name + 1);
    if (is_noted && access(renamed, F_OK) != 0) {
        discard(replaced);
        (void)!link(to, replaced);
        int fd = open(renamed, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        if (fd >= 0) close(fd);
    } else if (is_noted) {
        forget_size(to);
    }
    return real(from, to);
}

enum { NAMES = 64 };

/* The names that the sync of their directory is about to make safe. */
static int list_renamed(char names[NAMES][256])
{
    char path[4096];
    int count = 0;
    if (!fault_path("power", path, sizeof(path))) return 0;
    DIR *directory = opendir(path);
    struct dirent *entry;
    while (directory && count < NAMES && (entry = readdir(directory))) {
        if (strncmp(entry->d_name, "renamed.", 8) != 0) continue;
        snprintf(names[count++], 256, "%s", entry->d_name + 8);
    }
    if (directory) closedir(directory);
    return count;
}

static int sync_directory(int fd, int (*sync)(int))
{
    char names[NAMES][256], path[4096];
    int count = list_renamed(names), result = sync(fd);
    for (int i = 0; result == 0 && i < count; i++) {
        /* In this order: killed in between, the name is safe and what it replaced is a leftover.
         * The other way round the name would seem to have replaced nothing. */
        if (record_path(path, sizeof(path), "renamed", names[i])) discard(path);
        if (record_path(path, sizeof(path), "replaced", names[i])) discard(path);
    }
    return result;
}

static int sync_file(int fd, int (*sync)(int))
{
    struct stat info;
    bool is_known = fstat(fd, &info) == 0;
    int result = sync(fd);
    if (result == 0 && is_known && recorded_size(&info) < info.st_size) {
        record_size(&info, info.st_size);
    }
    return result;
}

/* --- faults --- */

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
    bool is_directory = is_our_directory(fd);
    if (!is_directory && !is_ours(fd)) return real(fd);
    while (fault_path("stalled", path, sizeof(path))) poll(NULL, 0, 10);
    if (fault_path("slow", path, sizeof(path))) poll(NULL, 0, 1 + rand() % 15);
    if (is_directory) return sync_directory(fd, real);
    if (fault_path("sync-eio", path, sizeof(path)) && unlink(path) == 0) {
        errno = EIO;
        return -1;
    }
    return sync_file(fd, real);
}

int fsync(int fd)
{
    return sync_or_fail(fd, "fsync");
}

int fdatasync(int fd)
{
    return sync_or_fail(fd, "fdatasync");
}
