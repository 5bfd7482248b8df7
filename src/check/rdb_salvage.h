/* Writes what is still intact of a damaged snapshot, and tells what was lost.
 *
 * Behind a record that cannot be read it looks for the next place from which several records in a
 * row make sense. What comes after that is taken again; what stands alone between two damages is
 * not. Nothing tells whether a value that can be read is the one that was written: where the
 * checksum fails, that is said. */
#ifndef SKEIN_CHECK_RDB_SALVAGE_H
#define SKEIN_CHECK_RDB_SALVAGE_H

#include <stdbool.h>

enum salvage_verdict { SALVAGE_WHOLE, SALVAGE_LOST_SOME, SALVAGE_FAILED };

enum salvage_verdict rdb_salvage(const char *path, const char *out);

#endif
