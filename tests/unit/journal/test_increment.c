/* Proves: the stream comes out of an increment byte for byte and at its offsets, whatever the
 * pieces it is read in and wherever the limit is; lines count for nothing; bytes that are the
 * file's own are left out; a changed byte is found before a later checksum says that all is well;
 * what cannot be a request is refused. */
#include "journal/increment.h"

#include "base/crc64.h"
#include "base/prng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/param.h>

#include <cmocka.h>

#define ID "0123456789abcdef0123456789abcdef01234567"

enum { FIRST = 5000, REQUESTS = 300 };

/* A file as the server writes it, and the stream it holds. */
struct world {
    struct prng prng;
    struct buf file, stream;
    size_t sums_begin;
};

static void add_start(struct world *world, const char *select)
{
    struct annotation start = {.kind = ANNOTATION_START,
                               .offset = FIRST + (int64_t)world->stream.len,
                               .skip = (int64_t)strlen(select)};
    memcpy(start.id, ID, REPLICATION_ID_LEN);
    annotation_write(&world->file, &start);
    world->sums_begin = world->file.len;
    buf_append_c(&world->file, select);
}

static void add_sum(struct world *world)
{
    size_t len = world->file.len - world->sums_begin;
    struct annotation sum = {.kind = ANNOTATION_SUM,
                             .offset = FIRST + (int64_t)world->stream.len,
                             .len = (int64_t)len,
                             .crc = crc64(0, world->file.ptr + world->sums_begin, len)};
    annotation_write(&world->file, &sum);
    world->sums_begin = world->file.len;
}

static void add_request(struct world *world)
{
    struct buf request = {0};
    size_t count = 1 + prng_below(&world->prng, 4);
    buf_printf(&request, "*%zu\r\n", count);
    for (size_t i = 0; i < count; i++) {
        size_t len = prng_below(&world->prng, 60);
        buf_printf(&request, "$%zu\r\n", len);
        /* What looks like lines and requests must not matter inside an argument. */
        for (size_t j = 0; j < len; j++)
            buf_append_char(&request, "#*$\r\n019S"[prng_below(&world->prng, 9)]);
        buf_append_c(&request, "\r\n");
    }
    buf_append_str(&world->file, buf_str(&request));
    buf_append_str(&world->stream, buf_str(&request));
    buf_deinit(&request);
}

static void write_world(struct world *world, uint64_t seed, bool starts_again)
{
    *world = (struct world){0};
    prng_init(&world->prng, seed);
    add_start(world, "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n");
    for (int i = 0; i < REQUESTS; i++) {
        add_request(world);
        if (prng_below(&world->prng, 9) == 0) buf_append_c(&world->file, "#TS:1700000000\r\n");
        if (prng_below(&world->prng, 9) == 0) add_sum(world);
        if (starts_again && prng_below(&world->prng, 60) == 0) add_start(world, "");
    }
    add_sum(world);
}

static void end_world(struct world *world)
{
    buf_deinit(&world->file);
    buf_deinit(&world->stream);
}

/* What came out; the part of it that checksums vouch for. */
struct taken {
    struct buf stream;
    size_t proven;
    bool damaged;
};

static void take(struct taken *taken, const struct increment_step *step)
{
    if (step->event == INCREMENT_RUN) {
        assert_int_equal(step->run_offset, FIRST + (int64_t)taken->stream.len);
        buf_append_str(&taken->stream, step->run);
    }
    if (step->event == INCREMENT_PROVEN) taken->proven = taken->stream.len;
    taken->damaged = step->event == INCREMENT_DAMAGED;
}

/* Reads in pieces of random sizes, with limits that grow at random. */
static struct taken read_world(struct world *world)
{
    struct taken taken = {0};
    struct increment increment;
    struct str rest = buf_str(&world->file);
    int64_t limit = FIRST, last = FIRST + (int64_t)world->stream.len + 1;
    increment_init(&increment);
    while (rest.len && !taken.damaged) {
        struct str piece = str_first(rest, 1 + prng_below(&world->prng, 300));
        struct increment_step step = increment_step(&increment, piece, limit);
        assert_true(increment.offset <= limit || step.event == INCREMENT_START || taken.damaged);
        if (step.taken == 0) limit = MIN(last, limit + (int64_t)prng_below(&world->prng, 500));
        take(&taken, &step);
        rest = str_from(rest, step.taken);
    }
    return taken;
}

static void the_stream_comes_out_whole_in_pieces_of_any_size(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct world world;
        write_world(&world, seed, true);
        struct taken taken = read_world(&world);
        assert_false(taken.damaged);
        assert_int_equal(taken.stream.len, world.stream.len);
        assert_memory_equal(taken.stream.ptr, world.stream.ptr, world.stream.len);
        assert_int_equal(taken.proven, world.stream.len);
        buf_deinit(&taken.stream);
        end_world(&world);
    }
}

/* What is proven is right, whatever byte behind the start line was changed; and all of it cannot be
 * proven. */
static void a_changed_byte_is_never_proven(void **state)
{
    (void)state;
    struct world world;
    write_world(&world, 7, false);
    size_t begin = (size_t)str_find_char(buf_str(&world.file), '\n') + 1;
    for (size_t at = begin; at < world.file.len; at += 13) {
        world.file.ptr[at] ^= 0x11;
        struct taken taken = {0};
        struct increment increment;
        struct str rest = buf_str(&world.file);
        increment_init(&increment);
        while (rest.len && !taken.damaged) {
            struct increment_step step = increment_step(&increment, rest, INT64_MAX);
            take(&taken, &step);
            rest = str_from(rest, step.taken);
        }
        assert_true(taken.proven < world.stream.len);
        if (taken.proven) assert_memory_equal(taken.stream.ptr, world.stream.ptr, taken.proven);
        buf_deinit(&taken.stream);
        world.file.ptr[at] ^= 0x11;
    }
    end_world(&world);
}

static const char *damage_of(const char *text)
{
    static struct increment increment;
    struct str rest = str_from_c(text);
    increment_init(&increment);
    while (rest.len) {
        struct increment_step step = increment_step(&increment, rest, INT64_MAX);
        if (step.event == INCREMENT_DAMAGED) return increment.damage;
        rest = str_from(rest, step.taken);
    }
    return NULL;
}

static void what_is_no_request_is_refused(void **state)
{
    (void)state;
    assert_null(damage_of("*1\r\n$4\r\nPING\r\n"));
    assert_non_null(damage_of("PING\r\n"));
    assert_non_null(damage_of("*0\r\n"));
    assert_non_null(damage_of("*1\r\n*1\r\n"));
    assert_non_null(damage_of("*1x\r\n"));
    assert_non_null(damage_of("*1\r\n$99999999999\r\n"));
    assert_non_null(damage_of("#SKEIN sum offset=1 len=3 crc=0000000000000001\r\n"));
    char line[ANNOTATION_MAX + 10];
    memset(line, '#', sizeof(line) - 1);
    line[sizeof(line) - 1] = '\0';
    assert_non_null(damage_of(line));
}

static void bytes_before_a_start_line_have_no_place(void **state)
{
    (void)state;
    struct increment increment;
    increment_init(&increment);
    struct increment_step step = increment_step(&increment, STR("*1\r\n$4\r\nPING\r\n"), INT64_MAX);
    assert_int_equal(step.event, INCREMENT_NOTHING);
    assert_int_equal(step.taken, 14);
    assert_int_equal(increment.offset, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_stream_comes_out_whole_in_pieces_of_any_size),
        cmocka_unit_test(a_changed_byte_is_never_proven),
        cmocka_unit_test(what_is_no_request_is_refused),
        cmocka_unit_test(bytes_before_a_start_line_have_no_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
