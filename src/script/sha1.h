/* SHA-1, by which scripts are known. */
#ifndef SKEIN_SCRIPT_SHA1_H
#define SKEIN_SCRIPT_SHA1_H

#include "base/str.h"

enum { SHA1_HEX_LEN = 40 };

/* Writes 40 digits and a NUL. */
void sha1_hex(struct str bytes, char *hex);

#endif
