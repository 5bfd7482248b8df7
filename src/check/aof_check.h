/* Reads an append-only file as a server would, without running anything, and tells what it says,
 * what its checksum lines vouch for, and where it is wrong; cuts it where it may be cut. */
#ifndef SKEIN_CHECK_AOF_CHECK_H
#define SKEIN_CHECK_AOF_CHECK_H

#include <stdbool.h>
#include <stdint.h>

struct aof_check_options {
    bool fixes;        /* cut the last file behind its last whole unit, when the user agrees */
    int64_t to_time_s; /* cut the last file where later writes begin; -1: do not */
};

/* A manifest with all its files, or a single file of requests, with or without a snapshot in front.
 * True when it is whole, or has been made so. */
bool aof_check(const char *path, const struct aof_check_options *options);

#endif
