#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

int file_open(const char *path, enum file_access access)
{
    return file_open_mode(path, access, 0600);
}

int file_open_mode(const char *path, enum file_access access, mode_t mode)
{
    static const int flags[] = {
        [FILE_READ] = O_RDONLY,
        [FILE_CREATE] = O_WRONLY | O_CREAT | O_TRUNC,
        [FILE_CREATE_NEW] = O_WRONLY | O_CREAT | O_EXCL,
        [FILE_APPEND] = O_WRONLY | O_CREAT | O_APPEND,
        [FILE_UPDATE] = O_RDWR,
    };
    int fd;
    do fd = open(path, flags[access] | O_CLOEXEC, mode);
    while (fd < 0 && errno == EINTR);
    return fd < 0 ? -errno : fd;
}

int file_open_nameless(const char *path)
{
    int fd;
    do fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    while (fd < 0 && errno == EINTR);
    if (fd < 0) return -errno;
    unlink(path);
    return fd;
}

int file_close(int fd)
{
    /* After EINTR the descriptor is gone on Linux; closing again could hit somebody else's. */
    return close(fd) == 0 || errno == EINTR ? 0 : -errno;
}

ssize_t file_read(int fd, void *bytes, size_t size)
{
    ssize_t got;
    do got = read(fd, bytes, size);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

ssize_t file_read_at(int fd, void *bytes, size_t size, int64_t offset)
{
    ssize_t got;
    do got = pread(fd, bytes, size, offset);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

int file_write(int fd, const void *bytes, size_t len, size_t *done)
{
    struct iovec piece = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = len};
    return file_writev(fd, &piece, 1, done);
}

int file_write_at(int fd, const void *bytes, size_t len, int64_t offset)
{
    const char *at = bytes;
    while (len > 0) {
        ssize_t taken = pwrite(fd, at, len, offset);
        if (taken < 0 && errno == EINTR) continue;
        if (taken <= 0) return taken < 0 ? -errno : -EIO;
        at += taken;
        len -= (size_t)taken;
        offset += taken;
    }
    return 0;
}

static void drop_written(struct iovec **pieces, int *count, size_t taken)
{
    while (*count > 0 && taken >= (*pieces)->iov_len) {
        taken -= (*pieces)->iov_len;
        (*pieces)++;
        (*count)--;
    }
    if (*count == 0) return;
    (*pieces)->iov_base = (char *)(*pieces)->iov_base + taken;
    (*pieces)->iov_len -= taken;
}

int file_writev(int fd, struct iovec *pieces, int count, size_t *done)
{
    size_t total = 0;
    int error = 0;
    drop_written(&pieces, &count, 0);
    while (count > 0 && error == 0) {
        ssize_t taken = writev(fd, pieces, count < IOV_MAX ? count : IOV_MAX);
        if (taken < 0 && errno == EINTR) continue;
        if (taken <= 0) {
            error = taken < 0 ? -errno : -EIO;
        } else {
            total += (size_t)taken;
            drop_written(&pieces, &count, (size_t)taken);
        }
    }
    if (done) *done = total;
    return error;
}

int file_sync(int fd)
{
    return fsync(fd) == 0 ? 0 : -errno;
}

int file_sync_data(int fd)
{
    return fdatasync(fd) == 0 ? 0 : -errno;
}

int file_sync_begin(int fd, int64_t offset, int64_t len)
{
    return sync_file_range(fd, offset, len, SYNC_FILE_RANGE_WRITE) == 0 ? 0 : -errno;
}

int file_forget_cached(int fd, int64_t offset, int64_t len)
{
    return -posix_fadvise(fd, offset, len, POSIX_FADV_DONTNEED);
}

int file_truncate(int fd, int64_t len)
{
    int result;
    do result = ftruncate(fd, len);
    while (result != 0 && errno == EINTR);
    return result == 0 ? 0 : -errno;
}

static void describe(const struct stat *from, struct file_info *info)
{
    *info = (struct file_info){
        .size_bytes = from->st_size,
        .modified_us = (int64_t)from->st_mtim.tv_sec * 1000000 + from->st_mtim.tv_nsec / 1000,
        .device = from->st_dev,
        .inode = from->st_ino,
        .mode = from->st_mode & 07777,
        .is_directory = S_ISDIR(from->st_mode),
        .is_regular = S_ISREG(from->st_mode),
    };
}

int file_info(const char *path, struct file_info *info)
{
    struct stat found;
    if (stat(path, &found) != 0) return -errno;
    describe(&found, info);
    return 0;
}

int file_info_unfollowed(const char *path, struct file_info *info)
{
    struct stat found;
    if (lstat(path, &found) != 0) return -errno;
    describe(&found, info);
    return 0;
}

int file_info_fd(int fd, struct file_info *info)
{
    struct stat found;
    if (fstat(fd, &found) != 0) return -errno;
    describe(&found, info);
    return 0;
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static int read_to_end(int fd, size_t max, struct buf *out)
{
    enum { STEP = 64 * 1024 };
    size_t start = out->len;
    for (;;) {
        ssize_t got = file_read(fd, buf_reserve(out, STEP), STEP);
        if (got <= 0) return (int)got;
        out->len += (size_t)got;
        if (out->len - start > max) return -EFBIG;
    }
}

int file_read_all(const char *path, size_t max, struct buf *out)
{
    int fd = file_open(path, FILE_READ);
    if (fd < 0) return fd;
    size_t start = out->len;
    int error = read_to_end(fd, max, out);
    if (error != 0) out->len = start;
    file_close(fd);
    return error;
}

static int sync_directory(const char *directory)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return -errno;
    int error = file_sync(fd);
    /* Some file systems cannot sync a directory, and need not. */
    if (error == -EINVAL) error = 0;
    file_close(fd);
    return error;
}

int file_sync_directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL) return sync_directory(".");
    struct buf directory = {0};
    buf_append(&directory, path, slash == path ? 1 : (size_t)(slash - path));
    int error = sync_directory(buf_c(&directory));
    buf_deinit(&directory);
    return error;
}

int file_rename(const char *from, const char *to)
{
    if (rename(from, to) != 0) return -errno;
    return file_sync_directory_of(to);
}

static int fill_and_sync(int fd, struct str contents, mode_t mode)
{
    if (fchmod(fd, mode) != 0) return -errno;
    int error = file_write(fd, contents.ptr, contents.len, NULL);
    return error ? error : file_sync(fd);
}

static int replace(const char *path, struct str contents, mode_t allowed)
{
    struct file_info old = {0};
    mode_t mode = file_info(path, &old) == 0 && old.is_regular ? old.mode : 0600;
    struct buf temporary = {0};
    buf_printf(&temporary, "%s.tmp-XXXXXX", path);
    buf_c(&temporary);
    int fd = mkostemp(temporary.ptr, O_CLOEXEC);
    int error = fd < 0 ? -errno : fill_and_sync(fd, contents, mode & allowed);
    if (fd >= 0) file_close(fd);
    if (error == 0) error = file_rename(temporary.ptr, path);
    if (error != 0 && fd >= 0) unlink(temporary.ptr);
    buf_deinit(&temporary);
    return error;
}

int file_replace(const char *path, struct str contents)
{
    return replace(path, contents, (mode_t)~0U);
}

int file_replace_private(const char *path, struct str contents)
{
    if (file_exists(path) && access(path, W_OK) != 0) return -errno;
    return replace(path, contents, 0600);
}

int file_resolve(const char *path, struct buf *out)
{
    char *absolute = realpath(path, NULL);
    if (absolute == NULL) return -errno;
    buf_append_c(out, absolute);
    free(absolute);
    return 0;
}

int file_remove(const char *path)
{
    return unlink(path) == 0 || errno == ENOENT ? 0 : -errno;
}

int file_make_directory(const char *path, mode_t mode)
{
    struct file_info info = {0};
    if (mkdir(path, mode) == 0) return 0;
    int error = -errno;
    return error == -EEXIST && file_info(path, &info) == 0 && info.is_directory ? 0 : error;
}

int file_change_directory(const char *path)
{
    return chdir(path) == 0 ? 0 : -errno;
}

int file_current_directory(struct buf *out)
{
    char *path = getcwd(NULL, 0);
    if (path == NULL) return -errno;
    buf_append_c(out, path);
    free(path);
    return 0;
}

int file_free_bytes(const char *path, uint64_t *bytes)
{
    struct statvfs info;
    if (statvfs(path, &info) != 0) return -errno;
    *bytes = (uint64_t)info.f_bavail * info.f_frsize;
    return 0;
}
