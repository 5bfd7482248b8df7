/* Which history of the append-only file is kept: the newest increments behind which replicas may
 * still be, up to so many bytes and so old. Bases that were replaced are never kept. */
#ifndef SKEIN_JOURNAL_SEGMENTS_H
#define SKEIN_JOURNAL_SEGMENTS_H

#include "journal/manifest.h"

struct segment_limits {
    int64_t bytes; /* of all kept together */
    int64_t age_s; /* of each; 0: any */
    int64_t now_s;
};

/* The first history file that is not to be kept any more; NULL: all are kept. */
const struct manifest_file *segments_expired(const struct manifest *manifest,
                                             const struct segment_limits *limits);

#endif
