/* Proves: packed runs and integer sets have the bytes of Redis and agree with a plain model
 * under random changes; what is cut or changed in one place is refused or stays inside its
 * bytes. The golden bytes were dumped by redis-server 7.0. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/prng.h"
#include "store/intset.h"
#include "store/packed.h"

#include <stdio.h>
#include <stdlib.h>

static void every_form_has_the_bytes_of_redis(void **state)
{
    (void)state;
    static const char golden[] =
        "\x96\x00\x00\x00\x12\x00\x00\x01\x7f\x01\xc0\x80\x02\xdf\xff\x02\xcf\xff\x02\xd0\x00\x02"
        "\xf1\x00\x10\x03\xf1\x00\x80\x03\xf2\x00\x80\x00\x04\xf2\xff\xff\x7f\x04\xf3\xff\xff\x7f"
        "\xff\x05\xf3\xff\xff\xff\x7f\x05\xf4\x00\x00\x00\x80\x00\x00\x00\x00\x09\xf4\x00\x00\x00"
        "\x00\x00\x00\x00\x80\x09\x83\x61\x62\x63\x04\x80\x01\x83\x30\x30\x37\x04\xbf"
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\x40\xff";
    static const char sixty_three[] =
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
    static const char *const items[] = {"0",          "127",
                                        "128",        "-1",
                                        "4095",       "-4096",
                                        "4096",       "-32768",
                                        "32768",      "8388607",
                                        "-8388609",   "2147483647",
                                        "2147483648", "-9223372036854775808",
                                        "abc",        "",
                                        "007",        sixty_three};
    struct packed run;
    packed_init(&run);
    char room[NUM_I64_MAX];
    for (size_t i = 0; i < 18; i++) packed_append(&run, str_from_c(items[i]));
    assert_true(str_eq(packed_bytes(&run), str_of(golden, sizeof(golden) - 1)));
    for (int i = 0; i < 18; i++) {
        size_t at = packed_seek(&run, i);
        assert_true(str_eq(packed_text(&run, at, room), str_from_c(items[i])));
        assert_int_equal(packed_seek(&run, i - 18), at);
        assert_int_equal(packed_find(&run, packed_first(&run), str_from_c(items[i]), 0), at);
    }
    assert_int_equal(packed_seek(&run, 18), PACKED_NONE);
    assert_int_equal(packed_seek(&run, -19), PACKED_NONE);
    packed_deinit(&run);
}

/* The lengths at which the backward length takes another byte; its limits are odd ones. */
static void long_items_have_the_bytes_of_redis(void **state)
{
    (void)state;
    static const struct {
        size_t len;
        struct str end, start;
    } cases[] = {
        {4095, STR_INIT("\x20\x81\xff"), STR_INIT("\xef\xff")},
        {4096, STR_INIT("\x20\x85\xff"), STR_INIT("\xf0\x00\x10\x00\x00")},
        {16377, STR_INIT("\x7f\xfe\xff"), STR_INIT("\xf0\xf9\x3f\x00\x00")},
        {16378, STR_INIT("\x00\xff\xff\xff"), STR_INIT("\xf0\xfa\x3f\x00\x00")},
        {16379, STR_INIT("\x01\x80\x80\xff"), STR_INIT("\xf0\xfb\x3f\x00\x00")},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct packed run;
        char *text = mem_alloc(cases[i].len);
        memset(text, 'x', cases[i].len);
        packed_init(&run);
        packed_append(&run, str_of(text, cases[i].len));
        struct str bytes = packed_bytes(&run), body = str_from(bytes, PACKED_HEADER);
        assert_true(str_ends_with(bytes, cases[i].end));
        assert_true(str_starts_with(body, cases[i].start));
        packed_append(&run, STR("next"));
        assert_int_equal(packed_prev(&run, packed_last(&run)), PACKED_HEADER);
        assert_true(packed_is_valid(packed_bytes(&run), NULL));
        packed_deinit(&run);
        mem_free(text);
    }
}

enum { MODEL_MAX = 300, MODEL_STEPS = 60000, TEXT_MAX = 5200 };

struct model {
    size_t count;
    char *items[MODEL_MAX];
};

static char *random_text(struct prng *prng)
{
    char *text = mem_alloc(TEXT_MAX);
    uint64_t kind = prng_below(prng, 8);
    if (kind < 4) {
        snprintf(text, TEXT_MAX, "%lld", (long long)prng_next(prng) >> prng_below(prng, 64));
        return text;
    }
    size_t limits[] = {4, 70, 130, 5000};
    size_t len = prng_below(prng, limits[kind - 4]);
    memset(text, 'a' + (int)prng_below(prng, 26), len);
    text[len] = 0;
    return text;
}

static void model_insert(struct model *model, size_t at, char *text)
{
    memmove(&model->items[at + 1], &model->items[at], (model->count - at) * sizeof(char *));
    model->items[at] = text;
    model->count++;
}

static void model_remove(struct model *model, size_t at, size_t count)
{
    if (count > model->count - at) count = model->count - at;
    for (size_t i = at; i < at + count; i++) mem_free(model->items[i]);
    size_t behind = model->count - at - count;
    memmove(&model->items[at], &model->items[at + count], behind * sizeof(char *));
    model->count -= count;
}

static void assert_agrees(const struct packed *run, const struct model *model)
{
    char room[NUM_I64_MAX];
    size_t count, at = packed_first(run);
    assert_true(packed_is_valid(packed_bytes(run), &count));
    assert_int_equal(count, model->count);
    assert_int_equal(packed_len(run), model->count);
    assert_true(mem_usable(run->bytes) >= packed_bytes(run).len);
    for (size_t i = 0; i < model->count; i++, at = packed_next(run, at)) {
        assert_true(str_eq(packed_text(run, at, room), str_from_c(model->items[i])));
    }
    assert_int_equal(at, PACKED_NONE);
    at = packed_first(run);
    for (size_t i = 0; i < model->count; i++) {
        struct packed_item item = packed_take(run, &at);
        if (item.is_integer) item.bytes = str_of(room, num_format_i64(room, item.integer));
        assert_true(str_eq(item.bytes, str_from_c(model->items[i])));
    }
    assert_int_equal(at, PACKED_NONE);
    at = packed_last(run);
    for (size_t i = model->count; i-- > 0; at = packed_prev(run, at)) {
        assert_true(packed_is(run, at, str_from_c(model->items[i])));
    }
    assert_int_equal(at, PACKED_NONE);
}

static void random_change(struct packed *run, struct model *model, struct prng *prng)
{
    size_t index = prng_below(prng, model->count + 1);
    size_t at = index == model->count ? packed_end(run) : packed_seek(run, (int64_t)index);
    uint64_t kind = prng_below(prng, 10);
    if (kind < 5 && model->count < MODEL_MAX) {
        char *text = random_text(prng);
        packed_insert(run, at, str_from_c(text));
        model_insert(model, index, text);
    } else if (kind < 7 && index < model->count) {
        char *text = random_text(prng);
        packed_replace(run, at, str_from_c(text));
        mem_free(model->items[index]);
        model->items[index] = text;
    } else {
        size_t count = prng_below(prng, 3);
        packed_remove(run, at, count);
        model_remove(model, index, count);
    }
}

static void random_changes_agree_with_a_model(void **state)
{
    (void)state;
    static struct model model;
    struct prng prng;
    struct packed run;
    prng_init(&prng, 5);
    packed_init(&run);
    for (int step = 0; step < MODEL_STEPS; step++) {
        random_change(&run, &model, &prng);
        if (step % 50 == 0) assert_agrees(&run, &model);
    }
    assert_true(model.count > 0);
    model_remove(&model, 0, model.count);
    packed_deinit(&run);
}

static void an_item_is_found_only_where_it_is_looked_for(void **state)
{
    (void)state;
    struct packed run;
    packed_init(&run);
    static const char *const items[] = {"a", "b", "b", "17", "17", "a", "x", "17"};
    for (size_t i = 0; i < 8; i++) packed_append(&run, str_from_c(items[i]));
    size_t first = packed_first(&run);
    assert_int_equal(packed_find(&run, first, STR("b"), 1), packed_seek(&run, 2));
    assert_int_equal(packed_find(&run, first, STR("17"), 1), packed_seek(&run, 4));
    assert_int_equal(packed_find(&run, packed_seek(&run, 1), STR("17"), 1), packed_seek(&run, 3));
    assert_int_equal(packed_find(&run, first, STR("x"), 2), packed_seek(&run, 6));
    assert_int_equal(packed_find(&run, first, STR("x"), 3), PACKED_NONE);
    assert_int_equal(packed_find(&run, first, STR("017"), 0), PACKED_NONE);
    assert_int_equal(packed_find(&run, PACKED_NONE, STR("a"), 0), PACKED_NONE);
    packed_deinit(&run);
}

/* Neighbours that look alike at first sight, and are not of one size. */
static void a_place_is_found_among_items_that_begin_alike(void **state)
{
    (void)state;
    static const size_t lengths[][4] = {
        {4096, 4352, 69632, 8192}, {64, 320, 64, 576}, {3, 3, 3, 3},
        {126, 125, 127, 128},      {0, 1, 0, 63},      {9, 9, 9, 80}};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct packed run;
        packed_init(&run);
        for (size_t n = 0; n < 40; n++) {
            size_t len = lengths[i][n / (1 + i % 3) % 4];
            char *text = mem_alloc(len + 1);
            memset(text, 'a', len);
            packed_append(&run, str_of(text, len));
            mem_free(text);
        }
        size_t at = packed_first(&run);
        for (int64_t n = 0; n < 40; n++, at = packed_next(&run, at)) {
            assert_int_equal(packed_seek(&run, n), at);
            assert_int_equal(packed_seek(&run, n - 40), at);
        }
        packed_deinit(&run);
    }
}

/* Long runs are scanned for the bytes before they are walked: wherever an item is, and whatever
 * lies around it, the answer is that of a plain comparison of all items. */
static void a_long_run_is_searched_as_a_short_one(void **state)
{
    (void)state;
    struct prng prng;
    char texts[60][24], wanted[24];
    prng_init(&prng, 11);
    for (int round = 0; round < 2000; round++) {
        size_t count = 1 + prng_below(&prng, 60), found = PACKED_NONE;
        struct packed run;
        packed_init(&run);
        /* Of two letters only, so that names are parts of others, and of seams between them. */
        for (size_t i = 0; i < count; i++) {
            size_t len = prng_below(&prng, sizeof(texts[0]) - 1);
            for (size_t c = 0; c < len; c++) texts[i][c] = "ab"[prng_below(&prng, 2)];
            texts[i][len] = '\0';
            packed_append(&run, str_from_c(texts[i]));
        }
        snprintf(wanted, sizeof(wanted), "%s", texts[prng_below(&prng, count)]);
        if (round % 2 && wanted[0]) wanted[strlen(wanted) - 1] = '\0';
        for (size_t i = count; i-- > 0;)
            if (strcmp(texts[i], wanted) == 0) found = packed_seek(&run, (int64_t)i);
        assert_int_equal(packed_find(&run, packed_first(&run), str_from_c(wanted), 0), found);
        packed_deinit(&run);
    }
}

static void a_tail_moves_to_another_run(void **state)
{
    (void)state;
    struct packed run, tail;
    char room[NUM_I64_MAX];
    packed_init(&run);
    packed_init(&tail);
    packed_append(&tail, STR("first"));
    for (int i = 0; i < 100; i++) packed_append_i64(&run, i * 1000);
    packed_move(&run, packed_seek(&run, 30), &tail);
    assert_int_equal(packed_len(&run), 30);
    assert_int_equal(packed_len(&tail), 71);
    assert_true(packed_is_valid(packed_bytes(&run), NULL));
    assert_true(packed_is_valid(packed_bytes(&tail), NULL));
    assert_true(str_eq(packed_text(&run, packed_last(&run), room), STR("29000")));
    assert_true(str_eq(packed_text(&tail, packed_seek(&tail, 1), room), STR("30000")));
    packed_move(&run, packed_first(&run), &tail);
    assert_true(packed_is_empty(&run));
    assert_int_equal(packed_last(&run), PACKED_NONE);
    packed_deinit(&run);
    packed_deinit(&tail);
}

/* The count in the header has 16 bits only. */
static void more_items_than_the_header_can_count(void **state)
{
    (void)state;
    enum { MANY = 66000 };
    struct packed run;
    size_t count;
    packed_init(&run);
    for (int i = 0; i < MANY; i++) packed_append_i64(&run, i & 1);
    assert_int_equal(packed_len(&run), MANY);
    assert_int_equal(packed_get(&run, packed_seek(&run, MANY - 1)).integer, 1);
    assert_int_equal(packed_seek(&run, MANY - 1), packed_seek(&run, -1));
    assert_int_equal(packed_seek(&run, MANY), PACKED_NONE);
    packed_remove(&run, packed_first(&run), MANY - 10);
    assert_int_equal(packed_len(&run), 10);
    assert_true(packed_is_valid(packed_bytes(&run), &count));
    assert_int_equal(count, 10);
    packed_deinit(&run);
}

static void nothing_cut_is_valid_and_nothing_changed_leaves_its_bytes(void **state)
{
    (void)state;
    struct packed run;
    packed_init(&run);
    static const char *const items[] = {"1", "-1", "300000", "abc", "99999999999", ""};
    for (size_t i = 0; i < 6; i++) packed_append(&run, str_from_c(items[i]));
    struct str sound = packed_bytes(&run);
    for (size_t len = 0; len < sound.len; len++) {
        char *cut = mem_alloc(len + 1);
        memcpy(cut, sound.ptr, len);
        assert_false(packed_is_valid(str_of(cut, len), NULL));
        mem_free(cut);
    }
    for (size_t i = 0; i < sound.len; i++) {
        for (int byte = 0; byte < 256; byte++) {
            struct packed hostile;
            size_t count, walked = 0;
            packed_init_copy(&hostile, sound);
            hostile.bytes[i] = (uint8_t)byte;
            bool valid = packed_is_valid(str_of((char *)hostile.bytes, sound.len), &count);
            size_t at = valid ? packed_first(&hostile) : PACKED_NONE;
            for (; at; at = packed_next(&hostile, at)) walked++;
            if (valid) assert_int_equal(walked, count);
            packed_deinit(&hostile);
        }
    }
    packed_deinit(&run);
}

static void an_intset_has_the_bytes_of_redis(void **state)
{
    (void)state;
    static const char golden[] =
        "\x04\x00\x00\x00\x03\x00\x00\x00\xfb\xff\xff\xff\x01\x00\x00\x00\x70\x11\x01\x00";
    struct intset set;
    intset_init(&set);
    assert_true(intset_add(&set, 1));
    assert_true(intset_add(&set, -5));
    assert_int_equal(intset_bytes(&set).len, 8 + 2 * 2);
    assert_true(intset_add(&set, 70000));
    assert_false(intset_add(&set, 70000));
    assert_true(str_eq(intset_bytes(&set), str_of(golden, sizeof(golden) - 1)));
    intset_deinit(&set);
}

static void an_intset_agrees_with_a_model(void **state)
{
    (void)state;
    enum { RANGE = 400 };
    static bool model[RANGE];
    struct prng prng;
    struct intset set;
    size_t len = 0;
    memset(model, 0, sizeof(model));
    prng_init(&prng, 9);
    intset_init(&set);
    for (int step = 0; step < 20000; step++) {
        size_t i = prng_below(&prng, step < 5000 ? RANGE / 4 : RANGE);
        /* Numbers of every width, the wide ones late, on both sides of zero. */
        int64_t number = i % 2 ? (int64_t)i : -(int64_t)i;
        if (i >= RANGE / 4) number *= (int64_t)1 << (i >= RANGE / 2 ? 40 : 20);
        assert_int_equal(intset_has(&set, number), model[i]);
        bool adds = prng_below(&prng, 2);
        assert_int_equal(adds ? intset_add(&set, number) : intset_remove(&set, number),
                         model[i] != adds);
        len = len + (size_t)(adds && !model[i]) - (size_t)(!adds && model[i]);
        model[i] = adds;
        assert_int_equal(intset_len(&set), len);
        assert_true(len == 0 || intset_is_valid(intset_bytes(&set)));
    }
    intset_deinit(&set);
}

static void unsound_intsets_are_refused(void **state)
{
    (void)state;
    static const struct str unsound[] = {
        STR_INIT(""),
        STR_INIT("\x02\x00\x00\x00\x00\x00\x00\x00"),
        STR_INIT("\x03\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00"),
        STR_INIT("\x02\x00\x00\x00\x02\x00\x00\x00\x01\x00"),
        STR_INIT("\x02\x00\x00\x00\x02\x00\x00\x00\x01\x00\x01\x00"),
        STR_INIT("\x02\x00\x00\x00\x02\x00\x00\x00\x01\x00\xff\xff"),
        STR_INIT("\x08\x00\x00\x00\xff\xff\xff\xff\x01\x00\xff\xff"),
    };
    for (size_t i = 0; i < sizeof(unsound) / sizeof(unsound[0]); i++) {
        assert_false(intset_is_valid(unsound[i]));
    }
    assert_true(intset_is_valid(str_of("\x02\x00\x00\x00\x02\x00\x00\x00\xff\xff\x01\x00", 12)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_has_the_bytes_of_redis),
        cmocka_unit_test(long_items_have_the_bytes_of_redis),
        cmocka_unit_test(random_changes_agree_with_a_model),
        cmocka_unit_test(an_item_is_found_only_where_it_is_looked_for),
        cmocka_unit_test(a_place_is_found_among_items_that_begin_alike),
        cmocka_unit_test(a_long_run_is_searched_as_a_short_one),
        cmocka_unit_test(a_tail_moves_to_another_run),
        cmocka_unit_test(more_items_than_the_header_can_count),
        cmocka_unit_test(nothing_cut_is_valid_and_nothing_changed_leaves_its_bytes),
        cmocka_unit_test(an_intset_has_the_bytes_of_redis),
        cmocka_unit_test(an_intset_agrees_with_a_model),
        cmocka_unit_test(unsound_intsets_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
