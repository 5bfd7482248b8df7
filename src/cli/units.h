/* Amounts of bytes as people read them. */
#ifndef SKEIN_CLI_UNITS_H
#define SKEIN_CLI_UNITS_H

enum { UNITS_MAX = 32 };

/* "832B", "1.25M": writes into `out`, which has UNITS_MAX bytes, and returns it. */
const char *units_bytes(char *out, double bytes);

#endif
