/* Positions against what 7.0.15 says of them; that the cells that cover a shape hold every point
 * of it and none twice, wherever it lies; that any score decodes to a point of the map. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/prng.h"
#include "store/geohash.h"

#include <math.h>
#include <string.h>

enum { SHAPES = 3000, POINTS = 200 };

static const struct geo_point PALERMO = {13.361389, 38.115556}, CATANIA = {15.087269, 37.502669};

static void positions_become_the_scores_and_texts_clients_know(void **state)
{
    char text[GEO_TEXT_LEN];
    (void)state;
    assert_true(geo_encode(PALERMO) == 3479099956230698);
    assert_true(geo_encode(CATANIA) == 3479447370796909);
    struct geo_point point = geo_decode(3479099956230698.0);
    assert_true(point.lon == 13.36138933897018433);
    assert_true(point.lat == 38.11555639549629859);
    geo_text(point, text);
    assert_memory_equal(text, "sqc8b49rny0", GEO_TEXT_LEN);
    double metres = geo_distance(point, geo_decode(3479447370796909.0));
    assert_true(fabs(metres - 166274.1516) < 0.0001);
}

static void the_corners_of_the_map_are_on_it(void **state)
{
    (void)state;
    assert_true(geo_is_on_map((struct geo_point){180, 85.05112878}));
    assert_true(geo_is_on_map((struct geo_point){-180, -85.05112878}));
    assert_false(geo_is_on_map((struct geo_point){180.0001, 0}));
    assert_false(geo_is_on_map((struct geo_point){0, -85.0512}));
    assert_false(geo_is_on_map((struct geo_point){NAN, 0}));
    assert_true(geo_encode((struct geo_point){180, 85.05112878}) == 13510798882111488);
    assert_true(geo_encode((struct geo_point){-180, -85.05112878}) == 0);
}

static void any_score_is_somewhere_on_the_map(void **state)
{
    static const double SCORES[] = {-1,     INFINITY, -INFINITY, 0.5,   1e18,  0x1p52,
                                    0x1p53, 0x1p63,   0x1p64,    1e19,  -1e19, -0x1p63,
                                    1e308,  -1e308,   -0.0,      5e-324};
    (void)state;
    for (size_t i = 0; i < sizeof(SCORES) / sizeof(SCORES[0]); i++) {
        char text[GEO_TEXT_LEN];
        struct geo_point point = geo_decode(SCORES[i]);
        assert_true(geo_is_on_map(point));
        geo_text(point, text);
    }
}

static void no_distance_is_beyond_half_the_globe(void **state)
{
    struct prng prng = {0};
    (void)state;
    prng_init(&prng, 7);
    for (int i = 0; i < SHAPES; i++) {
        struct geo_point a = {prng_unit(&prng) * 360 - 180, prng_unit(&prng) * 170 - 85};
        struct geo_point opposite = {a.lon > 0 ? a.lon - 180 : a.lon + 180, -a.lat};
        double metres = geo_distance(a, opposite);
        assert_true(metres > 20020000 && metres < 20021000);
    }
}

static double between(struct prng *prng, double low, double high)
{
    return low + prng_unit(prng) * (high - low);
}

static struct geo_shape random_shape(struct prng *prng)
{
    struct geo_shape shape = {.center = {between(prng, -150, 150), between(prng, -60, 60)}};
    shape.is_box = prng_below(prng, 2);
    shape.width = pow(10, between(prng, 0, 6));
    shape.height = shape.is_box ? pow(10, between(prng, 0, 6)) : shape.width;
    return shape;
}

/* A point of the shape's surroundings, in the shape or not. */
static struct geo_point random_point(struct prng *prng, const struct geo_shape *shape)
{
    double metres_per_degree = 111226;
    double lat = shape->center.lat + shape->height * between(prng, -.6, .6) / metres_per_degree;
    double narrowing = cos(lat * 3.14159265 / 180);
    double lon = shape->width * between(prng, -.6, .6) / metres_per_degree / narrowing;
    return (struct geo_point){shape->center.lon + lon, lat};
}

static int covers(const struct geo_range *ranges, size_t count, double score)
{
    int times = 0;
    for (size_t i = 0; i < count; i++) times += score >= ranges[i].from && score < ranges[i].to;
    return times;
}

static void cells_cover_what_the_shape_has(void **state)
{
    struct prng prng = {0};
    int inside = 0;
    (void)state;
    prng_init(&prng, 1);
    for (int i = 0; i < SHAPES; i++) {
        struct geo_shape shape = random_shape(&prng);
        struct geo_range ranges[GEO_CELLS_MAX];
        size_t count = geo_shape_ranges(&shape, ranges);
        assert_true(count > 0 && count <= GEO_CELLS_MAX);
        for (int j = 0; j < POINTS; j++) {
            double score = (double)geo_encode(random_point(&prng, &shape)), distance;
            bool has = geo_shape_has(&shape, geo_decode(score), &distance);
            int times = covers(ranges, count, score);
            assert_true(times <= 1);
            if (has) assert_int_equal(times, 1);
            inside += has;
        }
    }
    assert_true(inside > SHAPES * POINTS / 4);
}

/* Small shapes must not be searched for in big cells. */
static void cells_are_not_much_bigger_than_the_shape(void **state)
{
    struct prng prng = {0};
    (void)state;
    prng_init(&prng, 3);
    for (int i = 0; i < SHAPES; i++) {
        struct geo_shape shape = random_shape(&prng);
        struct geo_range ranges[GEO_CELLS_MAX];
        size_t count = geo_shape_ranges(&shape, ranges);
        double side = 4 * 2 * hypot(shape.width, shape.height), cells = 0;
        for (size_t j = 0; j < count; j++) cells += ranges[j].to - ranges[j].from;
        double cell = 40075000.0 / (1 << GEO_STEPS);
        assert_true(cells * cell * cell < 16 * side * side + GEO_CELLS_MAX);
    }
}

static void hostile_shapes_have_cells_too(void **state)
{
    static const double SIZES[] = {0, 5e-324, 1e-9, 1e9, 1e300, INFINITY};
    static const double LONS[] = {-180, 0, 180}, LATS[] = {-85.05112878, 0, 85.05112878};
    (void)state;
    for (int i = 0; i < 6 * 6 * 9 * 2; i++) {
        struct geo_shape shape = {.is_box = i % 2,
                                  .width = SIZES[i / 2 % 6],
                                  .height = SIZES[i / 12 % 6],
                                  .center = {LONS[i / 72 % 3], LATS[i / 216 % 3]}};
        if (!shape.is_box) shape.height = shape.width;
        struct geo_range ranges[GEO_CELLS_MAX];
        size_t count = geo_shape_ranges(&shape, ranges);
        assert_true(count > 0 && count <= GEO_CELLS_MAX);
        assert_int_equal(covers(ranges, count, (double)geo_encode(shape.center)), 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(positions_become_the_scores_and_texts_clients_know),
        cmocka_unit_test(the_corners_of_the_map_are_on_it),
        cmocka_unit_test(any_score_is_somewhere_on_the_map),
        cmocka_unit_test(no_distance_is_beyond_half_the_globe),
        cmocka_unit_test(cells_cover_what_the_shape_has),
        cmocka_unit_test(cells_are_not_much_bigger_than_the_shape),
        cmocka_unit_test(hostile_shapes_have_cells_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
