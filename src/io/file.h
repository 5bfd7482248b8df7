/* Files: thin wrappers that retry EINTR, take all bytes or say why not, and return 0 or a negative
 * errno.
 *
 * Nothing is buffered here (see file_stream.h). New files are private to the user (0600 under the
 * umask) unless a mode is given. */
#ifndef SKEIN_IO_FILE_H
#define SKEIN_IO_FILE_H

#include "base/buf.h"
#include "io/file_names.h"

#include <sys/types.h>
#include <sys/uio.h>

enum file_access {
    FILE_READ,       /* must exist */
    FILE_CREATE,     /* for writing, made empty */
    FILE_CREATE_NEW, /* for writing, must not exist */
    FILE_APPEND,     /* made if missing, writes go to the end */
    FILE_UPDATE,     /* must exist, reading and writing */
};

/* Return a descriptor (close on exec) or -errno. */
int file_open(const char *path, enum file_access access);
int file_open_mode(const char *path, enum file_access access, mode_t mode);
/* Makes a file for reading and writing at this path, which must be free, and takes its name away:
 * the file lives as long as it is open. Returns a descriptor or -errno. */
int file_open_nameless(const char *path);
int file_close(int fd);

/* Return how many bytes (0 at the end) or -errno. */
ssize_t file_read(int fd, void *bytes, size_t size);
ssize_t file_read_at(int fd, void *bytes, size_t size, int64_t offset);
/* All bytes or -errno; *done, when given, tells how many were taken in either case. */
int file_write(int fd, const void *bytes, size_t len, size_t *done);
int file_write_at(int fd, const void *bytes, size_t len, int64_t offset);
/* Changes the pieces while it goes. */
int file_writev(int fd, struct iovec *pieces, int count, size_t *done);
int file_sync(int fd);
int file_sync_data(int fd);
/* Starts writing a range back to disk without waiting, so that a later sync has little left to do.
 */
int file_sync_begin(int fd, int64_t offset, int64_t len);
/* Tells the kernel these cached pages are not needed any more. */
int file_forget_cached(int fd, int64_t offset, int64_t len);
int file_truncate(int fd, int64_t len);

struct file_info {
    int64_t size_bytes;
    int64_t modified_us;
    uint64_t device, inode;
    mode_t mode;
    bool is_directory, is_regular;
};
int file_info(const char *path, struct file_info *info);
/* Of the path itself, also when it is a symbolic link. */
int file_info_unfollowed(const char *path, struct file_info *info);
int file_info_fd(int fd, struct file_info *info);
bool file_exists(const char *path);

/* Appends the whole file to `out`; -EFBIG when it is longer than `max`. */
int file_read_all(const char *path, size_t max, struct buf *out);
/* The file holds either its old or the new contents, on disk, whatever happens in between. The new
 * one has mode 0600 unless the old one existed, whose mode is kept. */
int file_replace(const char *path, struct str contents);
/* The same for a file with secrets: only its owner may read the new one, and a file that may not be
 * written (-EACCES, -EROFS) is not replaced although its directory would allow it. */
int file_replace_private(const char *path, struct str contents);
/* Appends the absolute path without symbolic links of a file that exists. */
int file_resolve(const char *path, struct buf *out);
/* Renames and syncs the directory. */
int file_rename(const char *from, const char *to);
/* Syncs the directory that holds `path`. */
int file_sync_directory_of(const char *path);
int file_remove(const char *path);                      /* 0 when it was not there */
int file_make_directory(const char *path, mode_t mode); /* 0 when it is there */
int file_change_directory(const char *path);
int file_current_directory(struct buf *out);
/* Disk space an ordinary user may still fill. */
int file_free_bytes(const char *path, uint64_t *bytes);

/* The paths a shell pattern stands for, sorted; the pattern itself when it has no wildcards. None:
 * 0 names. */
int file_expand(const char *pattern, struct file_names *names);
/* The entries of a directory, sorted, without "." and "..". */
int file_list(const char *directory, struct file_names *names);

#endif
