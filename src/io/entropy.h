/* Random bytes from the kernel, fit for secrets. Aborts when the kernel has none, which does not
 * happen after boot. */
#ifndef SKEIN_IO_ENTROPY_H
#define SKEIN_IO_ENTROPY_H

#include "base/hash.h"

void entropy_fill(void *bytes, size_t len);
uint64_t entropy_u64(void);
struct hash_seed entropy_hash_seed(void);
/* `len` lower-case hexadecimal digits and a NUL; 40 make a run id. */
void entropy_hex(char *out, size_t len);

#endif
