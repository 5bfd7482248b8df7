/* CRC-64 with the Jones polynomial, reflected, from zero and without a final complement: the
 * checksum of RDB files and of DUMP. */
#ifndef SKEIN_BASE_CRC64_H
#define SKEIN_BASE_CRC64_H

#include <stddef.h>
#include <stdint.h>

/* Continues `crc` (0 at first) over more bytes. */
uint64_t crc64(uint64_t crc, const void *bytes, size_t len);
/* The same without ISA-L. */
uint64_t crc64_portable(uint64_t crc, const void *bytes, size_t len);

#endif
