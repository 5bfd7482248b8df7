/* Reads a snapshot as a server would, and tells what it says and where it is wrong. */
#ifndef SKEIN_CHECK_RDB_CHECK_H
#define SKEIN_CHECK_RDB_CHECK_H

#include "snapshot/rdb_file_read.h"

#include <stdio.h>

enum { CHECK_DATABASES = 1 << 16 }; /* more than any server has */

/* How far a reading is, on a terminal only. */
struct check_meter {
    bool is_shown;
    uint64_t size, next;
};
struct check_meter check_meter_of(uint64_t size);
void check_meter_move(struct check_meter *meter, uint64_t at);
void check_meter_end(struct check_meter *meter);

/* What a file holds, for messages. */
struct check_count {
    uint64_t keys, expiring, expired;
};
void check_count_print(const struct check_count *count);

/* True when the file is whole. */
bool rdb_check(const char *path);

#endif
