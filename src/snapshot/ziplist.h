/* Reads ziplists, the form in which versions before 7.0 saved small lists, hashes and sorted
 * sets. */
#ifndef SKEIN_SNAPSHOT_ZIPLIST_H
#define SKEIN_SNAPSHOT_ZIPLIST_H

#include "store/packed.h"

/* Turns a ziplist into a packed run that the caller owns. False, and no run, when any byte of it is
 * wrong. */
bool ziplist_unpack(struct str ziplist, struct packed *packed);

#endif
