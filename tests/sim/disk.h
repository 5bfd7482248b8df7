/* The disk of a simulated machine: a flat table of paths over files in memory.
 *
 * A kill leaves all that was written. A loss of power leaves of each file what was synced and a
 * part of what was appended after that, and of the names what the last sync of a directory had and
 * some of the changes since, in their order. Truncating is durable at once, and a sync of one
 * directory syncs all: the disk is kinder than some, and says nothing about those. */
#ifndef SKEIN_SIM_DISK_H
#define SKEIN_SIM_DISK_H

#include <stdbool.h>
#include <stdint.h>

struct sim_disk;
struct node;

struct sim_disk *disk_new(struct node *node);
void disk_free(struct sim_disk *disk);
/* What there is after the crash, as another disk. */
struct sim_disk *disk_after_crash(const struct sim_disk *disk, bool loses_power);
/* The machine loses power at the n-th change from now on (0: not). What there was then is what
 * disk_after_crash gives. */
struct sim_disk *disk_take_remains(struct sim_disk *disk);
void disk_doom(struct sim_disk *disk, uint64_t after_changes);
/* How many bytes there is room for. */
void disk_set_capacity(struct sim_disk *disk, int64_t bytes);
bool disk_is_full(const struct sim_disk *disk);
int64_t disk_used(const struct sim_disk *disk);

#endif
