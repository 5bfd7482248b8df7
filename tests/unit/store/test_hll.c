/* Proves: sketches are byte for byte those of Redis, sparse and dense, and give its estimates; a
 * sketch that does not add up is refused everywhere, and none is read beyond its end. */
#include "store/hll.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/prng.h"

enum { SPARSE_MAX = 3000 };

static uint64_t fingerprint(struct str bytes)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t i = 0; i < bytes.len; i++) hash = (hash ^ (uint8_t)bytes.ptr[i]) * 0x100000001b3;
    return hash;
}

static void add(struct buf *sketch, const char *element)
{
    assert_int_not_equal(hll_raise(sketch, hll_hit(str_from_c(element)), SPARSE_MAX), HLL_CORRUPT);
}

static struct buf sketch_of_first(int count)
{
    struct buf sketch = {0};
    hll_append_empty(&sketch);
    hll_uncache(sketch.ptr);
    for (int i = 0; i < count; i++) {
        char element[16];
        sprintf(element, "e%d", i);
        add(&sketch, element);
    }
    return sketch;
}

/* What redis-server 7.0.15 holds after PFADD of e0, e1, ... and PFCOUNT. */
static void sketches_have_the_bytes_and_estimates_of_redis(void **state)
{
    (void)state;
    static const struct {
        int added;
        size_t len;
        uint64_t fingerprint, cardinality;
    } cases[] = {
        {0, 18, 0x524bc36d036c0579u, 0},          {1, 21, 0xfffb6faeff77f7cdu, 1},
        {2, 24, 0x4f94c0275f897b7du, 2},          {10, 48, 0x4afcb65d27f7d346u, 10},
        {100, 285, 0xb8de76dab4a4065eu, 100},     {300, 713, 0xa4cfffba965d1718u, 302},
        {700, 1403, 0x0ed701849c3106ecu, 704},    {1000, 1906, 0x5935de0232806824u, 1008},
        {5000, 12304, 0x805246753a1cdadau, 4968}, {100000, 12304, 0xafbf1713dc5ba3c8u, 100853},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf sketch = sketch_of_first(cases[i].added);
        uint64_t cardinality = 0;
        assert_int_equal(sketch.len, cases[i].len);
        assert_int_equal(fingerprint(buf_str(&sketch)), cases[i].fingerprint);
        assert_true(hll_count(buf_str(&sketch), &cardinality));
        assert_int_equal(cardinality, cases[i].cardinality);
        buf_deinit(&sketch);
    }
}

static void a_small_sketch_is_laid_out_as_in_redis(void **state)
{
    (void)state;
    static const char expected[] = "HYLL\x01\0\0\0\0\0\0\0\0\0\0\x80"
                                   "\x60\xf3\x80\x50\xb1\x84\x4b\xfb\x80\x42\x5a";
    struct buf sketch = {0};
    hll_append_empty(&sketch);
    add(&sketch, "a");
    add(&sketch, "b");
    add(&sketch, "c");
    assert_int_equal(sketch.len, sizeof(expected) - 1);
    assert_memory_equal(sketch.ptr, expected, sketch.len);
    buf_deinit(&sketch);
}

static void raising_says_whether_anything_changed(void **state)
{
    (void)state;
    for (int dense = 0; dense < 2; dense++) {
        struct buf sketch = {0};
        hll_append_empty(&sketch);
        if (dense) assert_true(hll_make_dense(&sketch));
        struct hll_hit hit = {5, 7}, lower = {5, 6}, higher = {5, 8};
        assert_int_equal(hll_raise(&sketch, hit, SPARSE_MAX), HLL_RAISED);
        hll_cache(sketch.ptr, 1);
        assert_int_equal(hll_raise(&sketch, hit, SPARSE_MAX), HLL_SAME);
        assert_int_equal(hll_raise(&sketch, lower, SPARSE_MAX), HLL_SAME);
        uint64_t cardinality;
        assert_true(hll_cached(buf_str(&sketch), &cardinality));
        assert_int_equal(cardinality, 1);
        assert_int_equal(hll_raise(&sketch, higher, SPARSE_MAX), HLL_RAISED);
        assert_false(hll_cached(buf_str(&sketch), &cardinality));
        buf_deinit(&sketch);
    }
}

static void a_sparse_sketch_turns_dense_when_it_must(void **state)
{
    (void)state;
    struct buf sketch = {0};
    hll_append_empty(&sketch);
    assert_int_equal(hll_raise(&sketch, (struct hll_hit){9, 32}, SPARSE_MAX), HLL_RAISED);
    assert_int_equal(hll_kind(buf_str(&sketch)), HLL_SPARSE);
    assert_int_equal(hll_raise(&sketch, (struct hll_hit){8, 33}, SPARSE_MAX), HLL_RAISED);
    assert_int_equal(hll_kind(buf_str(&sketch)), HLL_DENSE);
    assert_int_equal(hll_dense_get(sketch.ptr, 9), 32);
    assert_int_equal(hll_dense_get(sketch.ptr, 8), 33);
    buf_deinit(&sketch);

    hll_append_empty(&sketch);
    assert_int_equal(hll_raise(&sketch, (struct hll_hit){9, 1}, 19), HLL_RAISED);
    assert_int_equal(hll_kind(buf_str(&sketch)), HLL_DENSE);
    buf_deinit(&sketch);
}

/* Any order of registers and values: sparse and dense end with the same registers. */
static void sparse_and_dense_agree_on_every_register(void **state)
{
    (void)state;
    struct prng prng;
    prng_init(&prng, 7);
    for (int round = 0; round < 20; round++) {
        struct buf sparse = {0}, dense = {0};
        hll_append_empty(&sparse);
        hll_append_empty(&dense);
        assert_true(hll_make_dense(&dense));
        unsigned span = round % 2 ? HLL_REGISTERS : 40;
        for (int i = 0; i < 400; i++) {
            struct hll_hit hit = {(unsigned)prng_below(&prng, span),
                                  1 + (unsigned)prng_below(&prng, 4)};
            enum hll_verdict verdict = hll_raise(&dense, hit, SPARSE_MAX);
            assert_int_equal(hll_raise(&sparse, hit, SPARSE_MAX), verdict);
        }
        assert_int_equal(hll_kind(buf_str(&sparse)), HLL_SPARSE);
        assert_true(hll_make_dense(&sparse));
        assert_memory_equal(sparse.ptr, dense.ptr, HLL_DENSE_LEN);
        buf_deinit(&sparse);
        buf_deinit(&dense);
    }
}

static void a_union_counts_what_either_sketch_counts(void **state)
{
    (void)state;
    struct buf few = sketch_of_first(100), many = sketch_of_first(5000);
    struct hll_registers *registers = mem_calloc(sizeof(*registers));
    uint64_t of_many = 0;
    assert_true(hll_merge(registers, buf_str(&few)));
    assert_int_equal(hll_count_registers(registers), 100);
    assert_true(hll_merge(registers, buf_str(&many)));
    assert_true(hll_count(buf_str(&many), &of_many));
    assert_int_equal(hll_count_registers(registers), of_many);
    mem_free(registers);
    buf_deinit(&few);
    buf_deinit(&many);
}

static void the_runs_of_a_sketch_are_listed_in_order(void **state)
{
    (void)state;
    struct buf sketch = {0};
    hll_append_empty(&sketch);
    hll_raise(&sketch, (struct hll_hit){70, 2}, SPARSE_MAX);
    hll_raise(&sketch, (struct hll_hit){73, 3}, SPARSE_MAX);
    hll_raise(&sketch, (struct hll_hit){71, 2}, SPARSE_MAX);
    static const struct hll_runs expected[] = {
        {.kind = HLL_RUN_XZERO, .first = 0, .len = 70},
        {.kind = HLL_RUN_VALUE, .first = 70, .len = 2, .value = 2},
        {.kind = HLL_RUN_ZERO, .first = 72, .len = 1},
        {.kind = HLL_RUN_VALUE, .first = 73, .len = 1, .value = 3},
        {.kind = HLL_RUN_XZERO, .first = 74, .len = HLL_REGISTERS - 74},
    };
    struct hll_runs runs = hll_runs_of(buf_str(&sketch));
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        assert_true(hll_runs_next(&runs));
        assert_int_equal(runs.kind, expected[i].kind);
        assert_int_equal(runs.first, expected[i].first);
        assert_int_equal(runs.len, expected[i].len);
        assert_int_equal(runs.value, expected[i].value);
    }
    assert_false(hll_runs_next(&runs));
    assert_true(hll_runs_complete(&runs));
    buf_deinit(&sketch);
}

static void only_sketches_are_taken_for_sketches(void **state)
{
    (void)state;
    static const char sparse[] = "HYLL\x01\0\0\0\0\0\0\0\0\0\0\0\x7f\xff";
    assert_int_equal(hll_kind(str_of(sparse, 18)), HLL_SPARSE);
    assert_int_equal(hll_kind(str_of(sparse, 16)), HLL_SPARSE);
    assert_int_equal(hll_kind(str_of(sparse, 15)), HLL_NO_SKETCH);
    assert_int_equal(hll_kind((struct str){0}), HLL_NO_SKETCH);
    static const char magic[] = "HYLX\x01\0\0\0\0\0\0\0\0\0\0\0\x7f\xff";
    assert_int_equal(hll_kind(str_of(magic, 18)), HLL_NO_SKETCH);
    static const char encoding[] = "HYLL\x02\0\0\0\0\0\0\0\0\0\0\0\x7f\xff";
    assert_int_equal(hll_kind(str_of(encoding, 18)), HLL_NO_SKETCH);
    static const char short_dense[] = "HYLL\x00\0\0\0\0\0\0\0\0\0\0\0\x7f\xff";
    assert_int_equal(hll_kind(str_of(short_dense, 18)), HLL_NO_SKETCH);
}

/* The bytes lie in an allocation of exactly their size, so that sanitizers see any step beyond. */
static struct buf hostile_sketch(const char *runs, size_t len)
{
    struct buf sketch = {mem_alloc(HLL_HEADER_LEN + len), HLL_HEADER_LEN + len,
                         HLL_HEADER_LEN + len};
    memcpy(sketch.ptr, "HYLL\x01\0\0\0\0\0\0\0\0\0\0\x80", HLL_HEADER_LEN);
    if (len) memcpy(sketch.ptr + HLL_HEADER_LEN, runs, len);
    return sketch;
}

static void assert_corrupt(const char *runs, size_t len)
{
    struct buf sketch = hostile_sketch(runs, len);
    struct hll_registers *registers = mem_calloc(sizeof(*registers));
    uint64_t cardinality;
    assert_false(hll_count(buf_str(&sketch), &cardinality));
    assert_false(hll_merge(registers, buf_str(&sketch)));
    assert_false(hll_make_dense(&sketch));
    assert_int_equal(sketch.len, HLL_HEADER_LEN + len);
    struct hll_hit unreachable = {HLL_REGISTERS - 1, 3};
    struct hll_runs all = hll_runs_of(buf_str(&sketch));
    while (hll_runs_next(&all)) continue;
    if (all.first + all.len < HLL_REGISTERS) {
        assert_int_equal(hll_raise(&sketch, unreachable, SPARSE_MAX), HLL_CORRUPT);
    }
    mem_free(registers);
    buf_deinit(&sketch);
}

static void sketches_that_do_not_add_up_are_corrupt(void **state)
{
    (void)state;
    assert_corrupt("", 0);                      /* no registers */
    assert_corrupt("\x7f\xfe", 2);              /* one too few */
    assert_corrupt("\x7f\xff\x00", 3);          /* one too many */
    assert_corrupt("\x7f\xfe\x81", 3);          /* the last run leads past the end */
    assert_corrupt("\x7f\xff\x80", 3);          /* a value behind the end */
    assert_corrupt("\x7f\xff\x7f", 3);          /* cut off in a two-byte run behind the end */
    assert_corrupt("\x7f", 1);                  /* cut off in a two-byte run */
    assert_corrupt("\x7f\xff\x7f\xff", 4);      /* twice as many */
    assert_corrupt("\x7f\xffhello world!", 14); /* text appended */
}

static void random_bytes_never_lead_outside(void **state)
{
    (void)state;
    struct prng prng;
    prng_init(&prng, 42);
    struct hll_registers *registers = mem_calloc(sizeof(*registers));
    for (int round = 0; round < 3000; round++) {
        char runs[64];
        size_t len = prng_below(&prng, sizeof(runs));
        for (size_t i = 0; i < len; i++) runs[i] = (char)prng_next(&prng);
        struct buf sketch = hostile_sketch(runs, len);
        uint64_t cardinality;
        bool counted = hll_count(buf_str(&sketch), &cardinality);
        assert_int_equal(hll_merge(registers, buf_str(&sketch)), counted);
        for (int i = 0; i < 8; i++) {
            struct hll_hit hit = {(unsigned)prng_below(&prng, HLL_REGISTERS),
                                  1 + (unsigned)prng_below(&prng, 51)};
            hll_raise(&sketch, hit, SPARSE_MAX);
        }
        hll_make_dense(&sketch);
        buf_deinit(&sketch);
    }
    mem_free(registers);
}

static void impossible_registers_give_an_estimate_all_the_same(void **state)
{
    (void)state;
    struct buf sketch = {0};
    hll_append_empty(&sketch);
    assert_true(hll_make_dense(&sketch));
    memset(sketch.ptr + HLL_HEADER_LEN, 0xff, HLL_DENSE_LEN - HLL_HEADER_LEN);
    uint64_t cardinality = 0;
    assert_true(hll_count(buf_str(&sketch), &cardinality));
    assert_int_equal(cardinality, INT64_MAX);
    buf_deinit(&sketch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sketches_have_the_bytes_and_estimates_of_redis),
        cmocka_unit_test(a_small_sketch_is_laid_out_as_in_redis),
        cmocka_unit_test(raising_says_whether_anything_changed),
        cmocka_unit_test(a_sparse_sketch_turns_dense_when_it_must),
        cmocka_unit_test(sparse_and_dense_agree_on_every_register),
        cmocka_unit_test(a_union_counts_what_either_sketch_counts),
        cmocka_unit_test(the_runs_of_a_sketch_are_listed_in_order),
        cmocka_unit_test(only_sketches_are_taken_for_sketches),
        cmocka_unit_test(sketches_that_do_not_add_up_are_corrupt),
        cmocka_unit_test(random_bytes_never_lead_outside),
        cmocka_unit_test(impossible_registers_give_an_estimate_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
