/* Proves: what liblzf packs is unpacked to the same bytes; damaged input gets the verdict and the
 * bytes that liblzf gives it, and touches nothing outside the target and its slack. */
#include "snapshot/lzf_unpack.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <lzf.h>

#include "base/mem.h"
#include "base/prng.h"

enum { LEN_MAX = 3000, GUARD = 16 };

/* Text that repeats itself over every short distance and many long ones. */
static size_t make_text(struct prng *prng, char *text)
{
    size_t len = 1 + prng_below(prng, LEN_MAX), at = 0;
    while (at < len) {
        size_t run = 1 + prng_below(prng, 300);
        size_t back = at ? 1 + prng_below(prng, at < 40 || prng_below(prng, 3) == 0 ? at : 40) : 0;
        bool is_fresh = back == 0 || prng_below(prng, 3) == 0;
        if (is_fresh) run = 1 + run % 40;
        for (; run && at < len; run--, at++) {
            text[at] = is_fresh ? (char)prng_below(prng, 256) : text[at - back];
        }
    }
    return len;
}

/* Unpacks into memory of exactly the size that is asked for, so that sanitizers see the ends. */
static bool unpacks_as_liblzf_does(struct str packed, size_t len)
{
    char *in = mem_strndup(packed.ptr, packed.len), *expected = mem_alloc(len);
    char *out = mem_alloc(len + LZF_SLACK + GUARD);
    memset(out + len + LZF_SLACK, 0x5a, GUARD);
    bool done = lzf_unpack(str_of(in, packed.len), out, len);
    bool sound = lzf_decompress(in, (unsigned)packed.len, expected, (unsigned)len) == len;
    assert_int_equal(done, sound);
    if (sound) assert_memory_equal(out, expected, len);
    for (size_t i = 0; i < GUARD; i++) assert_int_equal(out[len + LZF_SLACK + i], 0x5a);
    mem_free(in);
    mem_free(expected);
    mem_free(out);
    return done;
}

static void what_was_packed_is_unpacked(void **state)
{
    (void)state;
    char text[LEN_MAX], packed[2 * LEN_MAX];
    struct prng prng;
    prng_init(&prng, 1);
    int compressible = 0;
    for (int round = 0; round < 2000; round++) {
        size_t len = make_text(&prng, text);
        unsigned size = lzf_compress(text, (unsigned)len, packed, sizeof(packed));
        if (size == 0) continue;
        compressible++;
        assert_true(unpacks_as_liblzf_does(str_of(packed, size), len));
    }
    assert_true(compressible > 1500);
}

static void damage_gets_the_same_verdict(void **state)
{
    (void)state;
    char text[LEN_MAX], packed[2 * LEN_MAX];
    struct prng prng;
    prng_init(&prng, 2);
    for (int round = 0; round < 5000; round++) {
        size_t len = make_text(&prng, text);
        unsigned size = lzf_compress(text, (unsigned)len, packed, sizeof(packed));
        if (size == 0) continue;
        for (uint64_t flips = 1 + prng_below(&prng, 3); flips; flips--) {
            packed[prng_below(&prng, size)] = (char)prng_below(&prng, 256);
        }
        size_t kept = prng_below(&prng, 2) ? size : 1 + prng_below(&prng, size);
        size_t asked = prng_below(&prng, 2) ? len : 1 + prng_below(&prng, LEN_MAX);
        unpacks_as_liblzf_does(str_of(packed, kept), asked);
    }
}

/* `distance` different bytes, and a reference to all of them, `len` long. */
static size_t make_repeating(unsigned char *packed, size_t distance, size_t len)
{
    size_t at = 0, beyond = len - 2;
    for (size_t done = 0; done < distance; done++) {
        if (done % 20 == 0)
            packed[at++] = (unsigned char)((distance - done < 20 ? distance - done : 20) - 1);
        packed[at++] = (unsigned char)done;
    }
    packed[at++] = (unsigned char)((beyond < 7 ? beyond : 7) << 5);
    if (beyond >= 7) packed[at++] = (unsigned char)(beyond - 7);
    packed[at++] = (unsigned char)(distance - 1);
    return at;
}

static void every_short_distance_repeats(void **state)
{
    (void)state;
    unsigned char packed[80];
    for (size_t distance = 1; distance <= 40; distance++) {
        for (size_t len = 3; len <= 264; len++) {
            size_t size = make_repeating(packed, distance, len);
            struct str all = str_of((const char *)packed, size);
            assert_true(unpacks_as_liblzf_does(all, distance + len));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_packed_is_unpacked),
        cmocka_unit_test(damage_gets_the_same_verdict),
        cmocka_unit_test(every_short_distance_repeats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
