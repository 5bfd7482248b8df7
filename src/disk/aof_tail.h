/* What a power cut leaves at the end of a file: a file system may have noted the file's new size
 * before the bytes, and gives zeros then. No unit of an append-only file ends with a zero. */
#ifndef SKEIN_DISK_AOF_TAIL_H
#define SKEIN_DISK_AOF_TAIL_H

#include <stdbool.h>
#include <stdint.h>

/* There is at least one byte from `from` on, and all of them are zero; false when they cannot be
 * read. */
bool aof_ends_in_zeros(int fd, int64_t from);

#endif
