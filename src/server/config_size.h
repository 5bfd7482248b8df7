/* Amounts of memory as configuration files write them.
 *
 * "1k" is 1000 bytes and "1kb" 1024, likewise m, mb, g and gb, in upper or lower case; a plain
 * number or "b" is bytes. */
#ifndef SKEIN_SERVER_CONFIG_SIZE_H
#define SKEIN_SERVER_CONFIG_SIZE_H

#include "base/buf.h"
#include "base/str.h"

enum config_size_verdict {
    CONFIG_SIZE_GOOD,
    CONFIG_SIZE_MALFORMED,
    CONFIG_SIZE_TOO_BIG, /* an amount above INT64_MAX */
};

/* "" is 0. Sets *bytes only for a good one. */
enum config_size_verdict config_size_parse(struct str text, int64_t *bytes);
/* Whole gb, mb or kb if the amount is that, else bytes; reads back as the same amount. */
void config_size_format(struct buf *out, int64_t bytes);

#endif
