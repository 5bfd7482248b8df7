/* Unpacks LZF, the compression of strings in RDB files.
 *
 * liblzf, which packs them, can do this as well, but copies with `rep movsb`: processors are slow
 * at that when source and target overlap, which they do in every run of equal bytes. What is
 * unpacked is hostile: nothing outside the two pieces of memory is read or written, the slack
 * behind the target aside, and a reference to before its beginning is refused. */
#ifndef SKEIN_SNAPSHOT_LZF_UNPACK_H
#define SKEIN_SNAPSHOT_LZF_UNPACK_H

#include "base/str.h"

/* So many bytes behind the target are overwritten with anything: copies are made in steps. */
enum { LZF_SLACK = 32 };

/* Writes exactly `len` bytes to `out`, which has room for LZF_SLACK more; false when that is not
 * what `packed` holds. */
bool lzf_unpack(struct str packed, char *out, size_t len);

#endif
