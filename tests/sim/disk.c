#include "sim/disk.h"

#include "base/assert.h"
#include "base/mem.h"
#include "io/file.h"
#include "sim/node.h"
#include "sim/worker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { PATHS = 64, PATH_LEN = 120, FDS = 64, FIRST_FD = 1000, CHANGES = 256, SLOW_US = 8 * MS };

struct inode {
    int refs;
    struct buf bytes;
    size_t synced; /* bytes at the front that survive */
    bool is_directory;
    mode_t mode;
    int64_t modified_us;
    uint64_t number;
};

struct name {
    char path[PATH_LEN];
    struct inode *inode; /* NULL: free */
};

/* A change of names that no sync of a directory has made durable: `path` is now `inode` (NULL:
 * removed). */
struct change {
    char path[PATH_LEN];
    struct inode *inode;
};

struct open_file {
    struct inode *inode;
    size_t at;
    bool appends;
};

struct sim_disk {
    struct node *node;
    struct name names[PATHS], durable[PATHS];
    struct change changes[CHANGES];
    size_t change_count;
    struct open_file open[FDS];
    char directory[PATH_LEN];
    int64_t capacity, used;
    uint64_t inodes;
    uint64_t doom;            /* changes until the power goes; 0: it does not */
    struct sim_disk *remains; /* what there was when it went */
    uint64_t temporary;
};

static struct sim_disk *here(void)
{
    return sim->running->disk;
}

/* --- inodes and names --- */

static struct inode *inode_new(struct sim_disk *disk)
{
    struct inode *inode = mem_new(struct inode);
    inode->modified_us = sim->now_us;
    inode->mode = 0600;
    inode->number = ++disk->inodes;
    return inode;
}

static struct inode *inode_ref(struct inode *inode)
{
    if (inode) inode->refs++;
    return inode;
}

static void inode_unref(struct sim_disk *disk, struct inode *inode)
{
    if (inode == NULL || --inode->refs > 0) return;
    disk->used -= (int64_t)inode->bytes.len;
    buf_deinit(&inode->bytes);
    mem_free(inode);
}

static void full_path(const struct sim_disk *disk, const char *path, char out[PATH_LEN])
{
    size_t len = 0, more = strlen(path);
    if (path[0] != '/') {
        len = strlen(disk->directory);
        memcpy(out, disk->directory, len);
        out[len++] = '/';
    }
    ASSERT(len + more < PATH_LEN);
    memcpy(out + len, path, more + 1);
}

static struct name *find_name(struct name *names, const char *path)
{
    for (size_t i = 0; i < PATHS; i++)
        if (names[i].inode && strcmp(names[i].path, path) == 0) return &names[i];
    return NULL;
}

static void set_name(struct sim_disk *disk, struct name *names, const char *path,
                     struct inode *inode)
{
    struct name *name = find_name(names, path);
    for (size_t i = 0; !name && inode && i < PATHS; i++)
        if (names[i].inode == NULL) name = &names[i];
    if (name == NULL) {
        ASSERT(inode == NULL);
        return;
    }
    memcpy(name->path, path, strlen(path) + 1);
    struct inode *old = name->inode;
    name->inode = inode_ref(inode);
    inode_unref(disk, old);
}

static struct inode *find(const char *path)
{
    char full[PATH_LEN];
    full_path(here(), path, full);
    struct name *name = find_name(here()->names, full);
    return name ? name->inode : NULL;
}

/* --- the loss of power --- */

/* Something changes; this may be the moment at which the machine dies. */
static void pass(struct sim_disk *disk)
{
    if (disk->doom == 0 || --disk->doom > 0) return;
    disk->remains = disk_after_crash(disk, true);
    disk->node->is_doomed = true;
}

static void change_name(struct sim_disk *disk, const char *path, struct inode *inode)
{
    char full[PATH_LEN];
    full_path(disk, path, full);
    pass(disk);
    ASSERT(disk->change_count < CHANGES);
    struct change *change = &disk->changes[disk->change_count++];
    memcpy(change->path, full, sizeof(full));
    change->inode = inode_ref(inode);
    set_name(disk, disk->names, full, inode);
}

static void sync_names(struct sim_disk *disk)
{
    for (size_t i = 0; i < disk->change_count; i++) {
        set_name(disk, disk->durable, disk->changes[i].path, disk->changes[i].inode);
        inode_unref(disk, disk->changes[i].inode);
    }
    disk->change_count = 0;
}

static void copy_file(struct sim_disk *to, const struct inode *from, const char *path, size_t len)
{
    struct name *known = find_name(to->names, path);
    ASSERT(known == NULL);
    struct inode *inode = inode_new(to);
    inode->is_directory = from->is_directory;
    inode->mode = from->mode;
    inode->modified_us = from->modified_us;
    buf_append(&inode->bytes, from->bytes.ptr, len);
    inode->synced = len;
    to->used += (int64_t)len;
    set_name(to, to->names, path, inode);
    set_name(to, to->durable, path, inode);
}

/* Of what was not synced, all, nothing, or some. */
static size_t surviving_len(const struct inode *inode)
{
    size_t len = inode->bytes.len;
    if (inode->synced >= len) return len;
    switch (sim_below(3)) {
    case 0:
        return len;
    case 1:
        return inode->synced;
    default:
        return inode->synced + sim_below(len - inode->synced + 1);
    }
}

struct sim_disk *disk_after_crash(const struct sim_disk *disk, bool loses_power)
{
    struct sim_disk *fresh = disk_new(disk->node);
    struct name names[PATHS];
    fresh->capacity = disk->capacity;
    set_name(fresh, fresh->names, "/data", NULL);
    set_name(fresh, fresh->durable, "/data", NULL);
    memcpy(names, loses_power ? disk->durable : disk->names, sizeof(names));
    size_t survive = loses_power ? sim_below(disk->change_count + 1) : 0;
    for (size_t i = 0; i < survive; i++) {
        const struct change *change = &disk->changes[i];
        struct name *name = find_name(names, change->path);
        for (size_t j = 0; !name && j < PATHS; j++)
            if (names[j].inode == NULL) name = &names[j];
        memcpy(name->path, change->path, PATH_LEN);
        name->inode = change->inode;
    }
    for (size_t i = 0; i < PATHS; i++) {
        if (names[i].inode == NULL) continue;
        size_t len = loses_power ? surviving_len(names[i].inode) : names[i].inode->bytes.len;
        copy_file(fresh, names[i].inode, names[i].path, len);
    }
    return fresh;
}

/* --- life --- */

struct sim_disk *disk_new(struct node *node)
{
    struct sim_disk *disk = mem_new(struct sim_disk);
    disk->node = node;
    disk->capacity = INT64_MAX;
    memcpy(disk->directory, "/data", sizeof("/data"));
    struct inode *root = inode_new(disk);
    root->is_directory = true;
    set_name(disk, disk->names, "/data", root);
    set_name(disk, disk->durable, "/data", root);
    return disk;
}

void disk_free(struct sim_disk *disk)
{
    if (disk == NULL) return;
    sync_names(disk);
    for (size_t i = 0; i < FDS; i++) inode_unref(disk, disk->open[i].inode);
    for (size_t i = 0; i < PATHS; i++) {
        inode_unref(disk, disk->names[i].inode);
        inode_unref(disk, disk->durable[i].inode);
    }
    disk_free(disk->remains);
    mem_free(disk);
}

struct sim_disk *disk_take_remains(struct sim_disk *disk)
{
    struct sim_disk *remains = disk->remains;
    disk->remains = NULL;
    return remains;
}

void disk_doom(struct sim_disk *disk, uint64_t after_changes)
{
    disk->doom = after_changes;
}

void disk_set_capacity(struct sim_disk *disk, int64_t bytes)
{
    disk->capacity = bytes;
}

/* Or so nearly that it soon will be. */
bool disk_is_full(const struct sim_disk *disk)
{
    return disk->capacity < INT64_MAX;
}

int64_t disk_used(const struct sim_disk *disk)
{
    return disk->used;
}

/* --- open files --- */

static struct open_file *file_of(int fd)
{
    ASSERT(fd >= FIRST_FD && fd < FIRST_FD + FDS && here()->open[fd - FIRST_FD].inode);
    return &here()->open[fd - FIRST_FD];
}

int file_open(const char *path, enum file_access access)
{
    return file_open_mode(path, access, 0600);
}

static void set_len(struct sim_disk *disk, struct inode *inode, size_t len)
{
    disk->used += (int64_t)len - (int64_t)inode->bytes.len;
    if (len > inode->bytes.len) {
        size_t more = len - inode->bytes.len;
        memset(buf_reserve(&inode->bytes, more), 0, more);
    }
    inode->bytes.len = len;
    if (inode->synced > len) inode->synced = len;
    inode->modified_us = sim->now_us;
}

static int open_inode(struct sim_disk *disk, struct inode *inode, bool appends)
{
    size_t slot = 0;
    while (slot < FDS && disk->open[slot].inode) slot++;
    ASSERT(slot < FDS);
    disk->open[slot] = (struct open_file){.inode = inode_ref(inode), .appends = appends};
    return FIRST_FD + (int)slot;
}

int file_open_mode(const char *path, enum file_access access, mode_t mode)
{
    struct sim_disk *disk = here();
    struct inode *inode = find(path);
    bool may_make = access == FILE_CREATE || access == FILE_CREATE_NEW || access == FILE_APPEND;
    if (inode && access == FILE_CREATE_NEW) return -EEXIST;
    if (inode && inode->is_directory) return -EISDIR;
    if (inode == NULL && !may_make) return -ENOENT;
    if (inode == NULL) {
        inode = inode_new(disk);
        inode->mode = mode;
        change_name(disk, path, inode);
    } else if (access == FILE_CREATE) {
        pass(disk);
        set_len(disk, inode, 0);
    }
    return open_inode(disk, inode, access == FILE_APPEND);
}

/* After a crash nothing of it is left. */
int file_open_nameless(const char *path)
{
    (void)path;
    return open_inode(here(), inode_new(here()), false);
}

int file_close(int fd)
{
    struct open_file *file = file_of(fd);
    inode_unref(here(), file->inode);
    *file = (struct open_file){0};
    return 0;
}

ssize_t file_read_at(int fd, void *bytes, size_t size, int64_t offset)
{
    const struct buf *from = &file_of(fd)->inode->bytes;
    if (offset < 0 || (size_t)offset >= from->len) return 0;
    size_t left = from->len - (size_t)offset, len = size < left ? size : left;
    memcpy(bytes, from->ptr + offset, len);
    return (ssize_t)len;
}

ssize_t file_read(int fd, void *bytes, size_t size)
{
    struct open_file *file = file_of(fd);
    if (size > 4096) lane_take_time(MS / 2);
    ssize_t got = file_read_at(fd, bytes, size, (int64_t)file->at);
    if (got > 0) file->at += (size_t)got;
    return got;
}

/* Takes what there is room for. */
static size_t put_at(struct inode *inode, size_t at, const void *bytes, size_t len)
{
    struct sim_disk *disk = here();
    if (at > inode->bytes.len) set_len(disk, inode, at);
    size_t grows = at + len > inode->bytes.len ? at + len - inode->bytes.len : 0;
    int64_t room = disk->capacity - disk->used;
    if (room < 0) room = 0;
    if ((int64_t)grows > room) {
        len -= grows - (size_t)room;
        grows = (size_t)room;
    }
    pass(disk);
    if (len == 0) return 0;
    set_len(disk, inode, inode->bytes.len + grows);
    memcpy(inode->bytes.ptr + at, bytes, len);
    if (inode->synced > at) inode->synced = at;
    return len;
}

static size_t put(struct open_file *file, const void *bytes, size_t len)
{
    size_t at = file->appends ? file->inode->bytes.len : file->at;
    size_t taken = put_at(file->inode, at, bytes, len);
    file->at = at + taken;
    return taken;
}

int file_write_at(int fd, const void *bytes, size_t len, int64_t offset)
{
    lane_take_time(MS / 2);
    return put_at(file_of(fd)->inode, (size_t)offset, bytes, len) == len ? 0 : -ENOSPC;
}

int file_write(int fd, const void *bytes, size_t len, size_t *done)
{
    struct iovec piece = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = len};
    return file_writev(fd, &piece, 1, done);
}

int file_writev(int fd, struct iovec *pieces, int count, size_t *done)
{
    size_t total = 0;
    int error = 0;
    for (int i = 0; i < count && error == 0; i++) {
        size_t taken = put(file_of(fd), pieces[i].iov_base, pieces[i].iov_len);
        total += taken;
        if (taken < pieces[i].iov_len) error = -ENOSPC;
    }
    lane_take_time(MS / 2);
    if (done) *done = total;
    return error;
}

int file_sync(int fd)
{
    lane_take_time(SLOW_US);
    struct inode *inode = file_of(fd)->inode;
    pass(here());
    inode->synced = inode->bytes.len;
    return 0;
}

int file_sync_data(int fd)
{
    return file_sync(fd);
}

int file_sync_begin(int fd, int64_t offset, int64_t len)
{
    (void)fd;
    (void)offset;
    (void)len;
    return 0;
}

int file_truncate(int fd, int64_t len)
{
    pass(here());
    set_len(here(), file_of(fd)->inode, (size_t)len);
    return 0;
}

/* --- facts --- */

static void describe(const struct inode *inode, struct file_info *info)
{
    *info = (struct file_info){.size_bytes = (int64_t)inode->bytes.len,
                               .modified_us = inode->modified_us,
                               .device = 1,
                               .inode = inode->number,
                               .mode = inode->mode,
                               .is_directory = inode->is_directory,
                               .is_regular = !inode->is_directory};
}

int file_info(const char *path, struct file_info *info)
{
    struct inode *inode = find(path);
    if (inode == NULL) return -ENOENT;
    describe(inode, info);
    return 0;
}

int file_info_unfollowed(const char *path, struct file_info *info)
{
    return file_info(path, info);
}

int file_info_fd(int fd, struct file_info *info)
{
    describe(file_of(fd)->inode, info);
    return 0;
}

bool file_exists(const char *path)
{
    return find(path) != NULL;
}

int file_read_all(const char *path, size_t max, struct buf *out)
{
    struct inode *inode = find(path);
    if (inode == NULL) return -ENOENT;
    if (inode->bytes.len > max) return -EFBIG;
    buf_append(out, inode->bytes.ptr, inode->bytes.len);
    return 0;
}

int file_resolve(const char *path, struct buf *out)
{
    char full[PATH_LEN];
    if (find(path) == NULL) return -ENOENT;
    full_path(here(), path, full);
    buf_append_c(out, full);
    return 0;
}

int file_free_bytes(const char *path, uint64_t *bytes)
{
    (void)path;
    int64_t room = here()->capacity - here()->used;
    *bytes = room > 0 ? (uint64_t)room : 0;
    return 0;
}

/* --- names --- */

int file_sync_directory_of(const char *path)
{
    (void)path;
    lane_take_time(SLOW_US);
    pass(here());
    sync_names(here());
    return 0;
}

int file_rename(const char *from, const char *to)
{
    struct inode *inode = inode_ref(find(from));
    if (inode == NULL) return -ENOENT;
    change_name(here(), to, inode);
    change_name(here(), from, NULL);
    inode_unref(here(), inode);
    return file_sync_directory_of(to);
}

int file_remove(const char *path)
{
    if (find(path)) change_name(here(), path, NULL);
    return 0;
}

int file_replace(const char *path, struct str contents)
{
    char temporary[PATH_LEN + 24];
    snprintf(temporary, sizeof(temporary), "%s.tmp-%06llu", path,
             (unsigned long long)++here()->temporary);
    int fd = file_open(temporary, FILE_CREATE_NEW);
    if (fd < 0) return fd;
    int error = file_write(fd, contents.ptr, contents.len, NULL);
    if (error == 0) error = file_sync(fd);
    file_close(fd);
    if (error == 0) return file_rename(temporary, path);
    file_remove(temporary);
    return error;
}

int file_replace_private(const char *path, struct str contents)
{
    return file_replace(path, contents);
}

int file_make_directory(const char *path, mode_t mode)
{
    struct inode *inode = find(path);
    if (inode) return inode->is_directory ? 0 : -EEXIST;
    inode = inode_new(here());
    inode->is_directory = true;
    inode->mode = mode;
    change_name(here(), path, inode);
    return 0;
}

int file_change_directory(const char *path)
{
    char full[PATH_LEN];
    if (find(path) == NULL) return -ENOENT;
    full_path(here(), path, full);
    memcpy(here()->directory, full, sizeof(full));
    return 0;
}

int file_current_directory(struct buf *out)
{
    buf_append_c(out, here()->directory);
    return 0;
}

/* --- lists --- */

int file_expand(const char *pattern, struct file_names *names)
{
    *names = (struct file_names){0};
    file_names_add(names, pattern);
    return 0;
}

int file_list(const char *directory, struct file_names *names)
{
    char full[PATH_LEN];
    *names = (struct file_names){0};
    if (find(directory) == NULL) return -ENOENT;
    full_path(here(), directory, full);
    size_t len = strlen(full);
    for (size_t i = 0; i < PATHS; i++) {
        const struct name *name = &here()->names[i];
        bool is_inside = name->inode && strncmp(name->path, full, len) == 0 &&
                         name->path[len] == '/' && strchr(name->path + len + 1, '/') == NULL;
        if (is_inside) file_names_add(names, name->path + len + 1);
    }
    file_names_sort(names);
    return 0;
}
