#include "store/geohash.h"

#include <math.h>

#define EARTH_RADIUS 6372797.560856 /* metres */
/* Half the length of the map's sides, in metres. */
#define MAP_EXTENT 20037726.37
#define LON_MAX    180.0
#define LAT_MAX    85.05112878
#define POLE       90.0

/* Degrees of longitude and latitude between two values each. */
struct rect {
    double west, east, south, north;
};

/* A cell of the grid that 2^step columns and rows make; `x` counts from the west, `y` from the
 * south. */
struct cell {
    uint32_t x, y;
    int step;
};

/* --- bits --- */

/* Moves bit n to bit 2n. */
static uint64_t spread(uint32_t number)
{
    static const uint64_t MASKS[] = {0x0000ffff0000ffff, 0x00ff00ff00ff00ff, 0x0f0f0f0f0f0f0f0f,
                                     0x3333333333333333, 0x5555555555555555};
    uint64_t bits = number;
    for (int i = 0; i < 5; i++) bits = (bits | bits << (16 >> i)) & MASKS[i];
    return bits;
}

/* Moves bit 2n to bit n, and forgets the others. */
static uint32_t gather(uint64_t bits)
{
    static const uint64_t MASKS[] = {0x3333333333333333, 0x0f0f0f0f0f0f0f0f, 0x00ff00ff00ff00ff,
                                     0x0000ffff0000ffff, 0x00000000ffffffff};
    bits &= 0x5555555555555555;
    for (int i = 0; i < 5; i++) bits = (bits | bits >> (1 << i)) & MASKS[i];
    return (uint32_t)bits;
}

static uint64_t cell_bits(struct cell cell)
{
    return spread(cell.y) | spread(cell.x) << 1;
}

/* --- cells --- */

static uint32_t cut(double value, double limit, int step)
{
    return (uint32_t)((value + limit) / (2 * limit) * (double)(1ULL << step));
}

static struct cell cell_of(struct geo_point point, double lat_limit, int step)
{
    return (struct cell){
        .x = cut(point.lon, LON_MAX, step), .y = cut(point.lat, lat_limit, step), .step = step};
}

/* Where the cut with this number runs. */
static double edge(uint32_t number, double limit, int step)
{
    return -limit + (number * 1.0 / (double)(1ULL << step)) * (2 * limit);
}

static struct rect cell_rect(struct cell cell)
{
    return (struct rect){.west = edge(cell.x, LON_MAX, cell.step),
                         .east = edge(cell.x + 1, LON_MAX, cell.step),
                         .south = edge(cell.y, LAT_MAX, cell.step),
                         .north = edge(cell.y + 1, LAT_MAX, cell.step)};
}

/* The map is closed at its sides: west of the first column is the last one. Only what lies at the
 * very edge is outside the grid, and stays there when nothing is added. */
static uint32_t moved(uint32_t number, int distance, int step)
{
    if (distance == 0) return number;
    return (number + (uint32_t)distance) & (((uint32_t)1 << step) - 1);
}

static struct cell beside(struct cell cell, int columns, int rows)
{
    return (struct cell){.x = moved(cell.x, columns, cell.step),
                         .y = moved(cell.y, rows, cell.step),
                         .step = cell.step};
}

/* --- points --- */

bool geo_is_on_map(struct geo_point point)
{
    return point.lon >= -LON_MAX && point.lon <= LON_MAX && point.lat >= -LAT_MAX &&
           point.lat <= LAT_MAX;
}

uint64_t geo_encode(struct geo_point point)
{
    return cell_bits(cell_of(point, LAT_MAX, GEO_STEPS));
}

/* What conversion of a double gives that is no 64-bit number differs between machines; these are
 * the values of x86-64. */
static uint64_t bits_of_score(double score)
{
    const double half = 0x1p63;
    if (score < half) return score >= -half ? (uint64_t)(int64_t)score : (uint64_t)1 << 63;
    return score < 2 * half ? (uint64_t)score : 0;
}

static double clamp(double value, double limit)
{
    if (value > limit) return limit;
    return value < -limit ? -limit : value;
}

struct geo_point geo_decode(double score)
{
    uint64_t bits = bits_of_score(score);
    struct cell cell = {.x = gather(bits >> 1), .y = gather(bits), .step = GEO_STEPS};
    struct rect rect = cell_rect(cell);
    return (struct geo_point){.lon = clamp((rect.west + rect.east) / 2, LON_MAX),
                              .lat = clamp((rect.south + rect.north) / 2, LAT_MAX)};
}

/* The text's map reaches to the poles. 52 bits are ten characters of five bits; the rest is not
 * known, and so the last one is zero. */
void geo_text(struct geo_point point, char *out)
{
    static const char DIGITS[] = "0123456789bcdefghjkmnpqrstuvwxyz";
    uint64_t bits = cell_bits(cell_of(point, POLE, GEO_STEPS));
    for (int i = 0; i < GEO_TEXT_LEN - 1; i++) out[i] = DIGITS[bits >> (47 - i * 5) & 31];
    out[GEO_TEXT_LEN - 1] = DIGITS[0];
}

/* --- distances --- */

static double radians(double degrees)
{
    return degrees * (M_PI / 180.0);
}

static double degrees(double angle)
{
    return angle / (M_PI / 180.0);
}

static double distance_of_parallels(double a, double b)
{
    return EARTH_RADIUS * fabs(radians(b) - radians(a));
}

double geo_distance(struct geo_point a, struct geo_point b)
{
    double v = sin((radians(b.lon) - radians(a.lon)) / 2);
    if (v == 0) return distance_of_parallels(a.lat, b.lat);
    double u = sin((radians(b.lat) - radians(a.lat)) / 2);
    double h = u * u + cos(radians(a.lat)) * cos(radians(b.lat)) * v * v;
    return 2.0 * EARTH_RADIUS * asin(sqrt(fmin(h, 1))); /* rounding may exceed 1 */
}

static bool box_has(const struct geo_shape *shape, struct geo_point point)
{
    struct geo_point opposite = {shape->center.lon, point.lat};
    if (distance_of_parallels(point.lat, shape->center.lat) > shape->height / 2) return false;
    return geo_distance(point, opposite) <= shape->width / 2;
}

bool geo_shape_has(const struct geo_shape *shape, struct geo_point point, double *distance)
{
    if (shape->is_box && !box_has(shape, point)) return false;
    *distance = geo_distance(shape->center, point);
    return shape->is_box || !(*distance > shape->width / 2);
}

/* --- covering --- */

/* What encloses the shape; on the side of the nearer pole a degree of longitude is shortest. */
static struct rect enclose(const struct geo_shape *shape)
{
    struct geo_point center = shape->center;
    double lat = degrees(shape->height / 2 / EARTH_RADIUS);
    double polar = center.lat < 0 ? center.lat - lat : center.lat + lat;
    double lon = degrees(shape->width / 2 / EARTH_RADIUS / cos(radians(polar)));
    return (struct rect){.west = center.lon - lon,
                         .east = center.lon + lon,
                         .south = center.lat - lat,
                         .north = center.lat + lat};
}

/* How often the map can be cut so that a cell and its neighbours still hold the radius; there is
 * less room in a cell near the poles. */
static int steps_for(double radius, double lat)
{
    int steps = -1;
    if (radius == 0) return GEO_STEPS;
    while (radius < MAP_EXTENT) {
        radius *= 2;
        steps++;
    }
    if (fabs(lat) > 66) steps--;
    if (fabs(lat) > 80) steps--;
    if (steps < 1) return 1;
    return steps > GEO_STEPS ? GEO_STEPS : steps;
}

/* Whether the neighbours end before the enclosing rectangle does, whose sides may be no numbers. */
static bool falls_short(struct cell middle, const struct rect *bounds)
{
    return cell_rect(beside(middle, 0, 1)).north < bounds->north ||
           cell_rect(beside(middle, 0, -1)).south > bounds->south ||
           cell_rect(beside(middle, 1, 0)).east < bounds->east ||
           cell_rect(beside(middle, -1, 0)).west > bounds->west;
}

/* Neighbours on a side where the middle reaches as far as needed hold nothing of the shape. */
static bool is_needed(const struct rect *middle, const struct rect *bounds, int columns, int rows)
{
    if (columns < 0 && middle->west < bounds->west) return false;
    if (columns > 0 && middle->east > bounds->east) return false;
    if (rows < 0 && middle->south < bounds->south) return false;
    return !(rows > 0 && middle->north > bounds->north);
}

static struct geo_range range_of(struct cell cell)
{
    int shift = 2 * (GEO_STEPS - cell.step);
    uint64_t bits = cell_bits(cell);
    return (struct geo_range){.from = (double)(bits << shift), .to = (double)((bits + 1) << shift)};
}

size_t geo_shape_ranges(const struct geo_shape *shape, struct geo_range ranges[GEO_CELLS_MAX])
{
    static const int AROUND[GEO_CELLS_MAX][2] = {{0, 0}, {0, 1},  {0, -1}, {1, 0},  {-1, 0},
                                                 {1, 1}, {-1, 1}, {1, -1}, {-1, -1}};
    double width = shape->width / 2, height = shape->height / 2;
    double radius = shape->is_box ? sqrt(width * width + height * height) : width;
    int steps = steps_for(radius, shape->center.lat);
    struct rect bounds = enclose(shape);
    struct cell middle = cell_of(shape->center, LAT_MAX, steps);
    if (steps > 1 && falls_short(middle, &bounds))
        middle = cell_of(shape->center, LAT_MAX, --steps);
    struct rect rect = cell_rect(middle);
    size_t count = 0;
    for (int i = 0; i < GEO_CELLS_MAX; i++) {
        int columns = AROUND[i][0], rows = AROUND[i][1];
        if (steps > 1 && !is_needed(&rect, &bounds, columns, rows)) continue;
        struct geo_range range = range_of(beside(middle, columns, rows));
        /* With two columns or rows, the neighbours on both sides are the same. */
        if (count && ranges[count - 1].from == range.from) continue;
        ranges[count++] = range;
    }
    return count;
}
