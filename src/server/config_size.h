/* Amounts of memory as configuration files write them.
 *
 * "1k" is 1000 bytes and "1kb" 1024, likewise m, mb, g and gb, in upper or lower case; a plain
 * number or "b" is bytes. */
#ifndef SKEIN_SERVER_CONFIG_SIZE_H
#define SKEIN_SERVER_CONFIG_SIZE_H

#include "base/buf.h"
#include "base/str.h"

/* False for anything that is not an amount, and for amounts above INT64_MAX. "" is 0. */
bool config_size_parse(struct str text, int64_t *bytes);
/* Whole gb, mb or kb if the amount is that, else bytes; reads back as the same amount. */
void config_size_format(struct buf *out, int64_t bytes);

#endif
