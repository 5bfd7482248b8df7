#include "base/crc64.h"

#if defined(__has_include)
#if __has_include(<isa-l/crc64.h>)
#include <isa-l/crc64.h>
#define HAS_ISAL 1
#endif
#endif

/* What each value of four bits contributes: the polynomial, reflected, divided four times. */
static const uint64_t NIBBLES[16] = {
    0x0000000000000000, 0x7d08ff3b88be6f81, 0xfa11fe77117cdf02, 0x8719014c99c2b083,
    0xdf7adabd7a6e2d6f, 0xa2722586f2d042ee, 0x256b24ca6b12f26d, 0x5863dbf1e3ac9dec,
    0x95ac9329ac4bc9b5, 0xe8a46c1224f5a634, 0x6fbd6d5ebd3716b7, 0x12b5926535897936,
    0x4ad64994d625e4da, 0x37deb6af5e9b8b5b, 0xb0c7b7e3c7593bd8, 0xcdcf48d84fe75459,
};

uint64_t crc64_portable(uint64_t crc, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < len; i++) {
        crc = NIBBLES[(crc ^ at[i]) & 15] ^ (crc >> 4);
        crc = NIBBLES[(crc ^ (at[i] >> 4)) & 15] ^ (crc >> 4);
    }
    return crc;
}

#if defined(HAS_ISAL) && defined(__x86_64__)
/* ISA-L returns with the upper halves of the vector registers in use, where it has code for
 * AVX-512. Until somebody empties them, the processor waits at each change between old and new
 * vector instructions, and between our code and the copies of libc there are several for each key:
 * a load took 1.7 times as long. */
static void leave_avx(void)
{
    if (__builtin_cpu_supports("avx")) __asm__ volatile("vzeroupper");
}
#elif defined(HAS_ISAL)
static void leave_avx(void)
{
}
#endif

/* ISA-L complements the seed and the result, this checksum neither. */
uint64_t crc64(uint64_t crc, const void *bytes, size_t len)
{
#ifdef HAS_ISAL
    if (len) crc = ~crc64_jones_refl(~crc, bytes, len);
    leave_avx();
    return crc;
#else
    return crc64_portable(crc, bytes, len);
#endif
}
