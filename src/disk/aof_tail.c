#include "disk/aof_tail.h"

#include "io/file.h"

enum { STEP = 64 * 1024 };

static bool are_zeros(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i]) return false;
    }
    return true;
}

bool aof_ends_in_zeros(int fd, int64_t from)
{
    struct buf bytes = {0};
    char *room = buf_reserve(&bytes, STEP);
    int64_t at = from;
    ssize_t len;
    bool is_zero = true;
    while (is_zero && (len = file_read_at(fd, room, STEP, at)) != 0) {
        is_zero = len > 0 && are_zeros(room, (size_t)len);
        at += len;
    }
    buf_deinit(&bytes);
    return is_zero && at > from;
}
